"""Methods as a user meets them: behind the public API, given the whole photograph and a mask."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from statue_models import RestorationRequest, Restorer
from statue_models.face.landmarks68 import Landmarks
from statue_models.methods.method import Method
from training.evaluation.contenders.baselines import MethodRestoring, Picture
from training.evaluation.contenders.contender import Contender, Setting, contender
from training.suites.cases import Case

#: A name that the registry knows, for what it does not hold.
STAND_IN = "statueflow"


class RestorerOf(Restorer):
    """The pipeline with a method that the registry does not hold, under the name ``STAND_IN``.

    Args:
        method: restores crops that show a face.
    """

    def __init__(self, method: Method) -> None:
        super().__init__()
        self._given = method

    def _method(self, name: str, device: str, precision: str, steps: int | None) -> Method:
        return self._given if name == STAND_IN else super()._method(name, device, precision, steps)


@dataclass(frozen=True, eq=False)
class ThroughRestorer:
    """A ``Restoring`` by the public API.

    Attributes:
        restorer: restores. model: a name of its registry.
        setting: device and sampling steps.
        needs_face: without landmarks it has no answer.
        has_hypotheses: other seeds give other answers; else it is asked once.
    """

    restorer: Restorer
    model: str
    setting: Setting
    needs_face: bool
    has_hypotheses: bool

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
            steps=self.setting.steps,
            landmarks=landmarks if self.needs_face else None,
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
        restorer = self._restorer if known.command else RestorerOf(known.restore.method)
        through = ThroughRestorer(
            restorer, known.command or STAND_IN, setting, known.restore.needs_face, known.restore.has_hypotheses
        )
        return replace(known, restore=through)


def needs_face(one: Contender) -> bool:
    """Whether a contender has no answer without landmarks."""
    return isinstance(one.restore, ThroughRestorer) and one.restore.needs_face
