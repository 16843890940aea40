"""The morphable head: fitted to landmarks, drawn, lit, carved."""
