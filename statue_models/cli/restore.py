"""``statue restore``: a photograph and a mask in, one file per hypothesis out."""

from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from statue_models.cli import output
from statue_models.fields import FIELDS
from statue_models.request import Progress, Restoration, RestorationRequest
from statue_models.tasks.paths import output_in, path_of, variant_paths
from statue_models.tasks.picture_task import PictureTask
from statue_models.tasks.restore_files import Restored, restore_files


def run(options: Namespace) -> None:
    """Carry the command out; see docs/cli.md.

    Raises:
        StatueError: for everything that the user can put right.
    """
    photo = options.photos[0]
    outputs = variant_paths(output_in(path_of(options.output), path_of(photo)), options.variants)

    def restore(request: RestorationRequest) -> Restoration:
        with output.ProgressLine(not options.quiet) as progress:
            return _restorer(options)(request, progress)

    def say(message: str, *, always: bool = False) -> None:
        output.say(message, options.quiet and not always)

    restored = restore_files(task_of(options, photo, options.mask, outputs), restore, say)
    if options.json:
        _print(options, restored)


def task_of(options: Namespace, photo: str, mask: str, outputs: Sequence[str | Path]) -> PictureTask:
    """The task that a command line asks for with a photograph, its mask and its variants' files."""
    asked = [name for name, field in FIELDS.items() if field.on_command_line and name != "landmarks"]
    return PictureTask(
        photo=photo,
        mask=mask,
        outputs=tuple(str(path) for path in outputs),
        asked={name: getattr(options, name) for name in asked},
        landmarks=options.landmarks,
        invert=options.invert,
        grow=options.grow,
        feather=options.feather,
        report=options.report,
        uncertainty=options.uncertainty,
        force=options.force,
    )


def _restorer(options: Namespace) -> Callable[[RestorationRequest, Progress], Restoration]:
    if options.runner:
        from statue_models.runner.remote import RemoteRestorer

        return RemoteRestorer().restore
    from statue_models.restoring.restorer import Restorer

    return Restorer(device=options.device).restore


def _print(options: Namespace, restored: Restored) -> None:
    restoration = restored.restoration
    made = [variant.hypothesis for variant in restoration.variants]
    landmarks = restoration.landmarks
    output.print_json(
        {
            "variants": [
                {"file": str(path), "variant": which.number, "seed": which.seed}
                for path, which in zip(restored.files, made, strict=True)
            ],
            "rectangle": list(restoration.rectangle),
            "landmarks": None if landmarks is None else landmarks.to_json(),
            "frame": None if restoration.frame is None else restoration.frame.to_json(restoration.size),
            "groups": [group.to_json() for group in restoration.groups],
            "uncertainty": None if restored.uncertainty is None else str(restored.uncertainty),
            "report": None if options.report is None else str(options.report),
            "notes": [note.sentence for note in restoration.notes],
            "record": dict(restoration.record),
        }
    )
