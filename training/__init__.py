"""Reproduces every model and every table: data converters, trainer, evaluation."""
