"""``statue restore``: a photograph and a mask in, one file per hypothesis out."""

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from statue_models.cli import output
from statue_models.cli.inputs import files_read, read_asked_mask
from statue_models.cli.paths import check_distinct, output_in, variant_paths
from statue_models.face.landmark_file import read_landmarks
from statue_models.face.landmarks68 import UNSURE
from statue_models.fields import FIELDS
from statue_models.methods import registry
from statue_models.pictures.photograph import Photograph, check_output
from statue_models.request import Progress, Restoration, RestorationRequest, Variant
from statue_models.whole_file import check_writable

Restore = Callable[[RestorationRequest, Progress], Restoration]

UNSURE_FACE = (
    "the face was hard to find (score {score:.2f}): check it with 'statue landmarks', or say where it is with --face"
)


def run(options: Namespace) -> None:
    """Carry the command out; see docs/cli.md.

    Raises:
        StatueError: for everything that the user can put right.
    """
    outputs = variant_paths(output_in(options.output, options.photo), options.variants)
    _check_outputs(options, outputs, None)
    registry.descriptor(options.model)
    asked = {field.name: getattr(options, field.name) for field in FIELDS.values() if field.on_command_line}
    photograph = Photograph.read(options.photo, options.white)
    asked["white"] = photograph.white
    _check_outputs(options, outputs, photograph)
    mask = read_asked_mask(options, photograph)
    notes = [*photograph.notes, *mask.notes]
    if options.landmarks is not None:
        asked["landmarks"], converted = read_landmarks(options.landmarks, (photograph.width, photograph.height))
        notes += converted
    request = RestorationRequest(photograph.to_srgb(), mask.levels, **asked, notes=tuple(notes))
    output.say_all(request.notes, options.quiet)
    with output.ProgressLine(not options.quiet) as progress:
        restoration = _restorer(options)(request, progress)
    output.say_all(restoration.notes[len(request.notes) :], options.quiet)
    _write(options, outputs, photograph, mask.levels, restoration)
    if options.json:
        _print(options, outputs, photograph, restoration)


def _check_outputs(options: Namespace, outputs: list[Path], photograph: Photograph | None) -> None:
    """Before any work, and again for the format once the photograph is known."""
    check_distinct([*outputs, options.report, options.uncertainty], files_read(options))
    for path in outputs:
        check_output(path, options.force, photograph)
    if options.report is not None:
        check_writable(options.report, options.force)
    if options.uncertainty is not None:
        check_output(options.uncertainty, options.force)


def _restorer(options: Namespace) -> Restore:
    if options.runner:
        from statue_models.runner.remote import RemoteRestorer

        return RemoteRestorer().restore
    from statue_models.restoring.restorer import Restorer

    return Restorer(device=options.device).restore


def _write(
    options: Namespace, outputs: list[Path], photograph: Photograph, mask: NDArray[np.uint8], restoration: Restoration
) -> None:
    for path, variant in zip(outputs, restoration.variants, strict=False):  # equal ones are one
        changed = _changed(photograph, mask, restoration, variant)
        photograph.with_restored(restoration.rectangle, variant.pixels, changed).write(path, options.force)
        output.say(f"wrote {path}", options.quiet)
    if restoration.landmarks is not None and restoration.landmarks.score < UNSURE:
        output.say(UNSURE_FACE.format(score=restoration.landmarks.score), options.quiet)
    if options.uncertainty is not None:
        if restoration.uncertainty is None:
            output.say(f"{_no_uncertainty(options)}, so {options.uncertainty} was not written")
        else:
            _uncertainty(photograph, restoration, restoration.uncertainty).write(options.uncertainty, options.force)
            output.say(f"wrote {options.uncertainty}", options.quiet)
    if options.report is not None:
        output.write_text(options.report, restoration.record_text(), options.force)
        output.say(f"wrote {options.report}", options.quiet)


def _changed(
    photograph: Photograph, mask: NDArray[np.uint8], restoration: Restoration, variant: Variant
) -> NDArray[np.uint8]:
    """The mask; of a method that narrowed it, over the rectangle, what is other than it was.

    A colour profile does not bring back every sample that goes through it: what is no damage does not go.
    """
    if not any(note.code == "narrowed" for note in restoration.notes):
        return mask
    window = restoration.rectangle.slices
    other = (variant.pixels != photograph.to_srgb()[window]).any(2)
    return np.where(other, mask[window], np.uint8(0))


def _no_uncertainty(options: Namespace) -> str:
    if options.variant not in (None, 1):
        return "the uncertainty is that of variant 1"
    return "this model says nothing of uncertainty"


def _uncertainty(photograph: Photograph, restoration: Restoration, spread: NDArray[np.uint8]) -> Photograph:
    """The uncertainty as a grey picture of the photograph's size, black outside the rectangle."""
    samples = np.zeros((photograph.height, photograph.width, 1), np.uint8)
    samples[(*restoration.rectangle.slices, 0)] = spread
    return Photograph(samples=samples, format="PNG")


def _print(options: Namespace, outputs: list[Path], photograph: Photograph, restoration: Restoration) -> None:
    made = [variant.hypothesis for variant in restoration.variants]
    landmarks = restoration.landmarks
    has_uncertainty = options.uncertainty is not None and restoration.uncertainty is not None
    output.print_json(
        {
            "variants": [
                {"file": str(path), "variant": which.number, "seed": which.seed}
                for path, which in zip(outputs, made, strict=False)
            ],
            "rectangle": list(restoration.rectangle),
            "landmarks": None if landmarks is None else landmarks.to_json(),
            "frame": None if restoration.frame is None else restoration.frame.to_json(restoration.size),
            "uncertainty": str(options.uncertainty) if has_uncertainty else None,
            "report": None if options.report is None else str(options.report),
            "notes": [note.sentence for note in restoration.notes],
            "record": dict(restoration.record),
        }
    )
