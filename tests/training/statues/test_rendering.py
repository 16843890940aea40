"""Pictures: the same bytes again, landmarks where they are seen, hidden ones behind something."""

import numpy as np
import pytest
import torch

from statue_models.errors import StatueError
from training.statues.description.layout import Table
from training.statues.drawing.draw import draw_statues
from training.statues.kernels.labels import PARTS
from training.statues.rendering.camera import project_points, views
from training.statues.rendering.development import Renders
from training.statues.rendering.factory import Factory

COUNT = 10


def bare(table: Table) -> Table:
    """The same statues without hair, beard, headgear and lens errors."""
    table = table.copy()
    table["hair"]["height"] = table["hair"]["volume"] = 0
    table["beard"]["height"] = 0
    table["headgear"]["kind"] = 0
    return table


@pytest.fixture(scope="module")
def table(head, studios) -> Table:
    return draw_statues(np.arange(COUNT), head, studios.suns)


@pytest.fixture(scope="module")
def renders(factory, table) -> Renders:
    return factory.render(table, maps=True)


@pytest.fixture(scope="module")
def bare_renders(factory, table) -> Renders:
    return factory.render(bare(table), maps=True)


def test_same_bytes_alone_and_in_a_batch(factory, table, renders):
    for index in (0, 6):
        again = factory.render(table[index : index + 1])
        assert torch.equal(again.image[0], renders.image[index])
        assert torch.equal(again.parts[0], renders.parts[index])
        assert torch.equal(again.landmarks[0], renders.landmarks[index])


def test_statues_differ(renders):
    small = renders.image.float().mean((1, 2))
    assert len(np.unique(small.numpy().round(1), axis=0)) == COUNT


def sub_pixel_place(positions: np.ndarray, seen: np.ndarray, target: np.ndarray) -> np.ndarray | None:
    """Where in the picture the point of space is shown: the nearest sample, corrected to first order."""
    distance = np.where(seen, np.linalg.norm(positions - target, axis=-1), np.inf)
    row, column = np.unravel_index(distance.argmin(), distance.shape)
    size = len(positions)
    if not 1 <= row < size - 1 or not 1 <= column < size - 1 or distance[row, column] > 0.5:
        return None
    around = seen[row - 1 : row + 2, column - 1 : column + 2]
    if not around.all():
        return None
    across = (positions[row, column + 1] - positions[row, column - 1]) / 2
    down = (positions[row + 1, column] - positions[row - 1, column]) / 2
    step = np.linalg.lstsq(np.stack([across, down], 1), target - positions[row, column], rcond=None)[0]
    # The maps hold the upper left of four samples: a quarter of a pixel from the corner.
    return np.array([column, row]) + 0.25 + np.clip(step, -2, 2)


def test_landmarks_lie_where_the_picture_shows_them(bare_renders):
    """The point of the surface under each visible landmark, found in the rendered positions, is the landmark."""
    errors = []
    for index in range(COUNT):
        seen = (bare_renders.parts[index] > 0).numpy()
        positions = bare_renders.positions[index].numpy()
        for landmark in np.flatnonzero(~bare_renders.hidden[index].numpy()):
            place = sub_pixel_place(positions, seen, bare_renders.landmarks_cm[index, landmark].numpy())
            if place is not None:
                errors.append(np.linalg.norm(place - bare_renders.landmarks[index, landmark].numpy()))
    assert len(errors) > 0.5 * COUNT * 68
    assert np.percentile(errors, 95) < 0.5 and np.median(errors) < 0.15


def test_rendered_markers_are_found_where_the_landmarks_are(factory, table, bare_renders):
    """Marks in the picture itself: samples near a landmark in space, painted; their middle is where it projects."""
    errors = []
    for index in range(COUNT):
        positions, seen = bare_renders.positions[index].numpy(), (bare_renders.parts[index] > 0).numpy()
        normals = bare_renders.normals[index].numpy()
        for landmark in (30, 27, 33, 51, 57, 8):
            if bare_renders.hidden[index, landmark]:
                continue
            centre = bare_renders.landmarks_cm[index, landmark].numpy()
            picture = np.where(seen, np.linalg.norm(positions - centre, axis=-1), 9) < 0.6
            rows, columns = np.nonzero(picture)
            # A disc seen at a slant, or at the outline, has its middle elsewhere.
            if len(rows) < 12 or normals[rows, columns, 2].min() < 0.7:
                continue
            middle = np.array([columns.mean(), rows.mean()]) + 0.25
            errors.append(np.linalg.norm(middle - bare_renders.landmarks[index, landmark].numpy()))
    assert len(errors) >= 6
    assert max(errors) < 0.5


