"""``dmfn``: system 3D, dense multi-scale fusion."""

from statue_models.methods.published.describe import published

DESCRIPTOR = published(
    "dmfn",
    "Dense multi-scale fusion",
    "A network of dilated convolutions whose reaches add up (Hui et al. 2020), trained on faces with perceptual losses "
    "and a relativistic discriminator.",
    "dmfn:Dmfn",
    needs="face",
    use="large holes in faces",
)
