"""Restoration by fitting: a morphable head, posed and lit as the photograph shows it. NumPy, SciPy and OpenCV only."""
