"""A large hole costs memory for itself, not for the whole photograph."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from statue_models.inpainting.texture import ramp_from_border
from statue_models.pixels.bands import bands

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.nightly
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize("model", ["statuefit", "statueflow"])
def test_a_hole_of_nine_megapixels_takes_less_than_400_mb_above_its_picture(model):
    """In the best of three: what the C library keeps of freed memory varies."""
    command = [sys.executable, "tests/benchmarks/large_hole.py", "--models", model, "--most", "400"]
    assert 0 in (subprocess.run(command, cwd=REPOSITORY).returncode for _ in range(3))


@pytest.mark.parametrize("height", [0, 1, 64, 65, 200])
def test_bands_make_up_the_whole_height(height):
    rows = [row for band in bands(height) for row in range(band.start, band.stop)]
    assert rows == list(range(height))


@pytest.mark.parametrize("fading", [0.5, 3.0])
def test_what_sets_in_from_the_border_does_so_alike_in_bands_of_any_height(fading):
    hole = np.zeros((300, 40), bool)
    hole[20:290] = True
    hole[150, 20] = False
    whole = ramp_from_border(hole, slice(0, 300), fading)
    for rows in (1, 7, 64):
        parts = [ramp_from_border(hole, band, fading) for band in bands(300, rows)]
        np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert (whole[20] < 0.5).all() and (whole[20] < whole[24]).all()
    assert (whole[~hole] == 0).all() and whole[90, 0] == 1
