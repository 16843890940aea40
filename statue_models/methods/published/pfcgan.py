"""``pfcgan``: system 4, diverse faces."""

from statue_models.methods.published.describe import published

DESCRIPTOR = published(
    "pfcgan",
    "Diverse faces (PFCGAN)",
    "An embedding of the face in two levels, landmarks and appearance, from which a U-Net paints a face for every "
    "style (LeDaVR's PFCGAN, after DE-GAN and PII-GAN).",
    "pfcgan:Pfcgan",
    needs="face",
    hypotheses=True,
    use="faces, several answers for large holes",
)
