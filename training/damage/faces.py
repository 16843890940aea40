"""Faces to draw and to measure damage on where no pictures are at hand."""

import json
from pathlib import Path

import torch
from torch import Tensor

from statue_models.errors import StatueError
from statue_models.face.landmarks68 import COUNT
from statue_models.head.morphable_head import load_head
from statue_models.pixels.grid import centres_of
from training.damage.draws import Draws

#: Larger side of the landmarks' box, and where its middle lies, as on the photographs of ``statues128``. Shares of the
#: side.
FACE_SIZE, FACE_MIDDLE = 0.75, (0.5, 0.55)
#: 130 photographs of 128 pixels: file -> {"0" ... "67": {"x", "y"}}, each the number of a pixel.
PHOTOGRAPHS, PHOTOGRAPH_SIDE = "statues128/test_landmarks68.json", 128


def built_in_faces(count: int, draws: Draws) -> Tensor:
    """(count, 68, 2) landmarks of random heads of the bundled model, seen from the front; fractions of the side.

    Raises:
        StatueError: ``weights-missing`` or ``weights-corrupt``.
    """
    head = load_head()
    mean = torch.from_numpy(head.vertices[head.landmarks]).to(draws.device)
    modes = torch.from_numpy(head.modes[: head.identities, head.landmarks]).to(draws.device)
    shaped = mean + torch.einsum("nk,kpc->npc", draws.normal(count, head.identities), modes)
    points = shaped[..., :2] * torch.tensor([1.0, -1.0], device=draws.device)
    low, high = points.amin(1, keepdim=True), points.amax(1, keepdim=True)
    size = (high - low).amax(2, keepdim=True)
    return (points - (low + high) / 2) / size * FACE_SIZE + torch.tensor(FACE_MIDDLE, device=draws.device)


def photographed_faces(assets: Path, device: torch.device) -> Tensor:
    """(130, 68, 2) landmarks of the statues' test photographs, on which the design's table was measured.

    Only their landmarks are read, never the pictures.

    Raises:
        StatueError: ``missing-file`` or ``bad-training-data``.
    """
    path = assets / PHOTOGRAPHS
    try:
        faces = json.loads(path.read_text(encoding="utf-8")).values()
        rows = [[(face[str(k)]["x"], face[str(k)]["y"]) for k in range(COUNT)] for face in faces]
        points = centres_of(torch.tensor(rows, dtype=torch.float32, device=device)) / PHOTOGRAPH_SIDE
    except FileNotFoundError:
        raise StatueError("missing-file", path=path) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StatueError("bad-training-data", path=path, reason="it does not hold 68 points per file") from error
    if points.shape[1:] != (COUNT, 2) or not points.isfinite().all():
        raise StatueError("bad-training-data", path=path, reason="it does not hold 68 points per file")
    return points
