"""One photograph from files to files: what a user asks of it, read and checked, restored, and written."""
