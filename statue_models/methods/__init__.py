"""Restoration methods behind one door."""
