"""What a method's folder says of it, without loading anything: the door that every front end goes through.

A folder of this room exports ``DESCRIPTORS``; registry, front ends and evaluation find methods by them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from statue_models.errors import StatueError, require_package
from statue_models.fields import FIELDS
from statue_models.models_file import Facts, facts_of, has_torch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from statue_models.methods.method import Method
    from statue_models.request import RestorationRequest


#: What a method is to be shown; see ``MethodDescriptor``.
Needs = Literal["landmarks", "face", "pixels"]


@dataclass(frozen=True)
class MethodOptions:
    """What every method can be asked for; a method with more to ask has a subclass of its own.

    Attributes:
        quality: "full", or "preview": the same hypotheses at the same light and colour, as fast as they can be had.
    """

    quality: Literal["full", "preview"] = "full"

    @property
    def preview(self) -> bool:
        """Whether a preview is wanted."""
        return self.quality == "preview"


#: (device, precision, weights file or None, its sha256 or None) -> the method.
Load = Callable[[str, str, Path | None, str | None], "Method"]
#: (request, the method's options) -> the part of the request's mask that is damage.
Narrow = Callable[["RestorationRequest", MethodOptions], "NDArray[np.uint8]"]


@dataclass(frozen=True)
class MethodDescriptor:
    """A restoration method, before it is loaded.

    Attributes:
        name: what ``--model`` takes.
        title: for menus.
        kind: "fit" (a model fitted to the photograph), "network" or "classical".
        needs: "landmarks" (works in the face frame), "face" (the same where a face is found, and elsewhere looks at the
            surroundings of the hole) or "pixels" (looks at these alone).
        licence: of code and weights, SPDX names.
        how: one sentence on how it works.
        use: what it is for, in a few words.
        load: makes it; its imports happen there. A network's gets its weights' file.
        options: what it can be asked for.
        hypotheses: whether other seeds give other answers.
        untrained: of a network whose weights are not published, what to do instead.
        published: a system of others, here to be compared with; listed behind our own.
        narrow: of a method that decides for itself which part of the mask is damage: a request and its own options to
            that part, (H, W) uint8, nowhere more than the request's mask. None = all of it.
    """

    name: str
    title: str
    kind: Literal["fit", "network", "classical"]
    needs: Needs
    licence: str
    how: str
    use: str
    load: Load = field(repr=False, compare=False)
    options: type[MethodOptions] = MethodOptions
    hypotheses: bool = True
    untrained: str = ""
    published: bool = False
    narrow: "Narrow | None" = field(default=None, repr=False, compare=False)

    @property
    def facts(self) -> Facts:
        """What was measured of it."""
        return facts_of(self.name)

    @property
    def trained(self) -> bool:
        """Whether this version can run it."""
        return self.kind != "network" or self.facts.weights is not None

    @property
    def runs_here(self) -> bool:
        """Whether this machine can run it: trained, and with PyTorch where it is a network."""
        return self.trained and (self.kind != "network" or has_torch())

    def options_of(self, request: "RestorationRequest") -> MethodOptions:
        """What a request asks of this method.

        Raises:
            StatueError: ``usage`` if it asks for something that this method has not.
        """
        known = {option.name for option in fields(self.options)}
        for field_ in FIELDS.values():
            given = getattr(request, field_.name) != field_.default
            if field_.for_some and given and field_.name not in known:
                reason = f"The model {self.name} has no {field_.name}: leave that out, or choose another model"
                raise StatueError("usage", reason=reason)
        return self.options(**{name: getattr(request, name) for name in known})

    def open(
        self, device: str = "auto", precision: str = "fp32", weights: Path | None = None, sha256: str | None = None
    ) -> "Method":
        """The method, ready to use.

        Args:
            device: "auto", "cpu" or "cuda"; networks only.
            precision: "fp32" or "bf16"; networks only.
            weights: other weights than the published ones; networks only. sha256: their checksum, or None.

        Raises:
            StatueError: ``untrained-model``, ``missing-package``, ``no-cuda``, or one of the weights'.
        """
        if weights is None:
            weights, sha256 = self.facts.path, self.facts.sha256
        if self.kind == "network" and weights is None:
            raise StatueError("untrained-model", name=self.name, how=self.untrained)
        how = "Install it with 'pip install restore-statue-face[torch]', or choose the model statuefit."
        with require_package("torch", how):
            return self.load(device, precision, weights, sha256)

    def to_json(self) -> dict[str, Any]:
        """What ``statue models --json`` shows."""
        return {
            "name": self.name,
            "title": self.title,
            "kind": self.kind,
            "needs": self.needs,
            "trained": self.trained,
            "hypotheses": self.hypotheses,
            "options": [option.name for option in fields(self.options)],
            **self.facts.to_json(),
            "licence": self.licence,
            "how": self.how,
            "use": self.use,
            "published": self.published,
            "untrained": "" if self.trained else self.untrained,
        }
