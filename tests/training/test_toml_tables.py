"""What a dataclass says of a table's keys, and what is refused by it."""

from dataclasses import dataclass

import pytest

from statue_models.errors import StatueError
from training.toml_tables import choice, fill, number


@dataclass(frozen=True)
class Chisel:
    width: float = number(least=0, most=8, above=True)
    teeth: int = number(1, least=1, most=12)
    steel: str = choice("soft", ("soft", "hard"))
    marks: tuple[int, ...] = ()
    owner: str | None = None
    sharp: bool = True
    master: str = ""


def refusal(values, **fixed):
    with pytest.raises(StatueError) as caught:
        fill(Chisel, "tool", values, **fixed)
    assert caught.value.code == "bad-recipe"
    return caught.value.sentence


def test_values_take_the_types_of_their_fields():
    chisel = fill(
        Chisel, "tool", {"width": 3, "marks": [1, 2], "owner": "Praxiteles", "sharp": False}, master="Phidias"
    )
    assert chisel == Chisel(3.0, 1, "soft", (1, 2), "Praxiteles", False, "Phidias") and type(chisel.width) is float


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("width", 0),
        ("width", 8.5),
        ("width", float("inf")),
        ("width", True),
        ("teeth", 2.0),
        ("teeth", 13),
        ("teeth", True),
        ("steel", "blue"),
        ("steel", 3),
        ("marks", 7),
        ("owner", 7),
        ("sharp", 1),
        ("handle", "ash"),
    ],
)
def test_what_a_key_may_not_be_is_refused_by_its_name(key, value):
    assert key in refusal({"width": 1.0, key: value})


def test_keys_that_are_needed_or_that_are_none_are_said():
    assert "[tool] needs width" in refusal({})
    assert "no key 'master'" in refusal({"width": 1.0, "master": "Myron"}, master="Phidias")
