"""The one loop: recipe, run, players' turns, checkpoints, log, processes."""
