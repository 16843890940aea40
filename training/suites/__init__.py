"""Frozen pictures and holes that everything is judged on, and what is therefore never trained on."""
