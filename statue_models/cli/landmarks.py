"""``statue landmarks``: where the face's 68 points are."""

import json
import math
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from statue_models.cli import output
from statue_models.errors import StatueError
from statue_models.face.face_frame import FaceFrame
from statue_models.face.landmark_file import format_pts, format_svg
from statue_models.face.landmarks68 import Landmarks
from statue_models.landmarks.predictor import notes_of
from statue_models.notes import Note
from statue_models.pictures.photograph import Photograph
from statue_models.request import Progress, split_progress
from statue_models.tasks.inputs import files_read, read_asked_mask
from statue_models.tasks.paths import check_distinct
from statue_models.whole_file import check_writable

#: Errors whose remedies depend on the command.
FACELESS = ("no-face", "profile-face", "hole-off-face")
_ENDINGS = (".json", ".pts", ".svg")


def run(options: Namespace) -> None:
    """Carry the command out; see docs/cli.md.

    Raises:
        StatueError: for everything that the user can put right.
    """
    if options.output is not None:
        endings = _ENDINGS[:1] if options.all else _ENDINGS
        if options.output.suffix.lower() not in endings:
            raise StatueError("usage", reason=f"{options.output} ends in none of {', '.join(endings)}")
        check_distinct([options.output], files_read(str(options.photo), options.mask))
        check_writable(options.output, options.force)
    photograph = Photograph.read(options.photo, options.white)
    size = (photograph.width, photograph.height)
    levels: NDArray[np.uint8] | None = None
    notes: tuple[Note, ...] = ()
    if options.mask is not None:
        asked = (options.mask, options.invert, options.grow, options.feather)
        mask = read_asked_mask(photograph, options.photo, *asked)
        levels, notes = mask.levels, mask.notes
    output.say_all((*photograph.notes, *notes), options.quiet)

    data: dict[str, Any] = {"image": {"width": size[0], "height": size[1]}}
    with output.ProgressLine(not options.quiet) as progress, _in_own_words():
        faces = _find(options, photograph, levels, progress)
    output.say_all((note for landmarks, _ in faces for note in notes_of(landmarks)), options.quiet)
    if options.all:
        data["faces"] = [{"landmarks": face.to_json(), "frame": frame.to_json()} for face, frame in faces]
    else:
        data |= {"landmarks": faces[0][0].to_json(), "frame": faces[0][1].to_json()}
        if len(faces) > 1:
            output.say(f"{len(faces) - 1} more to be found in this picture: --all lists every face", options.quiet)
    if options.output is not None:
        output.write_text(options.output, _text(options.output.suffix.lower(), faces[0][0], data), options.force)
        output.say(f"wrote {options.output}", options.quiet)
    if options.output is None or options.json:
        output.print_json(data)


def _find(
    options: Namespace, photograph: Photograph, mask: NDArray[np.uint8] | None, progress: Progress
) -> list[tuple[Landmarks, FaceFrame]]:
    """The face that is meant, and, where nothing says which, all others after it."""
    from statue_models.restoring.restorer import Restorer

    restorer, picture = Restorer(), photograph.to_srgb()
    asked = {"predictor": options.predictor, "white": photograph.white}
    if options.all:
        faces = restorer.find_all_landmarks(picture, mask, **asked, progress=progress)
        if faces:
            return faces
    search, others = split_progress(progress, 0.5)
    first = restorer.find_landmarks(picture, mask, face=options.face, **asked, progress=search)
    if options.all or mask is not None or options.face is not None:
        return [first]
    around = restorer.find_all_landmarks(picture, **asked, progress=others)
    return [first, *(face for face in around if not _is_same(face[1], first[1]))]


def _is_same(one: FaceFrame, other: FaceFrame) -> bool:
    """Whether two frames are of one face."""
    return math.dist(one.centre, other.centre) < 0.5 * max(one.side, other.side)


@contextmanager
def _in_own_words() -> Iterator[None]:
    """Remedies name what this command takes: landmarks are what it is to find."""
    try:
        yield
    except StatueError as error:
        if error.code not in FACELESS:
            raise
        raise error.told_with(more="") from None


def _text(ending: str, landmarks: Landmarks, data: dict[str, Any]) -> str:
    if ending == ".pts":
        return format_pts(landmarks)
    if ending == ".svg":
        return format_svg(landmarks, data["image"]["width"], data["image"]["height"])
    return json.dumps({"schema": 1, **data}, indent=1) + "\n"
