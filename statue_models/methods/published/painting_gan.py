"""``painting-gan``: system 1, the GAN of paintings."""

from statue_models.methods.published.describe import published

DESCRIPTOR = published(
    "painting-gan",
    "Painting GAN",
    "A GAN for the middle of paintings (Nirvan), which learns to draw the whole picture anew; the hole is brought to "
    "the middle, and it needs no face.",
    "painting_autoencoder:PaintingGenerator",
    use="holes in the middle of paintings",
)
