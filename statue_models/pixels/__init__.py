"""Arrays of pixels: rectangles of them, bands of rows, one laid over another."""
