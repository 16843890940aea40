"""``thesis-inpainter``: system 0B as a thesis on statues has it."""

from statue_models.methods.published.describe import published

DESCRIPTOR = published(
    "thesis-inpainter",
    "Thesis' statue inpainter",
    "LaFIn without attention, trained on statues with four rectangles missing, as the thesis 'Deep generative statue "
    "inpainting' has it; where no face is found, the map of landmarks is empty.",
    "lafin:LafinGenerator",
    needs="face",
    use="statues' faces, guided by their landmarks",
)
