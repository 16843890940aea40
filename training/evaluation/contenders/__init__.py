"""What a table compares: methods, modules, programs."""
