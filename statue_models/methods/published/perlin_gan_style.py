"""``perlin-gan-style``: system 2S, the any-mask GAN with a loss of style."""

from statue_models.methods.published.describe import published

DESCRIPTOR = published(
    "perlin-gan-style",
    "Any-mask GAN with style",
    "The any-mask GAN (Wirsching's Renoir restoration after Pathak et al. 2016) with the style loss that its author "
    "planned (Gatys et al. 2016); it needs no face.",
    "context_encoder:ContextEncoder",
    use="holes of any form in any picture",
)
