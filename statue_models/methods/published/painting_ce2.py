"""``painting-ce2``: system 1, the autoencoder of paintings with a fully connected middle."""

from statue_models.methods.published.describe import published

DESCRIPTOR = published(
    "painting-ce2",
    "Painting autoencoder, dense",
    "An autoencoder for blotches on paintings with a fully connected middle (Nirvan's context encoder 2), which sees "
    "the picture at one size; it needs no face.",
    "painting_autoencoder:DensePaintingAutoencoder",
    use="white blotches on paintings",
)
