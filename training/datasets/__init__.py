"""Converters: public originals in, packed assets and the bundled run-time head out."""
