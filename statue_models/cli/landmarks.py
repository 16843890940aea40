"""``statue landmarks``: where the face's 68 points are."""

import json
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from statue_models.cli import output
from statue_models.cli.inputs import files_read, read_asked_mask
from statue_models.cli.paths import check_distinct
from statue_models.errors import StatueError
from statue_models.face.landmark_file import format_pts, format_svg
from statue_models.face.landmarks68 import Landmarks
from statue_models.landmarks.predictor import notes_of
from statue_models.pictures.photograph import Photograph
from statue_models.whole_file import check_writable

_ENDINGS = (".json", ".pts", ".svg")


def run(options: Namespace) -> None:
    """Carry the command out; see docs/cli.md.

    Raises:
        StatueError: for everything that the user can put right.
    """
    if options.output is not None:
        if options.output.suffix.lower() not in _ENDINGS:
            raise StatueError("usage", reason=f"{options.output} ends in none of {', '.join(_ENDINGS)}")
        check_distinct([options.output], files_read(options))
        check_writable(options.output, options.force)
    photograph = Photograph.read(options.photo, options.white)
    size = (photograph.width, photograph.height)
    mask = None if options.mask is None else read_asked_mask(options, photograph)
    levels, notes = (None, ()) if mask is None else (mask.levels, mask.notes)
    output.say_all((*photograph.notes, *notes), options.quiet)

    from statue_models.restoring.restorer import Restorer

    with output.ProgressLine(not options.quiet) as progress, _in_own_words():
        said = {} if photograph.white is None else {"white": photograph.white}
        landmarks, frame = Restorer().find_landmarks(
            photograph.to_srgb(), levels, face=options.face, predictor=options.predictor, progress=progress, **said
        )
    output.say_all(notes_of(landmarks), options.quiet)
    data: dict[str, Any] = {
        "image": {"width": size[0], "height": size[1]},
        "landmarks": landmarks.to_json(),
        "frame": frame.to_json(),
    }
    if options.output is not None:
        output.write_text(options.output, _text(options.output.suffix.lower(), landmarks, data), options.force)
        output.say(f"wrote {options.output}", options.quiet)
    if options.output is None or options.json:
        output.print_json(data)


@contextmanager
def _in_own_words() -> Iterator[None]:
    """Remedies name what this command takes: landmarks are what it is to find."""
    try:
        yield
    except StatueError as error:
        if error.code != "no-face":
            raise
        raise error.told_with(more="") from None


def _text(ending: str, landmarks: Landmarks, data: dict[str, Any]) -> str:
    if ending == ".pts":
        return format_pts(landmarks)
    if ending == ".svg":
        return format_svg(landmarks, data["image"]["width"], data["image"]["height"])
    return json.dumps({"schema": 1, **data}, indent=1) + "\n"
