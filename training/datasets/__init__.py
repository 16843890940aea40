"""Data in: public originals become packed assets and the bundled run-time head, photographs a set of labelled faces."""
