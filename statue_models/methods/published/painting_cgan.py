"""``painting-cgan``: system 1, the conditional GAN of paintings."""

from statue_models.methods.published.describe import published

DESCRIPTOR = published(
    "painting-cgan",
    "Painting GAN, composited",
    "A conditional GAN for the middle of paintings (Nirvan), whose picture is composited before it is judged; the hole "
    "is brought to the middle, and it needs no face.",
    "painting_autoencoder:PaintingGenerator",
    use="holes in the middle of paintings",
)
