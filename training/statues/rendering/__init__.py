"""Description -> picture, landmarks, parts."""
