"""What is measured, on which cases, against which baselines; ``python -m training evaluate`` writes the tables."""
