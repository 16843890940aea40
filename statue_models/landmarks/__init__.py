"""Predictors of 68 landmarks, and the search for a damaged face."""
