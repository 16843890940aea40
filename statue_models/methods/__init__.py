"""Restoration methods behind one door: a folder each, with a descriptor."""
