"""What a table measures."""
