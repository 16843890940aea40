"""What networks are trained on: crops with fitted heads, faces of sets, landmark priors, in batches."""
