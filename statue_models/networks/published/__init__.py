"""The generators of published systems, written from descriptions of them; one architecture per file."""
