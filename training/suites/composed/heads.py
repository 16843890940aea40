"""Rendered heads for the face-frame suite: cut out, with exact landmarks; heads in profile; and empty rendered scenes.

Made once by the statue factory, from seeds that no training uses, and kept in one file.
"""

import math
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.errors import StatueError
from statue_models.face.landmarks68 import BROWS
from statue_models.whole_file import whole_file
from training.statues.description.layout import Table
from training.statues.drawing.draw import draw_statues
from training.statues.drawing.scenes import walk_round
from training.statues.output.checks import find_passing
from training.statues.rendering.development import Renders
from training.statues.rendering.factory import Factory
from training.statues.sources.environments import read_environments
from training.statues.sources.head_model import HeadModel, read_head
from training.suites.held_back import FRAME_SEEDS

FILE = "frame-heads.npz"
#: Of the file; raise it when what is drawn here changes. No unit.
VERSION = 2
#: First seeds, far from any training's.
FACE_SEED, PROFILE_SEED = FRAME_SEEDS.start, FRAME_SEEDS.start + len(FRAME_SEEDS) // 2
#: Heads with a face, heads in profile, scenes; chosen.
FACES, PROFILES, SCENES = 84, 28, 28
#: Side of the renders in pixels. Chosen.
SIZE = 512
#: Degrees. Every third face is turned by so much, the others as the factory draws them up to ``LARGEST_YAW``. Chosen.
TURNED, LARGEST_YAW = (30.0, 60.0), 60.0
#: Degrees: heads in profile; chosen.
PROFILE_YAW = (75.0, 90.0)
#: Least cm from the picture's middle to its edge: the whole head is seen, so that it can be cut out. Set by eye.
SMALLEST_HALF = 15.0
#: cm by which the brow landmarks of ICT-FaceKit lie above the edge of the brow ridge, where statues have their brows
#: and landmarks on photographs are put: some eight hundredths of the eye distance, nearly a frame's whole tolerance.
#: Set by eye.
BROW_DROP = 0.7

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Head:
    """One head.

    Attributes:
        rgb: (S, S, 3) uint8, with its own background; alpha: (S, S) uint8, 255 where the statue is.
        points: (68, 2) float64 landmarks in pixels, exact, hidden ones too.
        yaw: degrees by which the camera stands to the head's side.
    """

    rgb: NDArray[np.uint8]
    alpha: NDArray[np.uint8]
    points: NDArray[np.float64]
    yaw: float


@dataclass(frozen=True, eq=False)
class Heads:
    """``faces`` up to 60 degrees of yaw, ``profiles`` from 75 to 90, ``scenes`` (S, S, 3) uint8 without anybody."""

    faces: list[Head]
    profiles: list[Head]
    scenes: list[NDArray[np.uint8]]


def frame_heads(assets: Path, cache: Path) -> Heads:
    """The heads, from the cache folder, or rendered (some four minutes on one core) and put there.

    Args:
        assets: the folder of the packed data (morphable head, environments).
        cache: a folder; made if it is not there.

    Raises:
        StatueError: ``missing-file``, ``bad-training-data``, ``output-unwritable``.
    """
    path = cache / FILE
    if path.is_file():
        stored = read_heads(path)
        if stored is not None:
            return stored
    heads = _render_heads(assets, _to_stderr)
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StatueError("output-unwritable", path=cache, reason=error.strerror or str(error)) from None
    write_heads(path, heads)
    return heads


