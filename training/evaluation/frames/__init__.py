"""How often the search frames the right face."""
