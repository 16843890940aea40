"""``statuefit``: restoration by a fitted head."""
