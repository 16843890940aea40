"""A gimpfu-compatible shim: one declaration, three hosts (GIMP 2.10, GIMP 3.x, none at all).

What is kept of gimpfu is the declaring half: ``register()`` with its order of arguments, the ``PF_*`` parameters and
``main()``. What is replaced is the imperative half: procedure names and pixel regions differ from one GIMP to the next,
so a plug-in does not call the PDB but the dozen verbs of ``gimpfu.host`` (see ``host.py``), which every back end
implements and tests replace.

Python-Fu left Debian's GIMP 2.10 with Python 2, and GIMP 3 has no gimpfu; this package needs neither.
"""

import sys
from importlib import import_module

from .declaration import (
    PF_BOOL,
    PF_DRAWABLE,
    PF_DRAWABLES,
    PF_FLOAT,
    PF_IMAGE,
    PF_INT,
    PF_LAYER,
    PF_OPTION,
    PF_RADIO,
    PF_SLIDER,
    PF_SPINNER,
    PF_STRING,
    PF_TOGGLE,
    CancelError,
    Choice,
    Parameter,
    Procedure,
    procedures,
    register,
)

__all__ = [
    "PF_BOOL",
    "PF_DRAWABLE",
    "PF_DRAWABLES",
    "PF_FLOAT",
    "PF_IMAGE",
    "PF_INT",
    "PF_LAYER",
    "PF_OPTION",
    "PF_RADIO",
    "PF_SLIDER",
    "PF_SPINNER",
    "PF_STRING",
    "PF_TOGGLE",
    "CancelError",
    "Choice",
    "Parameter",
    "Procedure",
    "host",
    "main",
    "procedures",
    "register",
]

#: The back end that runs the procedure; set before a registered function is called.
host = None


def main():
    """Hand the registered procedures to the GIMP that started this process.

    The command line tells which one it is: GIMP 3 puts the protocol's version after ``-gimp``, GIMP 2.10 does not.
    """
    global host
    if len(sys.argv) == 7 and sys.argv[1] == "-gimp":
        back_end = import_module(".gimp3", __name__)
    elif len(sys.argv) == 6 and sys.argv[1] == "-gimp":
        back_end = import_module(".gimp210", __name__)
    else:
        sys.exit("This is a plug-in: GIMP 2.10 or 3.x starts it.")
    host = back_end.make_host()
    back_end.serve(host)
