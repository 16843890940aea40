"""Light from the surroundings, against closed forms."""

import numpy as np
import pytest
import warp as wp

from training.statues.description import layout
from training.statues.kernels import raster, sky
from training.statues.rendering.camera import lamps
from training.statues.sources.environments import STUDIOS, prepare_maps


def irradiance(radiance_of, normal: np.ndarray, wall: float | None = None) -> float:
    """Irradiance / pi at the origin under a map of radiance(height of the direction), blocked below ``wall``."""
    rows = np.pi * (0.5 - (np.arange(16) + 0.5) / 16)
    maps = np.repeat(np.repeat(radiance_of(np.sin(rows))[None, :, None, None], 32, 2), 3, 3).astype(np.float32)
    every = lamps(sky.sky_directions()[None], np.ones((1, sky.SKY_DIRECTIONS), bool))
    highest = np.full((1, sky.SKY_DIRECTIONS, 8, 8), -1e4, np.float32)
    if wall is not None:
        highest[0, sky.sky_directions()[:, 1] < wall] = 1e4
    light = np.zeros(1, layout.Light.numpy_dtype())
    light["sky"] = 1
    out = [wp.zeros((1, 1), dtype=wp.vec3, device="cpu") for _ in range(4)]
    inputs = [
        wp.array(every, dtype=raster.Lamp, device="cpu"),
        wp.array(highest, dtype=float, device="cpu"),
        wp.array(light, dtype=layout.Light, device="cpu"),
        wp.array(maps, dtype=float, device="cpu"),
        wp.array(np.zeros((1, 1, 3), np.float32), dtype=wp.vec3, device="cpu"),
        wp.array(normal[None, None].astype(np.float32), dtype=wp.vec3, device="cpu"),
    ]
    wp.launch(sky.gather_sky, (1, 1), inputs=[*inputs, *out], device="cpu")
    l0, lx, ly, lz = (o.numpy()[0, 0, 0] for o in out)
    return float(l0 + lx * normal[0] + ly * normal[1] + lz * normal[2])


@pytest.mark.parametrize("normal", [(0, 1, 0), (0, 0, 1), (0.6, 0, 0.8), (0, -1, 0)])
def test_even_light_gives_one_from_all_sides(normal):
    # Directions far behind the surface are left out, which first-order harmonics would count as light: hence not 1.
    assert irradiance(np.ones_like, np.array(normal, float)) == pytest.approx(1, abs=0.12)


def test_a_sky_above_lights_what_faces_up():
    def above(height):
        return (height > 0).astype(float)

    up = irradiance(above, np.array([0.0, 1, 0]))
    sideways = irradiance(above, np.array([0.0, 0, 1]))
    down = irradiance(above, np.array([0.0, -1, 0]))
    # Exactly 1, 1/2 and 0 (Lambert under a hemisphere).
    assert up == pytest.approx(1, abs=0.12) and sideways == pytest.approx(0.5, abs=0.12) and down < 0.15


def test_what_is_hidden_gives_no_light():
    open_sky = irradiance(np.ones_like, np.array([0.0, 1, 0]))
    half_hidden = irradiance(np.ones_like, np.array([0.0, 1, 0]), wall=0.5)
    assert irradiance(np.ones_like, np.array([0.0, 1, 0]), wall=2.0) == 0
    assert 0.2 < half_hidden / open_sky < 0.95


def test_maps_are_normalised_and_their_sun_is_found():
    maps = np.full((1, 128, 256, 3), 0.5, np.float32)
    maps[0, 30:40, 192:200] = 40
    made = prepare_maps(maps, ["sun"])
    weight = np.cos(np.pi * (0.5 - (np.arange(128) + 0.5) / 128))
    mean = (made.sharp[0].mean(-1) * weight[:, None]).sum() / (weight.sum() * 256)
    assert mean == pytest.approx(1, abs=0.02)
    assert made.suns[0] == pytest.approx(np.pi / 2 + 0.1, abs=0.25)


def test_made_up_studios_are_what_they_are_called(studios):
    assert studios.names == list(STUDIOS)
    assert np.isfinite(studios.sharp).all() and (studios.sharp >= 0).all()
    black = studios.names.index("black studio")
    assert np.median(studios.sharp[black]) < 0.3 < studios.sharp[black].max()
