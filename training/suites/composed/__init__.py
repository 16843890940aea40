"""Statues' heads set into scenes: where a search may go wrong."""
