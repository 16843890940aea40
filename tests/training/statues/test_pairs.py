"""Damage as geometry: fresh stone inside the mask, the same statue outside it."""

import numpy as np
import pytest
import torch

from training.statues.drawing.breakage import PIECES
from training.statues.drawing.draw import draw_statues
from training.statues.kernels.labels import PARTS
from training.statues.output.pairs import Pair, render_pairs, useless_damage

NOSE_TIP, CHIN = 30, 8
FRACTURE = PARTS.index("fracture")


@pytest.fixture(scope="module")
def table(head, studios):
    table = draw_statues(np.arange(6), head, studios.suns)
    for name in ("yaw", "pitch", "roll"):
        table["camera"][name] *= 0.3
    table["camera"]["half"], table["camera"]["centre"] = 12, (0, 1, 4)
    table["beard"]["height"] = 0
    table["headgear"]["kind"] = 0
    table["film"]["softness"] = table["film"]["noise"] = 0
    table["film"]["jpeg"] = 100
    table["breaks"]["on"] = 0
    nose = table["breaks"][:, 0]
    nose["on"], nose["landmark"], nose["normal"], nose["offset"] = 1, PIECES["nose"][0][0], (0, 0, 1), 0.2
    nose["radius"], nose["bowl"] = 2.0, 0.6
    return table


@pytest.fixture(scope="module")
def pair(factory, table) -> Pair:
    return render_pairs(factory, table)


def test_a_broken_nose_is_gone(pair):
    assert pair.damaged.missing[:, NOSE_TIP].all()
    assert not pair.damaged.missing[:, CHIN].any() and not pair.intact.missing.any()
    # Where it was stays known.
    assert torch.equal(pair.damaged.landmarks, pair.intact.landmarks)
    for index in range(len(pair.mask)):
        x, y = pair.intact.landmarks[index, NOSE_TIP].int().tolist()
        assert pair.mask[index, y, x] == 255
        x, y = pair.intact.landmarks[index, CHIN].int().tolist()
        assert pair.mask[index, y - 3, x] == 0


def test_fresh_stone_lies_inside_the_mask(pair):
    fracture = pair.damaged.parts == FRACTURE
    assert fracture.flatten(1).any(1).all()
    assert (pair.mask[fracture] == 255).all()
    assert not (pair.intact.parts == FRACTURE).any()


def test_outside_the_mask_the_surface_is_the_same(pair):
    outside = pair.mask == 0
    assert torch.equal(pair.intact.parts[outside], pair.damaged.parts[outside])
    moved = (pair.intact.positions - pair.damaged.positions).norm(dim=-1)
    assert moved[outside].max() < 0.07
    changed = (pair.intact.image.int() - pair.damaged.image.int()).abs().amax(-1)
    # Only the shadow of the nose, and light that it hid, may differ there.
    assert changed[outside].float().median() <= 2
    assert changed[~outside].float().median() > changed[outside].float().median()


def test_nothing_broken_is_useless(factory, table):
    whole = table.copy()
    whole["breaks"]["on"] = 0
    assert useless_damage(render_pairs(factory, whole)).all()
    assert not useless_damage(render_pairs(factory, table[:2])).any()


def test_drawn_breaks_cover_faces_in_moderation(factory, head, studios):
    table = draw_statues(np.arange(100, 112), head, studios.suns)
    share = (render_pairs(factory, table).mask > 0).float().mean((1, 2))
    assert share.median() > 0.004 and share.median() < 0.25


def only(table, piece: str):
    """The same statues with nothing but one kind of damage."""
    table = table.copy()
    table["breaks"]["on"] = 0
    first = table["breaks"][:, 0]
    outward, (_, _, low, high, steep, steeper) = np.array(PIECES[piece][1]), PIECES[piece][3]
    first["on"], first["landmark"] = 1, PIECES[piece][0][0]
    first["normal"] = outward / np.linalg.norm(outward)
    first["offset"] = np.mean(PIECES[piece][3][:2])
    first["radius"], first["bowl"] = (low + high) / 2, (steep + steeper) / 2
    first["roughness"], first["crack"] = (1.0, 0.25) if piece == "crack" else (0.02, 0)
    return table


def test_a_crack_is_long_and_thin(factory, table):
    cracked = only(table, "crack")
    cracked["breaks"]["offset"] = 0
    pair = render_pairs(factory, cracked)
    for index in range(len(table)):
        fracture = (pair.damaged.parts[index] == FRACTURE).numpy()
        rows, columns = np.nonzero(fracture)
        assert max(np.ptp(rows), np.ptp(columns)) > 25
        assert fracture.sum() < 0.25 * (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    # A crack takes nothing away.
    assert not pair.damaged.missing.any()
    assert torch.equal(pair.damaged.landmarks, pair.intact.landmarks)


def test_a_drill_hole_is_small_and_dark(factory, table):
    pair = render_pairs(factory, only(table, "drill hole"))
    share = (pair.damaged.parts == FRACTURE).float().mean((1, 2))
    # Hair or the head itself may hide it.
    assert (share > 0.0002).sum() >= 4 and (share < 0.02).all()
    hole = pair.damaged.parts == FRACTURE
    deeper = (pair.damaged.depth - pair.intact.depth)[hole]
    assert deeper.median() > 0.2
