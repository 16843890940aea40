"""Reproduces every model and every table: data converters, recipes, evaluation."""
