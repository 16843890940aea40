"""Where a face is on a picture: 68 landmarks, and the square frame around it."""
