"""What is measured, on which cases, against which baselines; ``training.evaluation.check`` prints the table."""
