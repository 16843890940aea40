"""Resynthesizer's heal selection (Harrison 2005; Konneker): what a GIMP user has today.

The real thing first: GIMP without a window, on this user's profile, one process per case, heal selection at its
defaults (context of 50 pixels, all around, random order). Without a GIMP that has it, Resynthesizer's engine from the
Python package ``resynthesizer``, with the numbers that heal selection passes to it and the surroundings it cuts out.
"""

import importlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from statue_models.errors import StatueError
from statue_models.face.landmarks68 import Landmarks
from training.evaluation.contenders.baselines import Picture, Restoring, read_output, write_inputs
from training.suites.cases import Case

#: Where to look for a GIMP without windows; this variable may name another command.
VARIABLE = "GIMP_CONSOLE"
PROGRAMS = ("gimp-console", "gimp-console-3.2", "gimp-console-3.0", "gimp-console-2.10", "gimp-console-2.99", "gimp")
#: Names that heal selection goes by: GIMP 3, then GIMP 2 with and without its Python.
PROCEDURES_3 = ("plug-in-heal-selection",)
PROCEDURES_2 = ("script-fu-heal-selection", "python-fu-heal-selection")
#: Seconds after which GIMP is stopped; chosen.
SECONDS = 180
#: What heal selection passes to the engine: context (pixels), sensitivity to outliers (0..1), and how many neighbours
#: and probes: its own numbers.
CONTEXT, OUTLIERS, NEIGHBOURS, PROBES = 50, 0.117, 16, 500

HOW = (
    f"Install Resynthesizer into GIMP (https://github.com/bootchk/resynthesizer; {VARIABLE} may name the GIMP), or its"
    " engine with 'pip install resynthesizer'."
)

_PYTHON_PROBE = """
from gi.repository import Gimp
with open({out!r}, "w") as file:
    file.write(" ".join(name for name in {names!r} if Gimp.get_pdb().lookup_procedure(name)))
"""

_PYTHON = """
from gi.repository import Gimp, Gio
load = lambda path: Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(path))
image, mask = load({photo!r}), load({mask!r})
layer = image.get_layers()[0]
white = Gimp.Layer.new_from_drawable(mask.get_layers()[0], image)
image.insert_layer(white, None, 0)
channel = Gimp.Channel.new_from_component(image, Gimp.ChannelType.RED, "hole")
image.insert_channel(channel, None, 0)
image.remove_layer(white)
image.select_item(Gimp.ChannelOps.REPLACE, channel)
image.remove_channel(channel)
image.set_selected_layers([layer])
procedure = Gimp.get_pdb().lookup_procedure({procedure!r})
config = procedure.create_config()
config.set_property("run-mode", Gimp.RunMode.NONINTERACTIVE)
config.set_property("image", image)
config.set_core_object_array("drawables", [layer])
result = procedure.run(config)
if result.index(0) != Gimp.PDBStatusType.SUCCESS:
    raise RuntimeError(result.index(1))
Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path({out!r}), None)
"""

_SCHEME_PROBE = """
(let ((port (open-output-file "{out}")))
  (for-each (lambda (name) (if (= 1 (car (gimp-procedural-db-proc-exists name))) (begin (display name port)
    (display " " port)))) (list {names}))
  (close-output-port port))
"""

_SCHEME = """
(let* ((image (car (gimp-file-load RUN-NONINTERACTIVE "{photo}" "{photo}")))
       (layer (car (gimp-image-get-active-drawable image)))
       (white (car (gimp-file-load-layer RUN-NONINTERACTIVE image "{mask}"))))
  (gimp-image-insert-layer image white 0 -1)
  (gimp-context-set-antialias FALSE)
  (gimp-context-set-feather FALSE)
  (gimp-context-set-sample-merged FALSE)
  (gimp-context-set-sample-threshold-int 10)
  (gimp-image-select-color image CHANNEL-OP-REPLACE white '(255 255 255))
  (gimp-image-remove-layer image white)
  (gimp-image-set-active-layer image layer)
  ({call} image layer {context} 0 0)
  (file-png-save RUN-NONINTERACTIVE image layer "{out}" "{out}" 0 6 0 0 0 0 0))
"""


@dataclass(frozen=True)
class Gimp:
    """A GIMP that has heal selection: its command, whether it is a GIMP 3, and the procedure's name."""

    command: tuple[str, ...]
    is_3: bool
    procedure: str

    def __call__(self, case: Case, landmarks: Landmarks | None, seeds: Sequence[int]) -> list[Picture] | None:
        """See ``Restoring``; an error is shown and counts as no answer."""
        with tempfile.TemporaryDirectory() as name:
            photo, mask = write_inputs(case, Path(name))
            out = Path(name) / "out.png"
            said = _in_gimp(self.command, _healing(self.is_3, self.procedure, photo, mask, out), self.is_3)
            picture = read_output(case, out)
        if picture is None:
            print(f"resynthesizer: {case.name} {case.kind}: {_gist(said)}", file=sys.stderr)
            return None
        return [picture]

    @property
    def about(self) -> str:
        """What was measured, for the table."""
        return f"heal selection in {self.command[0]} (GIMP {'3' if self.is_3 else '2.10'}), its start included"


