"""``painting-ce1``: system 1, the convolutional autoencoder of paintings."""

from statue_models.methods.published.describe import published

DESCRIPTOR = published(
    "painting-ce1",
    "Painting autoencoder",
    "A convolutional autoencoder for blotches on paintings (Nirvan's context encoder 1), which draws all of the "
    "picture anew and is told of the damage by white paint alone; it needs no face.",
    "painting_autoencoder:PaintingAutoencoder",
    use="white blotches on paintings",
)
