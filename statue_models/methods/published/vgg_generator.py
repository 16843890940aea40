"""``vgg-generator``: system 3, the facial generator with perceptual loss."""

from statue_models.methods.published.describe import published

DESCRIPTOR = published(
    "vgg-generator",
    "Perceptual generator",
    "An encoder, residual blocks and a decoder, trained on faces with pixel and VGG-19 losses and no discriminator "
    "(after Johnson et al. 2016).",
    "vgg_generator:VggGenerator",
    needs="face",
    use="holes in faces, rather smooth",
)
