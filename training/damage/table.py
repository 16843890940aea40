"""The table of ``docs/damage.md``: what every kind covers, beside what the reproduced systems' own masks cover."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from training.damage.canvas import Canvas
from training.damage.coverage import coverage
from training.damage.draws import Draws
from training.damage.faces import built_in_faces
from training.damage.hulls import GROUPS
from training.damage.registry import Damage, damage

#: Masks drawn at once: few, so that a CPU keeps them in its cache. Chosen, not measured.
CHUNK = 8


@dataclass(frozen=True)
class Row:
    """A kind with parameters.

    Attributes:
        kind, parameters: as the registry takes them.
        design: coverage in percent of the system's own masks, as the design gives it; "" where there is none.
        painting: measured at 2 : 3, twice as high as the square ones, as the paintings' system works.
    """

    kind: str
    parameters: dict[str, Any] = field(default_factory=dict)
    design: str = ""
    painting: bool = False

    @property
    def name(self) -> str:
        """As it stands in the table."""
        return " ".join([self.kind, *(f"{key}={value}" for key, value in self.parameters.items())])

    @property
    def damage(self) -> Damage:
        """The generator."""
        return damage(self.kind, **self.parameters)


ROWS = (
    *(
        Row("rects", {"n": n}, f"{mean} ({ends})")
        for n, mean, ends in (
            (1, 2.4, "1-4"),
            (2, 4.8, "3-7"),
            (4, 9.2, "6-13"),
            (6, 13.5, "10-18"),
            (8, 17.4, "13-22"),
            (10, 21.0, "17-26"),
            (12, 24.4, "19-30"),
            (14, 27.6, "22-33"),
            (20, 35.9, "30-42"),
        )
    ),
    Row("rects", design="16.8 (4.2-29.3)"),
    Row("rect", design="9.9"),
    Row("block", design="25"),
    Row("block", {"where": "centre"}, "25"),
    Row("shrunk_block", design="(19-25)"),
    Row("central_rect", design="15.7 (6.4-28.2)"),
    Row("blotches", design="7.85 (7.1-8.5)", painting=True),
    Row("centre", design="6.25", painting=True),
    Row("perlin", {"threshold": 0.8}, "8.3 (3.5-15.2)"),
    Row("perlin", {"threshold": 0.7}, "18.5"),
    Row("perlin", {"threshold": 0.6}, "32"),
    Row("perlin", {"threshold": 0.5}, "49"),
    Row("perlin", {"threshold": 0.4}, "67"),
    Row("circle", design="7.6"),
    Row("regular", design="31 (9-58)"),
    Row("strokes"),
    *(Row("strokes", {"percent": [low, low + 10]}, f"({low}-{low + 10})") for low in range(10, 60, 10)),
    *(Row("fracture", {"percent": p}, f"{p} ± 1") for p in (5, 10, 20, 30, 40, 50)),
    *(Row("hull", {"group": group}) for group in GROUPS),
    *(Row(kind) for kind in ("chips", "break_line", "brush", "patches", "boxes", "cracks", "pits", "face_damage")),
)

#: Pixels at a side of 128 by which the groups' hulls are dilated, as the design has them.
DILATIONS = (0, 2, 4, 8)
#: Coverage in percent of the groups' hulls at ``DILATIONS`` on the photographs, as the design gives it.
HULLS = {
    "nose": (2.1, 3.4, 5.0, 8.7),
    "right eye": (2.4, 3.7, 5.2, 8.8),
    "left eye": (2.4, 3.7, 5.2, 8.8),
    "eyes": (7.0, 9.5, 12.1, 17.9),
    "mouth": (2.2, 3.5, 5.1, 8.7),
    "nose and mouth": (6.5, 8.8, 11.3, 16.9),
    "lower face": (22, 26, 29, 37),
    "whole": (44.7, 49, 54, 63),
}


def masks_of(row: Row, count: int, size: int, seed: int, device: torch.device) -> Iterator[tuple[Tensor, Tensor]]:
    """Masks (N, 1, H, W) and the faces (N, 68, 2) that they were drawn on, ``count`` in all."""
    made = row.damage
    height, width = (2 * size, 3 * size) if row.painting else (size, size)
    draws, face_draws = Draws(seed, device), Draws(seed + 1, device)
    for start in range(0, count, CHUNK):
        number = min(CHUNK, count - start)
        faces = built_in_faces(number, face_draws)
        yield made(Canvas(number, height, width, draws, faces if made.on_faces else None)), faces


def coverage_lines(count: int, size: int, seed: int, device: torch.device) -> Iterator[str]:
    """The table, line by line: ``count`` masks of every row."""
    yield "| kind | coverage, % | least | most | of the face box | design |"
    yield "| --- | ---: | ---: | ---: | ---: | --- |"
    for row in ROWS:
        pictures, boxes = [], []
        for masks, faces in masks_of(row, count, size, seed, device):
            measured = coverage(masks, faces if row.damage.on_faces else None)
            pictures.append(measured.picture)
            boxes += [] if measured.face is None else [measured.face]
        share = torch.cat(pictures) * 100
        face = f"{float(torch.cat(boxes).mean()) * 100:.1f}" if boxes else ""
        yield f"| {row.name} | {share.mean():.2f} | {share.min():.2f} | {share.max():.2f} | {face} | {row.design} |"


def hull_lines(faces: Tensor, size: int, device: torch.device, compared: bool) -> Iterator[str]:
    """The table of hulls on faces (N, 68, 2), line by line, beside the design's if the faces can be compared."""
    heads = " | ".join(f"dilated {dilation}" for dilation in DILATIONS)
    yield f"| hull, % of the picture | {heads} |" + (" design |" if compared else "")
    yield "| --- |" + " ---: |" * len(DILATIONS) + (" --- |" if compared else "")
    for group in GROUPS:
        cells = []
        for dilation in DILATIONS:
            made = damage("hull", group=group, dilation=dilation)
            canvases = (Canvas(len(part), size, size, Draws(0, device), part) for part in faces.split(CHUNK))
            share = torch.cat([coverage(made(canvas)).picture for canvas in canvases])
            cells.append(f"{float(share.mean()) * 100:.1f}")
        design = " / ".join(f"{value:g}" for value in HULLS[group])
        yield f"| {group} | {' | '.join(cells)} |" + (f" {design} |" if compared else "")
