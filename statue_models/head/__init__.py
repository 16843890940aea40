"""The morphable head: fitted to landmarks, deformed, rasterised, lit, carved."""
