"""What a user is told beside a result: what was converted, guessed, left out, or done otherwise than asked.

Every note has a code, which stays, and a sentence, which may get better. All of a restoration stand in its record,
under ``notes``; ``statue`` says each in a line on stderr.

``python -m statue_models.notes > docs/notes.md`` writes the page that lists them.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Code -> sentence; words in braces are the note's facts.
CATALOGUE = {
    # of the photograph's file
    "palette-expanded": "The palette was expanded to 8-bit RGB.",
    "depth-expanded": "The {bits}-bit samples were expanded to {to} bits.",
    "depth-reduced": "The {bits}-bit samples were reduced to 8 bits, which is what Pillow reads of such files.",
    "first-page-only": (
        "Of {pages} {kind} in the file the one of number {page} was read, and what is written holds it alone; add "
        "[NUMBER] to the file's name for another one."
    ),
    "raw-developed": (
        "The raw photograph was developed by LibRaw {version}: {balance} white balance, sRGB, 16 bits, no brightening; "
        "what is written is this picture, no raw data."
    ),
    "first-picture-only": "Only the first of the file's pictures was read.",
    "turned-upright": "The picture was turned upright as its orientation tag says.",
    "profile-ignored": "The colour profile is damaged or of another kind; the values were taken for sRGB.",
    "damaged": (
        "The file is damaged from row {row} of {rows} on, as it is stored: what is seen there may be wrong; copy or "
        "download it again."
    ),
    "gain-map-left-out": "The gain map (HDR) behind the picture was left out: it is of the damaged picture.",
    "video-left-out": "The video behind the picture (motion photo) was left out.",
    "extra-channel-as-alpha": "The last channel, whose meaning the file does not state, was taken for alpha.",
    "colours-as-profile": "What the PNG file's {chunks} say of its colours is said by a colour profile.",
    "grey-as-rgb": "WebP has no greyscale: the picture is written as RGB of equal values.",
    "lossy-output": "JPEG is lossy: outside the mask, too, values change a little; .png and .tif keep them.",
    "thumbnail-remade": "The thumbnail in the metadata, which showed the damage, was made again.",
    "thumbnail-left-out": "A thumbnail in the metadata, which shows the damage, was left out.",
    "preview-stays": "A preview inside the maker's note, which only the maker can change, still shows the damage.",
    "metadata-left-out": "The {format} file cannot hold, or cannot truly say, and is without: {what}.",
    "file-white": "The file says that {white:g} of {full:g} is its white.",
    "own-white": "The picture's values have a scale of their own: {white:g}, of {full:g}, was taken for white.",
    "linear-light": "The picture's values were taken for linear light.",
    # of the mask
    "mask-understood": "{pixels:,} pixels missing, {percent:.1f} % of the picture; holes: {holes:,}.",
    "mask-two-values": "The mask has two values alone; the larger, {value} of {white}, was taken for missing.",
    "mask-scaled": "The mask's brightest strokes, {value} of {white}, were taken for missing altogether.",
    "mask-black": "The mask's darkest value, {value} of {white}, was taken for black.",
    "mask-grey": (
        "The mask is nowhere white: at its brightest, damage shows through by {percent:.0f} %; paint in white what is "
        "to be replaced altogether."
    ),
    "mask-speckled": "{pixels:,} pixels of the mask that are all but black were taken for black.",
    "mask-turned": "The mask was turned with the photograph's orientation tag, without which it fits.",
    "mask-unturned": "The mask's own orientation tag was left aside, without which it fits the photograph.",
    # of the landmarks
    "landmarks-scaled": "The landmarks are those of the picture at {width} x {height} pixels and were scaled.",
    "landmarks-shares": "The landmarks lie between 0 and 1 and were taken for shares of the picture.",
    "predictor-without": (
        "The landmark predictor {predictor} had to do without {what}, whose files are not here, and finds less well; "
        "'python3 -m installer' fetches them."
    ),
    # of the restoration
    "no-face": (
        "No face was found around what is missing at {where}, so it was filled from its surroundings; if there is a "
        "face, say where by --face or --landmarks."
    ),
    "profile": (
        "The face at {where} is seen too far from the side for the models, so what is missing was filled from its "
        "surroundings; 68 points given with --landmarks would be followed."
    ),
    "hole-off-face": (
        "What is missing at {where} lies away from every face that was found, so it was filled from its surroundings; "
        "if it belongs to a face, say where by --face or --landmarks."
    ),
    "framed-on-selection": (
        "No face was found around what is missing at {where}, so the model was shown its surroundings alone; if there "
        "is a face, say where by --face or --landmarks."
    ),
    "narrowed": "Of what is selected, {pixels:,} pixels were taken for damage and filled.",
    "outside-the-frame": (
        "{pixels:,} pixels of the hole lie outside the face's surroundings and were filled by {method}."
    ),
    "one-answer": "All {variants} variants were the same, so there is one: nothing in it is left to chance.",
    "own-palette": "The picture has {colours} colours alone, and so has what was restored.",
    "rim-differs": (
        "All round the mask the stone looks unlike what lies beyond, as if damage had been left over; look at the "
        "border, and let the mask reach further with --grow {grow}."
    ),
}


@dataclass(frozen=True)
class Note:
    """One note.

    Attributes:
        code: of the catalogue.
        facts: JSON-ready, what fills the sentence.
    """

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, code: str, **facts: Any) -> "Note":
        """The note of a code."""
        return cls(code, facts)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Note":
        """The note that a record holds."""
        return cls(data["code"], {name: value for name, value in data.items() if name not in ("code", "sentence")})

    @property
    def sentence(self) -> str:
        """For the user."""
        return CATALOGUE[self.code].format_map(self.facts)

    def __str__(self) -> str:
        return f"{self.sentence.rstrip('.')} ({self.code})"

    def to_json(self) -> dict[str, Any]:
        """As records hold it."""
        return {"code": self.code, "sentence": self.sentence, **self.facts}


def page() -> str:
    """docs/notes.md: the whole catalogue."""
    rows = [f"| `{code}` | {said} |" for code, said in CATALOGUE.items()]
    parts = [
        "# Notes",
        "Whatever was converted, guessed, left out or done otherwise than asked is said in one line on stderr and"
        ' stands in the record under `notes`, as `{"code", "sentence", ...}` with the numbers that fill the sentence.'
        " Codes stay as they are; words in braces are filled in.",
        "<!-- Written by `python -m statue_models.notes`; do not edit. -->",
        "\n".join(["| code | sentence |", "| --- | --- |", *rows]),
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
