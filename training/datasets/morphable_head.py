"""Make the run-time head of ``statuefit`` from ICT-FaceKit: the front of the head, quantised.

    python -m training data head --assets DIR -o statue_models/weights/head.npz

``DIR/morphable_head/ict_facekit.npz`` is read. The result is a compressed ``.npz`` (zlib) with these arrays; lengths in
cm, x to the head's left (the picture's right when the head faces the viewer), y up, z towards the viewer:

| array | shape, dtype | what |
| --- | --- | --- |
| ``vertices`` | (V, 3) float32 | the mean head |
| ``triangles`` | (T, 3) uint16 | vertex indices, counter-clockwise seen from outside |
| ``part`` | (V,) uint8 | index into ``part_names`` |
| ``part_names`` | (5,) str | "face", "head and neck", "mouth socket", "eye socket", "eyeball" |
| ``landmarks`` | (68,) uint16 | vertex of each iBUG landmark; the jaw line sits where a frontal contour runs |
| ``mirror`` | (V,) uint16 | vertex at the mirrored (-x) mean position; its own inverse |
| ``openness`` | (V,) uint8 | cosine-weighted share of the sky that the vertex sees, 255 = all of it |
| ``identity`` | (100, V, 3) int16 | identity modes; a coefficient of 1 is one standard deviation |
| ``identity_scale`` | (100,) float32 | cm per unit of ``identity`` |
| ``identity_names`` | (100,) str | names of the source |
| ``expression`` | (53, V, 3) int16 | expression modes (0 = neutral, 1 = full) |
| ``expression_scale`` | (53,) float32 | cm per unit of ``expression`` |
| ``expression_names`` | (53,) str | names of the source, ARKit's |
| ``source`` | (1,) str | repository and commit |

A shape is ``vertices + sum_k w_k * scale_k * mode_k``. Kept are the polygons that can be seen in some pose of up to 65
degrees yaw and 30 degrees pitch, with the mouth shut or open, in front of the plane behind the ears; everything else
(teeth, tongue, lashes, the back of the head, what lies inside) is left out.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from training.commands import add_assets
from training.datasets.head_openness import vertex_openness
from training.datasets.packing import read_npz, write_npz

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Vertex ranges of ICT-FaceKit's topology (its README, "Model topology"), of which the part labels are made. An eyeball
#: is two shells: the sclera and, in front of it, a cornea that a statue does not have.
PARTS: tuple[tuple[str, tuple[range, ...]], ...] = (
    ("face", (range(9409),)),
    ("head and neck", (range(9409, 11248),)),
    ("mouth socket", (range(11248, 13294),)),
    ("eye socket", (range(13294, 14062),)),
    ("eyeball", (range(21451, 22221), range(23021, 23791))),
)
#: The jaw line of the source's Multi-PIE landmarks runs under the jaw; these vertices lie on the contour that a camera
#: in front of the head sees, which is what 2-D landmark annotations mark. Landmark -> vertex. Chosen.
CONTOUR = {0: 1278, 1: 1272, 2: 12, 3: 1834, 4: 243, 5: 781, 11: 3022, 12: 2484, 13: 4036, 14: 2253, 15: 3490, 16: 3496}
#: Expressions that move nothing a statue shows, or repeat another one.
UNUSED_EXPRESSIONS = ("PupilDilate_L", "PupilDilate_R", "cheekRaiser_L", "cheekRaiser_R")
#: The head is cut behind the ears and below the throat (cm). Set by eye.
BACK, BOTTOM = -4.5, -15.0
#: Quantisation step of the modes in cm: an error of at most 0.01 mm per mode. Chosen for it.
STEP = 0.002
#: The views that say which triangles show: their side in pixels; their middle and half their side in cm, round the
#: whole head. Chosen.
VIEW_SIZE = 700
VIEW_CENTRE = np.array([0.0, -1.0, 3.0])
VIEW_HALF = 17.0


@dataclass(frozen=True, eq=False)
class SourceHead:
    """The parts of ICT-FaceKit that a statue can show, re-indexed; modes in cm.

    Attributes:
        vertices: (V, 3); polygons: (P, 4) into them, a triangle repeats its last corner; part: (V,) index into
            ``PARTS``; landmarks: (68,).
        identity: (100, V, 3); expression: (53, V, 3); names of both; commit: of the source repository.
    """

    vertices: Floats
    polygons: Integers
    part: Integers
    landmarks: Integers
    identity: Floats
    expression: Floats
    identity_names: list[str]
    expression_names: list[str]
    commit: str


def triangulate(polygons: Integers) -> Integers:
    """(T, 3) triangles of (P, 4) polygons: the first halves of all, then the second halves of true quads."""
    second = polygons[:, [0, 2, 3]]
    return np.concatenate([polygons[:, :3], second[second[:, 1] != second[:, 2]]])


def read_source(path: Path) -> SourceHead:
    """Read the packed ICT-FaceKit (``neutral``, ``quads``, ``tris``, ``id_q``, ``id_scale``, ``exp_q``, ...).

    Raises:
        StatueError: as ``read_npz`` does.
    """
    file = read_npz(path)
    kept = np.concatenate([np.r_[r.start : r.stop] for _, ranges in PARTS for r in ranges])
    part = np.concatenate([np.full(len(r), i) for i, (_, ranges) in enumerate(PARTS) for r in ranges])
    index = np.full(len(file["neutral"]), -1)
    index[kept] = np.arange(len(kept))
    polygons = index[np.concatenate([file["quads"], file["tris"][:, [0, 1, 2, 2]]])]
    landmarks = file["landmarks68"].astype(np.int64)
    landmarks[list(CONTOUR)] = list(CONTOUR.values())
    names = file["exp_names"].tolist()
    used = [i for i, name in enumerate(names) if name not in UNUSED_EXPRESSIONS]
    return SourceHead(
        vertices=file["neutral"][kept].astype(np.float64),
        polygons=polygons[(polygons >= 0).all(1)],
        part=part,
        landmarks=index[landmarks],
        identity=file["id_q"][:, kept] * file["id_scale"].astype(np.float64)[:, None, None],
        expression=file["exp_q"][used][:, kept] * file["exp_scale"][used].astype(np.float64)[:, None, None],
        identity_names=file["id_names"].tolist(),
        expression_names=[names[i] for i in used],
        commit=str(file["commit"]),
    )


def find_visible_triangles(vertices: Floats, triangles: Integers, yaw: float, pitch: float) -> NDArray[np.bool_]:
    """(T,) whether any pixel shows the triangle, from far away at the given angles (radians), back faces culled.

    Painter's algorithm: triangles are drawn from the farthest to the nearest with their own number as colour.
    """
    cy, sy, cp, sp = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    turn = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]]) @ np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    turned = (vertices - VIEW_CENTRE) @ turn.T
    corners = turned[triangles]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2] > 0
    order = np.argsort(corners[:, :, 2].mean(1), kind="stable")
    # 4 fractional bits: sub-pixel corners, so that small triangles are not lost to rounding.
    pixels = np.rint((corners[..., :2] / VIEW_HALF * [1, -1] * 0.5 + 0.5) * VIEW_SIZE * 16).astype(np.int32)
    numbers = np.full((VIEW_SIZE, VIEW_SIZE), -1, np.int32)
    for number in order[facing[order]]:
        cv2.fillConvexPoly(numbers, pixels[number], int(number), cv2.LINE_8, 4)
    seen = np.zeros(len(triangles), bool)
    seen[np.unique(numbers[numbers >= 0])] = True
    return seen


def visible_vertices(head: SourceHead) -> NDArray[np.bool_]:
    """(V,) vertices of triangles that some pose and expression shows, or whose mirror image is shown."""
    expressions: list[dict[str, float]] = [{}, {"jawOpen": 0.5}, {"eyeWide_L": 1.0, "eyeWide_R": 1.0}]
    expressions.append({"eyeBlink_L": 1.0, "eyeBlink_R": 1.0, "mouthPucker": 0.5})
    triangles = triangulate(head.polygons)
    visible = np.zeros(len(head.vertices), bool)
    for weights in expressions:
        shape = head.vertices.copy()
        for name, weight in weights.items():
            shape += weight * head.expression[head.expression_names.index(name)]
        for yaw in np.deg2rad([-65, -40, -20, 0, 20, 40, 65]):
            for pitch in np.deg2rad([-30, 0, 30]):
                visible[triangles[find_visible_triangles(shape, triangles, float(yaw), float(pitch))]] = True
    return visible | visible[mirrored_vertices(head.vertices)]


def kept_polygons(head: SourceHead) -> NDArray[np.bool_]:
    """(P,) polygons with a visible corner (so one ring around all that is visible) in front of the cut."""
    centre = head.vertices[head.polygons].mean(1)
    return visible_vertices(head)[head.polygons].any(1) & (centre[:, 2] > BACK) & (centre[:, 1] > BOTTOM)


def mirrored_vertices(vertices: Floats) -> Integers:
    """(V,) nearest vertex to each vertex's mirror image across x = 0."""
    return np.asarray(cKDTree(vertices).query(vertices * [-1, 1, 1])[1], np.int64)


