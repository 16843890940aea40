"""``lafin-landmarks``: system 0A', LaFIn's landmark predictor."""

from statue_models.landmarks.describe import published

DESCRIPTOR = published(
    "lafin-landmarks",
    "MobileNetV2 features of three depths regress 68 points of the face with a white hole (LaFIn, Yang et al. 2019).",
    "lafin_landmarks:LafinLandmarks",
)
