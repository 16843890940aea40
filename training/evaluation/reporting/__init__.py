"""Tables and sheets."""
