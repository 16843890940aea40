#!/usr/bin/env python3
"""Declares the procedure python-fu-restore-statue-face and its menu entry to GIMP 2.10 and 3.x."""

import gimpfu
from gimpfu import PF_DRAWABLES, PF_IMAGE, PF_LAYER, PF_RADIO, PF_SPINNER, PF_TOGGLE, main, register

MODELS = (
    ("Automatic", "default"),
    ("Fitted head (statuefit)", "statuefit"),
    ("Rectified-flow network (statueflow)", "statueflow"),
    ("Other half of the face (mirror)", "mirror"),
    ("Smooth continuation (biharmonic)", "biharmonic"),
    ("Fast marching (telea)", "telea"),
    ("Navier-Stokes (ns)", "ns"),
)

#: What a folder that was copied by hand says: the files that the installer lays beside it are not there, nor is their
#: list of messages, which has these words too (not-installed).
INCOMPLETE = "The plug-in is not installed completely: %s. Run 'python3 -m installer' again, then restart GIMP."


def restore_statue_face(image, drawables, variants, seed, model, draw_landmarks, use_path):
    """Restore the selected part of the layer; returns the layer group with the variants."""
    try:
        import restore
    except ImportError as error:
        raise RuntimeError(INCOMPLETE % error) from error
    options = restore.Options(variants, seed, model, draw_landmarks, use_path)
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
        (PF_SPINNER, "variants", "_Variants", 4, (1, 16, 1)),
        (PF_SPINNER, "seed", "S_eed", 0, (0, 2**31 - 1, 1)),
        (PF_RADIO, "model", "_Model", "default", MODELS),
        (PF_TOGGLE, "draw_landmarks", "_Draw the landmarks as a path", True),
        (PF_TOGGLE, "use_path", "_Use the landmarks of the drawn path", False),
    ],
    [(PF_LAYER, "group", "The layer group with the variants")],
    restore_statue_face,
    menu="<Image>/Filters",
)

if __name__ == "__main__":
    main()