def _to_stderr(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\rrendering heads: {done} of {total}", end="\n" if done == total else "", file=sys.stderr)


def _render_heads(assets: Path, progress: Progress) -> Heads:
    head, environments = with_brows_on_ridge(read_head(assets)), read_environments(assets)
    factory = Factory(head, environments, SIZE)
    total = FACES + PROFILES
    faces: list[Head] = []
    profiles: list[Head] = []
    scenes: list[NDArray[np.uint8]] = []

    def describe_head(seed: int) -> Table:
        table = draw_statues([seed], head, environments.suns)
        table["camera"]["half"] = np.maximum(table["camera"]["half"], SMALLEST_HALF)
        return table

    seed = FACE_SEED
    while len(faces) < FACES:
        table, rng = describe_head(seed), np.random.default_rng(seed)
        seed += 1
        if len(faces) % 3 == 2:
            walk_round(table, np.radians([rng.uniform(*TURNED) * rng.choice((-1, 1))]))
        if abs(math.degrees(float(table["camera"]["yaw"][0]))) > LARGEST_YAW:
            continue
        renders = factory.render(table)
        if not find_passing(renders).item():
            continue
        faces.append(head_of(table, renders))
        if len(scenes) < SCENES:
            # The same camera, light and film, looking beside the statue.
            away = table.copy()
            away["camera"]["centre"] += (0.0, 500.0, 0.0)
            scenes.append(np.asarray(factory.render(away, gain=renders.gain).image[0].cpu().numpy(), np.uint8))
        progress(len(faces), total)
    seed = PROFILE_SEED
    while len(profiles) < PROFILES:
        table, rng = describe_head(seed), np.random.default_rng(seed)
        seed += 1
        walk_round(table, np.radians([rng.uniform(*PROFILE_YAW) * rng.choice((-1, 1))]))
        renders = factory.render(table)
        if find_passing(renders, but="hidden").item():
            profiles.append(head_of(table, renders))
            progress(FACES + len(profiles), total)
    return Heads(faces, profiles, scenes)


def with_brows_on_ridge(head: HeadModel) -> HeadModel:
    """The head with its brow landmarks ``BROW_DROP`` lower, as landmarks on photographs of statues are."""
    landmarks = head.landmarks.copy()
    wanted = head.vertices[landmarks[BROWS]] - (0, BROW_DROP, 0)
    # Among the vertices of the face's skin; beside and above count, the surface itself says how far before.
    skin = np.flatnonzero(head.part == 0)
    apart = np.linalg.norm(head.vertices[skin][None, :, :2] - wanted[:, None, :2], axis=2)
    apart[np.abs(head.vertices[skin][None, :, 2] - wanted[:, None, 2]) > 1.5] = np.inf
    landmarks[BROWS] = skin[apart.argmin(axis=1)]
    return replace(head, landmarks=landmarks)


def head_of(table: Table, renders: Renders) -> Head:
    """The one head of a render."""
    return Head(
        np.asarray(renders.image[0].cpu().numpy(), np.uint8),
        np.asarray(renders.alpha[0].cpu().numpy(), np.uint8),
        renders.landmarks[0].cpu().numpy().astype(np.float64),
        math.degrees(float(table["camera"]["yaw"][0])),
    )


def write_heads(path: Path, heads: Heads, version: int = VERSION) -> None:
    """Keep heads in a file, whole or not at all."""
    everyone = heads.faces + heads.profiles
    pictures = [np.dstack([head.rgb[..., ::-1], head.alpha]) for head in everyone]
    blobs = [cv2.imencode(".png", picture)[1].ravel() for picture in [*pictures, *(s[..., ::-1] for s in heads.scenes)]]
    with whole_file(path, force=True) as stream:
        np.savez(
            stream,
            version=np.array(version),
            counts=np.array([len(heads.faces), len(heads.profiles), len(heads.scenes)]),
            points=np.array([head.points for head in everyone]),
            yaw=np.array([head.yaw for head in everyone]),
            blob=np.concatenate(blobs),
            ends=np.cumsum([len(blob) for blob in blobs]),
        )


def read_heads(path: Path, version: int = VERSION) -> Heads | None:
    """What ``write_heads`` wrote; None if it is of another version.

    Raises:
        StatueError: ``bad-training-data``.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            if int(file["version"]) != version:
                return None
            faces, profiles, scenes = (int(count) for count in file["counts"])
            points, yaw = file["points"], file["yaw"]
            pictures = [
                np.asarray(cv2.imdecode(blob, cv2.IMREAD_UNCHANGED), np.uint8)
                for blob in np.split(file["blob"], file["ends"][:-1])
            ]
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile, cv2.error) as error:
        raise StatueError("bad-training-data", path=path, reason=f"it cannot be read ({error})") from None
    rgb = [np.ascontiguousarray(picture[..., 2::-1]) for picture in pictures]
    heads = [Head(rgb[i], pictures[i][..., 3], points[i], float(yaw[i])) for i in range(faces + profiles)]
    return Heads(heads[:faces], heads[faces:], rgb[len(rgb) - scenes :])