def quantise(modes: Floats) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    """Modes (K, V, 3) in cm -> int16 and (K,) cm per unit, with at most ``STEP / 2`` of error.

    The step grows only for a mode that would not fit 16 bits, which none of ICT-FaceKit's does.
    """
    peak = np.abs(modes).max((1, 2))
    scale = np.maximum(STEP, peak / 32767).astype(np.float32)
    return np.rint(modes / scale.astype(np.float64)[:, None, None]).astype(np.int16), scale


def compact(head: SourceHead) -> dict[str, NDArray]:
    """The arrays of the run-time head (see the module's docstring)."""
    triangles = triangulate(head.polygons[kept_polygons(head)])
    kept = np.unique(np.concatenate([triangles.ravel(), head.landmarks]))
    index = np.full(len(head.vertices), -1)
    index[kept] = np.arange(len(kept))
    if len(kept) > 65535:
        raise ValueError(f"{len(kept)} vertices do not fit 16-bit indices")
    identity, identity_scale = quantise(head.identity[:, kept])
    expression, expression_scale = quantise(head.expression[:, kept])
    vertices = head.vertices[kept]
    return {
        "vertices": vertices.astype(np.float32),
        "triangles": index[triangles].astype(np.uint16),
        "part": head.part[kept].astype(np.uint8),
        "part_names": np.array([name for name, _ in PARTS]),
        "landmarks": index[head.landmarks].astype(np.uint16),
        "mirror": mirrored_vertices(vertices).astype(np.uint16),
        "openness": vertex_openness(vertices, index[triangles]),
        "identity": identity,
        "identity_scale": identity_scale,
        "identity_names": np.array(head.identity_names),
        "expression": expression,
        "expression_scale": expression_scale,
        "expression_names": np.array(head.expression_names),
        "source": np.array([f"ICT-VGL/ICT-FaceKit {head.commit}"]),
    }


