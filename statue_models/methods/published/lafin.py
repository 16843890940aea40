"""``lafin``: system 0B, the landmark-guided inpainter."""

from statue_models.methods.published.describe import published

DESCRIPTOR = published(
    "lafin",
    "LaFIn",
    "Completes faces by a map of their 68 landmarks (Yang et al. 2019), with attention between places; where no face "
    "is found, the map is empty.",
    "lafin:LafinGenerator",
    needs="face",
    use="faces, guided by their landmarks",
)
