"""The one loop: recipe, run, optimisers' turns, checkpoints, log, processes."""
