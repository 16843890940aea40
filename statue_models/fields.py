"""The one table of what a restoration can be asked for: each field of a request, and all that anybody must know of it.

It makes the request (``request.py``) and checks it, the options of ``statue restore``, the header of docs/http.md, the
rows of the plug-in's dialog, and the tables of the docs: a row that is added here is everywhere, and what is left to
write is the method that heeds it.

Standard library alone, for Python 3.9 and later: the installer copies this file, unchanged, beside the GIMP plug-in.

``python -m statue_models.fields docs/cli.md docs/http.md`` writes the tables anew.
"""

from __future__ import annotations

import dataclasses
import math
import numbers
import operator
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from statue_models.face.face_box import FaceBox
    from statue_models.face.landmarks68 import Landmarks

#: Pixels of a picture that can be restored, in millions at most, and along each side at least. Chosen.
MAX_MEGAPIXELS = 64
MIN_SIDE = 32
#: Characters of a name at most. Chosen.
LONGEST_NAME = 64

# Kinds of values.
INTEGER, NUMBER, CHOICE, NAME = "integer", "number", "choice", "name"
BOX, LANDMARKS, SWITCH = "box", "landmarks", "switch"


@dataclass(frozen=True)
class DialogRow:
    """How the plug-in's dialog asks for a field: a spinner for a whole number, else a list to choose from.

    Attributes:
        label: its words, an underscore before the mnemonic.
        default: where the dialog starts, if that is not the field's own default.
        highest: where the spinner ends, if that is before the field's own end.
    """

    label: str
    default: Any = None
    highest: int | None = None


