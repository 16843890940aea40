"""``thesis-landmarks``: system 0A, the detector of the thesis on fractured statues."""

from statue_models.landmarks.describe import published

DESCRIPTOR = published(
    "thesis-landmarks",
    "A residual network regresses 68 points of the grey face with a black hole (the thesis on fractured statues).",
    "thesis_landmarks:ThesisLandmarks",
)
