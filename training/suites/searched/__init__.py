"""Heads that a search may miss, turned, rolled, dark or cropped, and pictures in which it must find nobody."""
