"""A run's network becomes the program's own."""
