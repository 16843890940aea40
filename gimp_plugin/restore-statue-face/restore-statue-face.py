#!/usr/bin/env python3
"""Declares the procedure python-fu-restore-statue-face and its menu entry to GIMP 2.10 and 3.x."""

import json
import os

import gimpfu
from gimpfu import PF_DRAWABLES, PF_IMAGE, PF_LAYER, PF_RADIO, PF_SPINNER, PF_TOGGLE, main, register

try:
    from statue_models.fields import FIELDS, INTEGER
except ImportError:  # a folder that was copied by hand: it is declared all the same, and says so when it is run
    FIELDS, INTEGER = {}, ""


def read_models():
    """(label, name) of every model, the automatic choice first; the list lies beside this file."""
    menu = os.path.join(os.path.dirname(os.path.abspath(__file__)), "statue_models", "methods", "menu.json")
    try:
        with open(menu, encoding="utf-8") as file:
            rows = json.load(file)
    except (OSError, ValueError):
        rows = []
    return [("Automatic", "default"), *[("%s (%s)" % (title, name), name) for name, title in rows]]


MODELS = read_models()

#: What a folder that was copied by hand says: the files that the installer lays beside it are not there, nor is their
#: list of messages, which has these words too (not-installed).
INCOMPLETE = "The plug-in is not installed completely: %s. Run 'python3 -m installer' again, then restart GIMP."
#: What GIMP alone asks: rows of the dialog whose answers stay in the plug-in (``restore.py``).
QUESTIONS = (
    (PF_TOGGLE, "draw_landmarks", "_Draw the landmarks as a path", True),
    (PF_TOGGLE, "use_path", "_Use the landmarks of the drawn path", False),
)


def parameter(field):
    """The row of a field that the dialog asks for, as ``register`` takes it."""
    row = field.dialog
    default = field.default if row.default is None else row.default
    if field.kind == INTEGER:
        return PF_SPINNER, field.name, row.label, default, (field.lowest, row.highest or field.highest, 1)
    choices = MODELS if field.name == "model" else [(choice.capitalize(), choice) for choice in field.choices]
    return PF_RADIO, field.name, row.label, default, choices


#: All rows of the dialog.
PARAMETERS = [*[parameter(field) for field in FIELDS.values() if field.dialog], *QUESTIONS]


def restore_statue_face(image, drawables, *answers):
    """Restore the selected part of the layer; returns the layer group with the variants."""
    try:
        import restore
    except ImportError as error:
        raise RuntimeError(INCOMPLETE % error) from error
    options = {row[1]: answer for row, answer in zip(PARAMETERS, answers)}  # noqa: B905
    return restore.restore(gimpfu.host, image, drawables, options)


register(
    "restore-statue-face",
    "Restores the selected, missing part of a statue's face",
    "Select the damage, then run this. A layer group above the photograph gets several hypotheses, confined to the "
    "selection by layer masks; the facial landmarks become a path. The photograph itself is not changed.",
    "The Restore Statue Face project",
    "The Restore Statue Face project, Apache License 2.0",
    "2026",
    "Restore Statue _Face...",
    "RGB*, GRAY*",
    [
        (PF_IMAGE, "image", "Image", None),
        (PF_DRAWABLES, "drawables", "Layers", None),
        *PARAMETERS,
    ],
    [(PF_LAYER, "group", "The layer group with the variants")],
    restore_statue_face,
    menu="<Image>/Filters",
)

if __name__ == "__main__":
    main()