def report(head: SourceHead, arrays: dict[str, NDArray], size: int) -> str:
    """What was kept, how far it is from the source, and the file's size."""
    where = cKDTree(head.vertices).query(arrays["vertices"].astype(np.float64))[1]
    before = len(triangulate(head.polygons))
    lines = [f"vertices {len(where)} of {len(head.vertices)}, triangles {len(arrays['triangles'])} of {before}"]
    for name, count in zip(arrays["part_names"], np.bincount(arrays["part"], minlength=len(PARTS)), strict=True):
        lines.append(f"  {name}: {count} vertices")
    for kind, source in (("identity", head.identity), ("expression", head.expression)):
        restored = arrays[kind] * arrays[kind + "_scale"].astype(np.float64)[:, None, None]
        error = np.abs(restored - source[:, where]) * 10
        lines.append(f"{kind}: error at most {error.max():.4f} mm, RMS {np.sqrt((error**2).mean()):.4f} mm")
    mirror = arrays["mirror"].astype(int)
    gap = np.abs(arrays["vertices"][mirror] - arrays["vertices"] * [-1, 1, 1]).max() * 10
    inverse = bool((mirror[mirror] == np.arange(len(mirror))).all())
    lines.append(f"mirror: own inverse {inverse}, gap at most {gap:.4f} mm")
    lines.append(f"size {size / 1e6:.2f} MB")
    return "\n".join(lines)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add_assets(parser, "morphable_head/ict_facekit.npz")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the .npz to write")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Convert, write, report.

    Raises:
        StatueError: as ``read_source`` and ``write_npz`` do.
    """
    head = read_source(options.assets / "morphable_head" / "ict_facekit.npz")
    arrays = compact(head)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    print(report(head, arrays, write_npz(options.output, arrays)))
