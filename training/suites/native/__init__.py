"""Whole photographs at their own size, with holes drawn around detected faces."""
