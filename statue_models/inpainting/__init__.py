"""Fills that know no faces: interpolation, patches, texture, and what meets at a border."""
