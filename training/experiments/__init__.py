"""The published systems' own experiments, repeated: cells of one trainer's runs, tables of what they found."""
