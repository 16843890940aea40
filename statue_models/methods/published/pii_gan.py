"""``pii-gan``: system 4P, the style of the hole as noise."""

from statue_models.methods.published.describe import published

DESCRIPTOR = published(
    "pii-gan",
    "PII-GAN",
    "PII-GAN (2019): completes the middle of a face in two stages, the noise that decides between "
    "completions added at every layer; trained beside an extractor that reads the noise back.",
    "pii_gan:PiiGan",
    needs="face",
    hypotheses=True,
    use="faces, several answers for holes in the middle",
)