@dataclass(frozen=True)
class Field:
    """One field of a request, but for picture and mask.

    Attributes:
        name: of the request's attribute and in the header; the option of the command line is ``flag``.
        default: None where nothing need be said; what that means stands in ``unset``.
        kind: of its values. Of ``BOX`` and ``LANDMARKS`` only the request, which knows the picture, can say more.
        help: one line without its range and default, which ``line`` adds.
        lowest, highest: of whole numbers.
        choices: of a ``CHOICE``.
        unset: what is done where the field is None.
        without: a field that must be left alone where this one is given.
        metavar: how the command line calls its value; a choice needs none.
        shorthand: one of the choices that has an option of its own name beside it.
        on_command_line: whether ``statue restore`` has it.
        for_some: whether only the methods know it whose options name it; the others refuse it.
        dialog: its row in the plug-in's dialog, or None.
    """

    name: str
    default: Any
    kind: str
    help: str
    lowest: int = 0
    highest: int = 0
    choices: tuple[str, ...] = ()
    unset: str = ""
    without: str = ""
    metavar: str | None = None
    shorthand: str = ""
    on_command_line: bool = True
    for_some: bool = False
    dialog: DialogRow | None = None

    @property
    def flag(self) -> str:
        """Its option on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def range(self) -> str:
        """Its values in words; empty where they cannot be listed."""
        if self.kind == INTEGER:
            return f"{self.lowest} to {_short(self.highest)}"
        return " or ".join([", ".join(self.choices[:-1]), self.choices[-1]]) if self.choices else ""

    @property
    def line(self) -> str:
        """The line of help: what it is, its range and its default."""
        words = f"{self.help}: {self.range}" if self.range else self.help
        if self.kind == SWITCH:
            return words
        return f"{words} (default: {self.unset if self.default is None else self.default})"

    def check_value(self, value: Any) -> Any:
        """A value as a request holds it.

        Raises:
            TypeError: for a value of another kind, in words for the user.
            ValueError: for one out of range, likewise.
        """
        if self.kind in (BOX, LANDMARKS) or (value is None and self.default is None):
            return value
        if self.kind == INTEGER:
            return self._integer(value)
        if self.kind == SWITCH:
            if not isinstance(value, bool):
                raise TypeError(f"The {self.name} must be true or false, not {_format_value(value)}")
            return value
        if self.kind == NUMBER:
            return self._number(value)
        if not (isinstance(value, str) and 0 < len(value) <= LONGEST_NAME):
            raise TypeError(f"The {self.name} must be a word, not {_format_value(value)}")
        if self.choices and value not in self.choices:
            raise ValueError(f"The {self.name} must be {self.range}, not {_format_value(value)}")
        return value

    def _integer(self, value: Any) -> int:
        try:
            if isinstance(value, bool):
                raise TypeError
            number = operator.index(value)
        except TypeError:
            raise TypeError(f"The {self.name} must be a whole number, not {_format_value(value)}") from None
        if not self.lowest <= number <= self.highest:
            raise ValueError(f"The {self.name} must be {self.range}, not {_format_value(number)}")
        return number

    def _number(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise TypeError(f"The {self.name} must be a number, not {_format_value(value)}")
        number = float(value)
        if not 0 < number < math.inf:
            raise ValueError(f"The {self.name} must be a number above 0, not {_format_value(value)}")
        return number


def _short(number: int) -> str:
    """A number in words: one below a large power of two by that power."""
    power = number.bit_length()
    return f"2^{power} - 1" if power > 16 and number == 2**power - 1 else str(number)


def _format_value(value: Any) -> str:
    """A wrong value as a message can hold it."""
    text = str(value)
    return text if len(text) <= LONGEST_NAME else text[:LONGEST_NAME] + "..."


def _field(default: Any, kind: str, help: str, **more: Any) -> Any:
    return dataclasses.field(default=default, metadata={"kind": kind, "help": help, **more})


def _integer(default: int | None, lowest: int, highest: int, help: str, **more: Any) -> Any:
    return _field(default, INTEGER, help, lowest=lowest, highest=highest, **more)


def _choice(default: str, choices: tuple[str, ...], help: str, **more: Any) -> Any:
    return _field(default, CHOICE, help, choices=choices, **more)


@dataclass(frozen=True, eq=False)
class RequestFields:
    """The table: a picture and its mask, and a row for everything else that determines a result.

    Attributes:
        image: (H, W, C) uint8, uint16 or float32, sRGB-encoded; C is 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA).
            float32 samples are 0..1 for black..white; values outside that range are kept outside the mask. A picture
            with a scale of its own (10 bits in 16, floats of 0..255) is known by its values, or by ``white``.
        mask: (H, W) uint8; 255 = missing, values between are a soft edge, anything > 0 belongs to the hole.
    """

    image: NDArray[Any]
    mask: NDArray[np.uint8]
    variants: int = _integer(1, 1, 16, "how many hypotheses", metavar="N", dialog=DialogRow("_Variants", default=4))
    variant: int | None = _integer(
        None,
        1,
        16,
        "the number of the only hypothesis that is wanted, which is the same as among several",
        unset="as many as variants says",
        without="variants",
        metavar="K",
    )
    seed: int = _integer(
        0,
        0,
        2**63 - 1,
        "what the hypotheses' random numbers are derived from",
        metavar="S",
        dialog=DialogRow("S_eed", highest=2**31 - 1),  # GIMP's whole numbers have 32 bits
    )
    model: str = _field(
        "default",
        NAME,
        "a name that 'statue models' lists, or default for the one marked there",
        metavar="NAME",
        dialog=DialogRow("_Model"),
    )
    quality: str = _choice(
        "full", ("full", "preview"), "a preview is quicker and rougher, where a method has one", shorthand="preview"
    )
    steps: int | None = _integer(
        None,
        1,
        1000,
        "sampling steps of a method that has them, in full quality",
        unset="the method's own",
        without="quality",
        metavar="N",
        for_some=True,
    )
    threshold: int = _integer(
        150,  # Nirvan's
        1,
        255,
        "the level that all three channels of damage come up to, where a method finds damage by its brightness",
        metavar="LEVEL",
        for_some=True,
    )
    predictor: str = _field(
        "default",
        NAME,
        "what finds the landmarks, landmarknet, facemesh, thesis-landmarks or lafin-landmarks, or default for the best "
        "that runs here",
        metavar="NAME",
    )
    face: FaceBox | None = _field(
        None,
        BOX,
        "the box around the face in pixels, where the search fails",
        unset="it is searched",
        metavar="X,Y,W,H",
    )
    landmarks: Landmarks | None = _field(
        None, LANDMARKS, "the face's 68 points in iBUG order", unset="they are searched", metavar="FILE"
    )
    require_face: bool = _field(
        False, SWITCH, "refuse where no face is found, instead of filling the hole from its surroundings"
    )
    white: float | None = _field(
        None,
        NUMBER,
        "the sample value of white, where the picture has a scale of its own: 4095, say, of 12 bits in 16",
        unset="read from its values",
        metavar="VALUE",
    )
    device: str = _choice("auto", ("auto", "cpu", "cuda"), "where networks run")
    precision: str = _choice("fp32", ("fp32", "bf16"), "the numbers of networks", on_command_line=False)


#: Name -> field, in the table's order.
FIELDS = {
    row.name: Field(row.name, row.default, **row.metadata) for row in dataclasses.fields(RequestFields) if row.metadata
}

#: What the values of each kind are in JSON.
_IN_JSON = {
    INTEGER: "a whole number",
    NUMBER: "a number",
    CHOICE: "a word",
    NAME: "a word",
    BOX: "`[x, y, width, height]`",
    LANDMARKS: "68 `[x, y]`, an object",
    SWITCH: "true or false",
}


def _options_table() -> list[str]:
    rows = ["| option | meaning |", "| --- | --- |"]
    for field in FIELDS.values():
        if field.on_command_line:
            words = f"`{field.flag} {field.metavar}`" if field.metavar else f"`{field.flag}`"
            words += f", `--{field.shorthand}`" if field.shorthand else ""
            rows.append(f"| {words} | {field.line} |")
    return rows


def _header_table() -> list[str]:
    rows = ["| field | value | meaning |", "| --- | --- | --- |"]
    for field in FIELDS.values():
        value = _IN_JSON[field.kind] + (" or null" if field.default is None else "")
        rows.append(f"| `{field.name}` | {value} | {field.line} |")
    return rows


_TABLES = {"options": _options_table, "header": _header_table}


def page_with_tables(page: str) -> str:
    """A page of the docs, what stands between ``<!-- fields: NAME ... -->`` and ``<!-- end -->`` written anew."""

    def table(found: re.Match[str]) -> str:
        return "\n".join([found[1], "", *_TABLES[found[2]](), "", found[3]])

    return re.sub(r"(<!-- fields: (\w+).*?-->).*?(<!-- end -->)", table, page, flags=re.DOTALL)


def main(paths: Sequence[str]) -> None:
    """Write the tables of these pages anew."""
    for name in paths:
        path = Path(name)
        path.write_text(page_with_tables(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
