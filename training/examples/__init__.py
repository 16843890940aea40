"""Trains ``statueflow``: pictures, loop and checkpoints; ``training.train_flow`` is the command."""
