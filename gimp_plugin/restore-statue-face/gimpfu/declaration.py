"""What a plug-in declares: procedures and their parameters, as gimpfu's ``register()`` takes them."""

from dataclasses import dataclass
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

PF_IMAGE, PF_DRAWABLE, PF_DRAWABLES, PF_LAYER = "image", "drawable", "drawables", "layer"
PF_INT, PF_FLOAT, PF_STRING, PF_TOGGLE = "int", "float", "string", "toggle"
PF_SLIDER, PF_SPINNER, PF_OPTION, PF_RADIO = "slider", "spinner", "option", "radio"
PF_BOOL = PF_TOGGLE

_ASKED = {PF_INT, PF_FLOAT, PF_STRING, PF_TOGGLE, PF_SLIDER, PF_SPINNER, PF_OPTION, PF_RADIO}
_RETURNED = {PF_INT, PF_FLOAT, PF_STRING, PF_LAYER}
_PREFIXES = ("python-fu-", "plug-in-", "extension-", "file-")
#: GIMP 3 gives every image procedure these arguments itself.
_RESERVED = {"run-mode", "image", "drawable", "drawables"}


class CancelError(RuntimeError):
    """The user said no: nothing is reported, nothing has been changed."""


def message(error):
    """What GIMP shows of a failure: its words and, where it has one, its remedy."""
    return " ".join(filter(None, (str(error) or type(error).__name__, getattr(error, "remedy", None))))


class Choice(NamedTuple):
    """One entry of a PF_OPTION or PF_RADIO parameter: GIMP 3's name for it, its label, what the function gets."""

    nick: str
    label: str
    value: Any


@dataclass(frozen=True)
class Parameter:
    """One question of the dialog.

    ``extra`` is what gimpfu wants there: (lowest, highest, step) for sliders and spinners, labels for PF_OPTION (the
    value is the index), (label, value) pairs for PF_RADIO (the value is a string).
    """

    kind: str
    key: str
    label: str
    default: Any
    extra: Any = None

    @property
    def plain_label(self) -> str:
        """The label without its mnemonic underscore."""
        return self.label.replace("_", "")

    @property
    def choices(self) -> List[Choice]:
        """The entries of a PF_OPTION or PF_RADIO parameter, in order."""
        if self.kind == PF_OPTION:
            return [Choice("opt%d" % index, label, index) for index, label in enumerate(self.extra)]
        return [Choice(str(value), label, value) for label, value in self.extra]

    @property
    def limits(self) -> Tuple[float, float, float]:
        """(lowest, highest, step) of a number."""
        if self.extra:
            return tuple(self.extra)
        return (-1e9, 1e9, 0.1) if self.kind == PF_FLOAT else (-(2**31), 2**31 - 1, 1)

    def check_value(self, value: Any) -> Any:
        """The value as the function gets it.

        Raises:
            ValueError: a number outside its limits, or a choice that is not one.
        """
        if self.kind == PF_TOGGLE:
            return bool(value)
        if self.kind in (PF_OPTION, PF_RADIO):
            if value not in [choice.value for choice in self.choices]:
                raise ValueError("%s: %r is none of %s" % (self.key, value, [choice.value for choice in self.choices]))
            return value
        if self.kind == PF_STRING:
            return str(value)
        lowest, highest, _ = self.limits
        if not lowest <= value <= highest:
            raise ValueError("%s: %s is not between %s and %s" % (self.key, value, lowest, highest))
        return float(value) if self.kind in (PF_FLOAT, PF_SLIDER) else int(value)


@dataclass(frozen=True)
class Result:
    """One value that the procedure returns to a script."""

    kind: str
    key: str
    label: str


@dataclass(frozen=True)
class Procedure:
    """A registered procedure. ``several`` tells that its function takes all selected drawables, not exactly one."""

    name: str
    blurb: str
    help: str
    author: str
    copyright: str
    date: str
    label: str
    image_types: str
    several: bool
    parameters: Tuple[Parameter, ...]
    results: Tuple[Result, ...]
    function: Callable[..., Any]
    menu: Optional[str]

    @property
    def title(self) -> str:
        """The label as a window's title: no mnemonic, no ellipsis."""
        return self.label.replace("_", "").rstrip(".\u2026")

    def call(self, image: Any, drawables: Sequence[Any], values: Sequence[Any]) -> List[Any]:
        """Check the values, call the function and return its results as a list.

        Raises:
            ValueError: a value that was not declared, or not exactly one drawable where one is wanted.
        """
        arguments = [parameter.check_value(value) for parameter, value in zip(self.parameters, values)]  # noqa: B905
        if not self.several and len(drawables) != 1:
            raise ValueError("Select exactly one layer.")
        answer = self.function(image, tuple(drawables) if self.several else drawables[0], *arguments)
        if not self.results:
            return []
        return [answer] if len(self.results) == 1 else list(answer)


#: Name -> procedure, filled by register().
procedures: Dict[str, Procedure] = {}


def register(
    proc_name: str,
    blurb: str,
    help: str,
    author: str,
    copyright: str,
    date: str,
    label: str,
    imagetypes: str,
    params: Sequence[Tuple],
    results: Sequence[Tuple],
    function: Callable[..., Any],
    menu: Optional[str] = None,
) -> Procedure:
    """Declare a procedure with gimpfu's arguments in gimpfu's order.

    The first two parameters must be PF_IMAGE and PF_DRAWABLE, or PF_DRAWABLES for a function that takes a tuple of
    all selected drawables (GIMP 3 can select several). A name without a prefix gets ``python-fu-``. gimpfu's
    ``domain``, ``on_query`` and ``on_run`` do not exist.

    Raises:
        ValueError: a declaration that no GIMP could register.
    """
    name = proc_name.replace("_", "-")
    if not name.startswith(_PREFIXES):
        name = "python-fu-" + name
    if name in procedures:
        raise ValueError("%s is registered already" % name)
    if [row[0] for row in params[:2]] not in ([PF_IMAGE, PF_DRAWABLE], [PF_IMAGE, PF_DRAWABLES]):
        raise ValueError("the first two parameters must be PF_IMAGE and PF_DRAWABLE(S)")
    asked = tuple(Parameter(row[0], row[1].replace("_", "-"), *row[2:]) for row in params[2:])
    keys = [parameter.key for parameter in asked]
    if len(set(keys)) != len(keys) or _RESERVED & set(keys):
        raise ValueError("names of parameters are taken twice or reserved: %s" % keys)
    for parameter in asked:
        if parameter.kind not in _ASKED:
            raise ValueError("%s: no parameter can be a %s" % (parameter.key, parameter.kind))
        parameter.check_value(parameter.default)
    given = tuple(Result(kind, key.replace("_", "-"), text) for kind, key, text in results)
    for result in given:
        if result.kind not in _RETURNED:
            raise ValueError("%s: no result can be a %s" % (result.key, result.kind))
    several = params[1][0] == PF_DRAWABLES
    details = (name, blurb, help, author, copyright, date, label, imagetypes, several, asked, given, function, menu)
    procedures[name] = Procedure(*details)
    return procedures[name]