def _probe(is_3: bool, out: Path) -> str:
    """A script that writes which procedures there are."""
    if is_3:
        return _PYTHON_PROBE.format(names=PROCEDURES_3, out=str(out))
    return _SCHEME_PROBE.format(names=" ".join(f'"{name}"' for name in PROCEDURES_2), out=out)


def _healing(is_3: bool, procedure: str, photo: Path, mask: Path, out: Path) -> str:
    """A script that heals a picture."""
    if is_3:
        return _PYTHON.format(photo=str(photo), mask=str(mask), out=str(out), procedure=procedure)
    # A script's name is its Scheme function in the interpreter that runs ours, and that takes no run mode.
    call = procedure if procedure.startswith("script-fu-") else f"{procedure} RUN-NONINTERACTIVE"
    return _SCHEME.format(photo=photo, mask=mask, out=out, call=call, context=CONTEXT)


def _in_gimp(command: Sequence[str], script: str, is_3: bool) -> str:
    """Run a script in a GIMP without windows; returns what was said."""
    interpreter = ["--batch-interpreter", "python-fu-eval"] if is_3 else []
    leave = ["--quit"] if is_3 else ["-b", "(gimp-quit 1)"]
    words = [*command, "-i", "-d", "-f", *interpreter, "-b", script, *leave]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=SECONDS, errors="replace")
    except subprocess.TimeoutExpired:
        return f"GIMP was stopped after {SECONDS} s"
    except OSError as error:
        return str(error)
    return (done.stdout + done.stderr).strip()


def _gist(said: str) -> str:
    """The line that says what went wrong; GIMP repeats the whole script after it."""
    telling = [line for line in said.splitlines() if re.match(r"\w*Error|batch command|script-fu-Warning", line)]
    return telling[-1] if telling else said[-200:]


def find_gimp() -> Gimp | None:
    """The first GIMP with heal selection, or None."""
    named = os.environ.get(VARIABLE)
    commands = [shlex.split(named)] if named else [[path] for path in map(shutil.which, PROGRAMS) if path]
    for command in commands:
        try:
            said = subprocess.run(
                [*command, "--version"], capture_output=True, text=True, check=False, timeout=60
            ).stdout
        except (OSError, subprocess.TimeoutExpired):
            continue
        is_3 = " 3." in said
        with tempfile.TemporaryDirectory() as name:
            out = Path(name) / "found"
            _in_gimp(command, _probe(is_3, out), is_3)
            found = out.read_text(encoding="utf-8").split() if out.is_file() else []
        if found:
            return Gimp(tuple(command), is_3, found[0])
    return None


class Engine:
    """Resynthesizer's engine in this process.

    Raises:
        StatueError: ``missing-package``.
    """

    about = "Resynthesizer's engine from the package resynthesizer, called as heal selection calls it"

    def __init__(self) -> None:
        try:
            package = importlib.import_module("resynthesizer.resynthesizer")
        except (ImportError, OSError):
            raise StatueError("missing-package", package="resynthesizer", how=HOW) from None
        # No tiling, pixels in random order, no maps.
        self._parameters = package.TImageSynthParameters(0, 0, 1, 0.0, OUTLIERS, NEIGHBOURS, PROBES)
        self._resynthesize = package.resynthesize

    def __call__(self, case: Case, landmarks: Landmarks | None, seeds: Sequence[int]) -> list[Picture] | None:
        """See ``Restoring``."""
        window = surroundings(case.hole)
        photo = Image.fromarray(np.ascontiguousarray(case.damaged[window]))
        mask = Image.fromarray(case.hole[window].astype(np.uint8) * 255)
        try:
            healed = self._resynthesize(photo, mask, self._parameters)
        except RuntimeError as error:
            print(f"resynthesizer: {case.name} {case.kind}: {error}", file=sys.stderr)
            return None
        picture = case.damaged.copy()
        picture[window] = np.where(case.hole[window][..., None], np.asarray(healed, np.uint8), picture[window])
        return [picture]


def surroundings(hole: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Rows and columns of the hole's box, grown as heal selection does, inside the picture."""
    x, y, width, height = cv2.boundingRect(hole.astype(np.uint8))
    return slice(max(0, y - CONTEXT), y + height + CONTEXT), slice(max(0, x - CONTEXT), x + width + CONTEXT)


def open_resynthesizer() -> Restoring:
    """Heal selection in a GIMP, else the engine.

    Raises:
        StatueError: ``missing-package``.
    """
    return find_gimp() or Engine()
