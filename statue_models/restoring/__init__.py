"""Photograph in, restoration out: files, face frame, landmarks, compositing, and the pipeline that joins them."""
