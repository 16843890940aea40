"""The pipeline: from a request to a restoration at the photograph's own size."""
