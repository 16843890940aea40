"""The head and the surroundings that statues are made of."""
