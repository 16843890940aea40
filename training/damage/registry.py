"""Every kind of damage by its name, so that a recipe can name it.

damage = from_recipe([{"kind": "block", "share": 0.5}, {"kind": "strokes", "share": 0.5, "percent": [10, 40]}])
masks = damage(Canvas(len(pictures), 256, 256, Draws(seed, device), landmarks))
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from training.damage import features, rectangles, shapes
from training.damage.canvas import Canvas
from training.damage.draws import Draws
from training.damage.faces import built_in_faces
from training.damage.fracture import fracture
from training.damage.hulls import hull
from training.damage.mixture import face_damage

#: Name -> generator: (canvas, parameters) -> (N, 1, H, W) bool, True = missing.
KINDS: dict[str, Callable[..., Tensor]] = {
    "none": shapes.none,
    "rects": rectangles.rects,
    "rect": rectangles.rect,
    "block": rectangles.block,
    "shrunk_block": rectangles.shrunk_block,
    "central_rect": rectangles.central_rect,
    "blotches": rectangles.blotches,
    "centre": rectangles.centre,
    "regular": rectangles.regular_boxes,
    "perlin": shapes.perlin,
    "circle": shapes.circle,
    "strokes": shapes.strokes,
    "hull": hull,
    "fracture": fracture,
    "chips": features.chips,
    "break_line": features.break_line,
    "brush": features.brush,
    "patches": features.patches,
    "boxes": features.boxes,
    "cracks": features.cracks,
    "pits": features.pits,
    "face_damage": face_damage,
}
#: Kinds that sit on a face; the others need no landmarks.
ON_FACES = ("hull", "chips", "break_line", "boxes", "cracks", "pits", "face_damage")
#: Side of the masks on which parameters are tried out. Pixels; chosen: the smallest that ``damage`` takes.
TRIAL_SIDE = 32


@dataclass(frozen=True)
class Damage:
    """One kind with its parameters, or a mixture of several: called with a canvas it gives masks.

    Attributes:
        parts: (share, kind, parameters) each; shares are relative to each other.
    """

    parts: tuple[tuple[float, str, Mapping[str, Any]], ...]

    @property
    def on_faces(self) -> bool:
        """Whether it needs landmarks."""
        return any(kind in ON_FACES for _, kind, _ in self.parts)

    def __call__(self, canvas: Canvas) -> Tensor:
        """One mask per picture: (N, 1, H, W) float32, 1 = missing.

        Raises:
            ValueError: where landmarks are needed and missing.
        """
        masks = [KINDS[kind](canvas, **parameters) for _, kind, parameters in self.parts]
        if len(masks) == 1:
            return masks[0].float()
        weights = torch.tensor([share for share, _, _ in self.parts], device=canvas.device)
        chosen = canvas.draws.choice(weights, canvas.count)
        return torch.stack(masks)[chosen, torch.arange(canvas.count, device=canvas.device)].float()


def damage(kind: str, **parameters: Any) -> Damage:
    """One kind by its name.

    Raises:
        ValueError: for an unknown kind, an unknown parameter or a value that is not possible; it says what is.
    """
    return from_recipe([{"kind": kind, **parameters}])


def from_recipe(entries: Sequence[Mapping[str, Any]]) -> Damage:
    """Damage as a recipe describes it.

    Args:
        entries: each has ``kind``, a name of ``KINDS``; ``share``, how often it is chosen relative to the others
            (default 1); and the kind's own parameters, where they are not the default.

    Raises:
        ValueError: see ``damage``; also without any entry.
    """
    if not entries:
        raise ValueError("no kind of damage is named: name one or more, 'none' for no damage")
    return Damage(tuple(_part(entry) for entry in entries))


def _part(entry: Mapping[str, Any]) -> tuple[float, str, Mapping[str, Any]]:
    parameters = dict(entry)
    kind, share = parameters.pop("kind", None), parameters.pop("share", 1.0)
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"there is no kind of damage {kind!r}: choose one of {', '.join(KINDS)}")
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < float("inf"):
        raise ValueError(f"{kind}: share = {share!r} is not possible: give a number above 0")
    possible = parameters_of(kind)
    for name in parameters:
        if name not in possible:
            known = f"choose among {', '.join(possible)}" if possible else "it has none"
            raise ValueError(f"{kind} has no parameter {name!r}: {known}")
    _try_out(kind, parameters)
    return float(share), kind, parameters


def parameters_of(kind: str) -> dict[str, Any]:
    """A kind's parameters with their defaults."""
    known = inspect.signature(KINDS[kind]).parameters.values()
    return {p.name: p.default for p in known if p.name not in ("canvas", "noise")}


def _try_out(kind: str, parameters: Mapping[str, Any]) -> None:
    """Draw once, so that what is not possible is said when the recipe is read and not when training has begun."""
    draws = Draws(0, torch.device("cpu"))
    canvas = Canvas(1, TRIAL_SIDE, TRIAL_SIDE, draws, built_in_faces(1, draws) if kind in ON_FACES else None)
    try:
        KINDS[kind](canvas, **parameters)
    except ValueError as error:
        raise ValueError(f"{kind}: {error}") from error
    except (TypeError, RuntimeError, OverflowError) as error:
        given = ", ".join(f"{name} = {value!r}" for name, value in parameters.items())
        raise ValueError(f"{kind}: {given} cannot be used; the defaults are {parameters_of(kind)}") from error
