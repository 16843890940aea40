"""``context-encoder-center``: system 0C, the context encoder for a picture's middle."""

from statue_models.methods.published.describe import published

DESCRIPTOR = published(
    "context-encoder-center",
    "Centre context encoder",
    "The first context encoder (Pathak et al. 2016): it looks at what surrounds the hole, and "
    "completes the square in the middle; it needs no face.",
    "context_encoder_center:CentreContextEncoder",
    use="compact holes with much visible around them",
)
