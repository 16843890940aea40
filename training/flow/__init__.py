"""Trains ``statueflow``: pictures, training damage, loop and checkpoints; ``training.train_flow`` is the command."""
