"""A statue in numbers, and its layout for the kernels."""