def test_projection_agrees_with_the_camera(factory, table, renders):
    expected = project_points(
        views(table["camera"], factory.size), factory.size, renders.landmarks_cm.numpy().astype(float)
    )
    assert np.abs(expected[..., :2] - renders.landmarks.numpy()).max() < 0.02


def test_hidden_flags_agree_with_depth(factory, table, renders):
    eye = views(table["camera"], factory.size)
    depth_of = project_points(eye, factory.size, renders.landmarks_cm.numpy().astype(float))[..., 2]
    hidden_seen = 0
    for index in range(COUNT):
        for landmark in range(68):
            x, y = renders.landmarks[index, landmark].numpy()
            if not (1 <= x < factory.size - 1 and 1 <= y < factory.size - 1):
                continue
            window = renders.depth[index, int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2].numpy()
            if renders.hidden[index, landmark]:
                hidden_seen += 1
                assert (window > 0).any() and window[window > 0].min() < depth_of[index, landmark] - 0.3
            else:
                # Something at its depth or behind it, or the background, shows next to it.
                assert (window == 0).any() or window.max() > depth_of[index, landmark] - 0.45
    assert hidden_seen > 5


def test_hair_and_beard_hide_landmarks_and_are_labelled(factory, table):
    hairy = bare(table)
    hairy["camera"]["yaw"] = hairy["camera"]["pitch"] = hairy["camera"]["roll"] = 0
    hairy["camera"]["half"], hairy["camera"]["centre"] = 14, (0, 2, 4)
    bald = factory.render(hairy)
    hairy["hair"]["height"], hairy["hair"]["front"], hairy["hair"]["style"] = 1.5, 8.0, 2
    hairy["beard"]["height"], hairy["beard"]["style"] = 1.2, 2
    covered = factory.render(hairy)
    for name in ("hair", "beard"):
        share = [(r.parts == PARTS.index(name)).float().mean().item() for r in (bald, covered)]
        assert share[0] == 0 and share[1] > 0.02
    assert covered.hidden[:, 6:11].float().mean() > bald.hidden[:, 6:11].float().mean() + 0.3
    # What the head is made of does not move with what grows on it.
    assert torch.equal(covered.landmarks, bald.landmarks)


def test_parts_lie_where_they_should(bare_renders):
    for index in range(COUNT):
        parts, alpha = bare_renders.parts[index], bare_renders.alpha[index]
        assert ((parts > 0) == (alpha > 0)).float().mean() > 0.97
        assert not (parts == PARTS.index("fracture")).any()
    assert (bare_renders.parts == PARTS.index("lip")).any() and (bare_renders.parts == PARTS.index("eye")).any()


def test_normals_are_unit_vectors_towards_the_eye(bare_renders):
    seen = bare_renders.parts > 0
    normals = bare_renders.normals[seen & (bare_renders.depth > 0)]
    assert torch.allclose(normals.norm(dim=-1), torch.ones(len(normals)), atol=1e-3)
    assert (normals[:, 2] > -0.15).float().mean() > 0.99


def test_brighter_exposure_is_brighter(factory, table):
    darker, brighter = bare(table[:2]), bare(table[:2])
    darker["film"]["exposure"], brighter["film"]["exposure"] = 0.1, 0.4
    means = []
    for one in (darker, brighter):
        picture = factory.render(one)
        means.append(picture.image[picture.parts > 0].float().mean())
    assert means[1] > means[0] + 20


def test_light_comes_from_where_it_is_said_to(factory, table):
    lit = bare(table[:1])
    lit["camera"]["yaw"] = lit["camera"]["pitch"] = lit["camera"]["roll"] = 0
    lit["camera"]["half"], lit["camera"]["centre"] = 14, (0, 2, 4)
    lit["background"]["kind"] = 1
    lit["light"]["sky"], lit["light"]["fill_colour"], lit["light"]["key_colour"] = 0.1, 0, 1.5
    sides = []
    for side in (1, -1):
        lit["light"]["key"] = np.array([side, 0.2, 0.6]) / np.linalg.norm([1, 0.2, 0.6])
        picture = factory.render(lit)
        luma, skin = picture.image.float().mean(-1)[0], picture.parts[0] == PARTS.index("skin")
        half = factory.size // 2
        sides.append(luma[:, half:][skin[:, half:]].mean() - luma[:, :half][skin[:, :half]].mean())
    assert sides[0] > 15 and sides[1] < -15


@pytest.mark.parametrize("size", [0, 100, 8, 4096])
def test_impossible_sizes(head, studios, size):
    with pytest.raises(StatueError) as error:
        Factory(head, studios, size)
    assert error.value.code == "usage"


def test_missing_gpu(head, studios):
    if torch.cuda.is_available():
        assert Factory(head, studios, 64, "cuda").device == "cuda"
        return
    with pytest.raises(StatueError) as error:
        Factory(head, studios, 64, "cuda")
    assert error.value.code == "no-cuda"
