"""A method that narrows the selection, on a file with a colour profile: what it leaves alone is the file's own."""

import icc_profiles as icc
import numpy as np

from statue_models import cli
from statue_models.pictures.photograph import Photograph


def test_undamaged_samples_of_a_selection_never_go_through_the_profile(tmp_path):
    generator = np.random.default_rng(0)
    samples = generator.integers(0, 140, (64, 80, 3), dtype=np.uint8)
    damage = np.zeros(samples.shape[:2], bool)
    damage[20:26, 30:36] = True
    samples[damage] = 255
    profile = icc.matrix_profile(icc.ADOBE_RGB, icc.gamma_curve(563 / 256))
    mask = np.zeros(samples.shape[:2], np.uint8)
    mask[10:50, 10:70] = 255
    photo, selection, out = (tmp_path / name for name in ("photo.png", "mask.png", "out.png"))
    Photograph(samples=samples, format="PNG", icc=profile).write(photo, False)
    Photograph(samples=mask[..., None], format="PNG").write(selection, False)
    words = ["restore", str(photo), "--mask", str(selection), "-o", str(out), "--model", "painting-pixel-diff"]
    assert cli.main(words) == 0
    restored = Photograph.read(out)
    assert restored.icc == profile
    assert restored.samples[~damage].tobytes() == samples[~damage].tobytes()
    assert (restored.samples[damage] < 255).all()
