"""Methods as a user meets them: behind the public API, given the whole photograph and a mask."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np

from statue_models import RestorationRequest, Restorer
from statue_models.face.landmarks68 import Landmarks
from statue_models.methods.descriptor import MethodDescriptor
from training.evaluation.contenders.baselines import MethodRestoring, Picture
from training.evaluation.contenders.contender import Contender, Setting, contender
from training.suites.cases import Case

#: The name of a method that the registry does not hold.
GIVEN = "given"


class RestorerOf(Restorer):
    """The pipeline with a method that the registry does not hold, under the name ``GIVEN``.

    Args:
        given: the method, and what it needs and is asked for.
    """

    def __init__(self, given: MethodRestoring) -> None:
        super().__init__()
        needs: Literal["landmarks", "pixels"] = "landmarks" if given.needs_face else "pixels"
        self._given = MethodDescriptor(
            GIVEN, GIVEN, "fit", needs, "", "", "", lambda *_: given.method, type(given.options), given.has_hypotheses
        )

    def _describe(self, name: str) -> MethodDescriptor:
        return self._given if name == GIVEN else super()._describe(name)


@dataclass(frozen=True, eq=False)
class ThroughRestorer:
    """A ``Restoring`` by the public API.

    Attributes:
        restorer: restores. model: a name of its registry.
        setting: device and sampling steps.
        needs_face: without landmarks it has no answer.
        has_hypotheses: other seeds give other answers; else it is asked once.
        takes_steps: it has sampling steps.
    """

    restorer: Restorer
    model: str
    setting: Setting
    needs_face: bool
    has_hypotheses: bool
    takes_steps: bool

    def __call__(self, case: Case, landmarks: Landmarks | None, seeds: Sequence[int]) -> list[Picture] | None:
        """See ``Restoring``; ``seeds`` follow each other, and the first is the request's."""
        if self.needs_face and landmarks is None:
            return None
        request = RestorationRequest(
            image=case.damaged,
            mask=case.hole.astype(np.uint8) * 255,
            model=self.model,
            seed=seeds[0],
            variants=len(seeds) if self.has_hypotheses else 1,
            quality=self.setting.quality,
            steps=self.setting.steps if self.takes_steps else None,
            landmarks=landmarks if self.needs_face else None,
            require_face=self.needs_face,  # what fills a hole without one is judged under its own name
            device=self.setting.device,
        )
        restoration = self.restorer.restore(request)
        return [restoration.applied_to(request.image, index) for index in range(len(restoration.variants))]


class NativeContenders:
    """Makes contenders of names, as ``contenders.contender`` does; methods go through one ``Restorer``.

    Programs and modules of other people take a whole photograph as they take any picture.
    """

    def __init__(self) -> None:
        self._restorer = Restorer()

    def __call__(self, name: str, setting: Setting) -> Contender:
        """What a name stands for.

        Raises:
            StatueError: as ``contenders.contender`` does.
        """
        known = contender(name, setting)
        if not isinstance(known.restore, MethodRestoring):
            return known
        given = known.restore
        restorer = self._restorer if known.command else RestorerOf(given)
        takes_steps = "steps" in {option.name for option in fields(given.options)}
        through = ThroughRestorer(
            restorer, known.command or GIVEN, setting, given.needs_face, given.has_hypotheses, takes_steps
        )
        return replace(known, restore=through)


def needs_face(one: Contender) -> bool:
    """Whether a contender has no answer without landmarks."""
    return isinstance(one.restore, ThroughRestorer) and one.restore.needs_face
