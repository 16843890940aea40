"""What runs once per pixel or vertex."""
