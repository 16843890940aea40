"""``perlin-gan``: system 2, the any-mask GAN."""

from statue_models.methods.published.describe import published

DESCRIPTOR = published(
    "perlin-gan",
    "Any-mask GAN",
    "A context encoder for holes of any form (Wirsching's Renoir restoration after Pathak et al. 2016), trained with "
    "Perlin-noise masks; it needs no face.",
    "context_encoder:ContextEncoder",
    use="holes of any form, rather blurred",
)
