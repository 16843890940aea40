"""Every command that makes the models and judges them: ``python -m training VERB``; alone it lists them."""

import argparse
import inspect
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

from statue_models.errors import StatueError
from training.commands import Parser, exit_status

PROGRAM = "python -m training"


@dataclass(frozen=True)
class Verb:
    """One command.

    Attributes:
        name: one word, or two where several commands belong together.
        help: what it does, in a line.
        maker: "module:function" in this package, imported when the verb is asked for. The function adds the verb's
            arguments to a parser, and sets ``run``, which takes the options and returns the exit status (None is 0).
            The module's docstring is the explanation that ``--help`` shows.
    """

    name: str
    help: str
    maker: str

    @property
    def words(self) -> list[str]:
        """The name as it is typed."""
        return self.name.split()

    def parser(self) -> argparse.ArgumentParser:
        """What the verb takes."""
        module_name, function = self.maker.split(":")
        module = import_module(f"training.{module_name}")
        parser = Parser(
            prog=f"{PROGRAM} {self.name}",
            description=inspect.cleandoc(module.__doc__ or "").replace("``", ""),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        getattr(module, function)(parser)
        return parser


VERBS = (
    Verb("train", "train a model by a recipe", "engine.command:add_arguments"),
    Verb("experiment", "repeat the published systems' experiments", "experiments.command:add_arguments"),
    Verb("systems", "put the runs of published systems beside what was published", "experiments.systems:add_arguments"),
    Verb("appearance", "learn what carving and wear add to a lit head", "appearance.command:add_arguments"),
    Verb("publish", "make what a run learnt the program's own", "publishing.command:add_arguments"),
    Verb("evaluate", "judge methods on frozen cases", "evaluation.evaluate:add_arguments"),
    Verb("frames", "judge the search for the face", "evaluation.frames.check:add_arguments"),
    Verb("search", "judge the search on turned, dark and broken heads", "evaluation.frames.search:add_arguments"),
    Verb("guidance", "measure how restored faces follow landmarks", "evaluation.guidance:add_arguments"),
    Verb("realism", "measure how far renders are from photographs", "evaluation.metrics.realism:add_arguments"),
    Verb("detection", "measure how often a detector sees renders", "evaluation.metrics.detection:add_arguments"),
    Verb("pictures", "make the pictures of the docs", "evaluation.native.pictures:add_arguments"),
    Verb("damage", "measure every kind of damage, and draw it", "damage.command:add_arguments"),
    Verb("statues make", "render a data set of statues", "statues.commands:add_make"),
    Verb("statues sheet", "render a contact sheet of statues", "statues.commands:add_sheet"),
    Verb("statues profile", "time the statue factory", "statues.commands:add_profile"),
    Verb("data faces", "make a data set of faces from photographs", "datasets.faces:add_arguments"),
    Verb("data ict_facekit", "pack ICT-FaceKit's meshes", "datasets.ict_facekit:add_arguments"),
    Verb("data environments", "pack Radiance HDR panoramas as small maps", "datasets.environments:add_arguments"),
    Verb("data mobilenet", "pack Keras' MobileNetV2 0.35", "datasets.mobilenet:add_arguments"),
    Verb("data head", "make the head that the program ships", "datasets.morphable_head:add_arguments"),
)  # fmt: skip


def listing(verbs: Sequence[Verb]) -> str:
    """Verbs and what they do, a line each."""
    wide = max(len(verb.name) for verb in verbs)
    lines = [f"  {verb.name:{wide}}  {verb.help}" for verb in verbs]
    return "\n".join([f"usage: {PROGRAM} VERB ...", "", *lines, "", f"{PROGRAM} VERB --help says what each takes."])


def run(words: Sequence[str]) -> int:
    """Do what the words say; returns the exit status.

    Raises:
        StatueError: ``usage``, or what the verb raises.
        SystemExit: after ``--help``.
    """
    for verb in VERBS:
        if list(words[: len(verb.words)]) == verb.words:
            options = verb.parser().parse_args(words[len(verb.words) :])
            return options.run(options) or 0
    asked = [word for word in words if word not in ("-h", "--help")]
    named = [verb for verb in VERBS if verb.words[: len(asked)] == asked]
    if not named:
        names = ", ".join(verb.name for verb in VERBS)
        raise StatueError("usage", reason=f"There is no verb {' '.join(asked[:2])!r}; there are {names}")
    print(listing(named))
    return 0


def main(words: Sequence[str] | None = None) -> int:
    """The program; returns its exit status, as ``statue`` has them (docs/cli.md)."""
    given = sys.argv[1:] if words is None else words
    return exit_status(lambda: run(given))


if __name__ == "__main__":
    sys.exit(main())
