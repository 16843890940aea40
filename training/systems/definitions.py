"""How landmarks of renders lie beside those of photographs: jaw, brows and nostrils are defined a little differently.

Photographs have FaceMesh's labels, renders the exact points of their head model. The difference is measured, not
learnt with the network: a network tells renders from photographs by their looks, so a learnt offset and the network's
answers drift together, and where neither is held by a photograph (turned heads, frames of scenes) both are wrong.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from statue_models.face.landmarks68 import EYES_OVER_BOX, MIRROR
from training.damage.draws import Draws
from training.examples.batches import add_film, compose_pictures, frame_faces
from training.examples.pictures import Pictures

#: Undamaged renders of each origin that are labelled, and how far they are turned at most (about 20 degrees). Chosen.
SAMPLES, FRONTAL = 64, 0.5
#: Side of the labelled crops. Pixels; chosen.
SIZE = 192
#: First seed of the labelled views; any would do.
SEED = 5
#: ``signed_turn`` over the tangent of the yaw: how far before the jaw's ends the bridge lies, over half their span.
#: Chosen; how is not recorded.
TURN_OVER_TANGENT = 1.4

#: Pictures (N, 3, S, S) in [-1, 1], where their landmarks are, roughly (N, 68, 2), in fractions of the side -> labels
#: (N, 68, 2) as photographs have them, and (N,) bool, where there are any; all on the CPU.
Labeller = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


class RenderDefinition(nn.Module):
    """What to add to landmarks as photographs have them, to get them as renders do.

    One offset per point in the head's own plane, the same on both sides, in eye distances of a face seen from the
    front. Zero until it is measured.
    """

    def __init__(self) -> None:
        super().__init__()
        self.offset: Tensor
        self.register_buffer("offset", torch.zeros(68, 2))

    def forward(self, landmarks: Tensor) -> Tensor:
        """(N, 68, 2) of either definition -> (N, 68, 2), what to add."""
        x, y = axes(landmarks)
        return self.offset[:, :1] * x[:, None] + self.offset[:, 1:] * y[:, None]

    def measure(self, label: Labeller, origins: list[Pictures]) -> None:
        """Take the median difference over renders that are labelled as photographs are."""
        found = [
            differences(label, p, SEED + number) for number, p in enumerate(origins) if p.rendered and not p.profile
        ]
        if not found or not sum(map(len, found)):
            return
        middle = torch.cat(found).median(dim=0).values
        turned_over = middle[torch.from_numpy(MIRROR)] * torch.tensor([-1.0, 1.0])
        self.offset.copy_((middle + turned_over) / 2)


def axes(landmarks: Tensor) -> tuple[Tensor, Tensor]:
    """(N, 68, 2) -> two times (N, 2): the eye distance across the face, and down it as if seen from the front.

    Turning the head shortens the distance of the outer eye corners, but nothing that runs down the face.
    """
    across = landmarks[:, 45] - landmarks[:, 36]
    down = torch.stack([-across[:, 1], across[:, 0]], 1)
    tangent = signed_turn(landmarks) / TURN_OVER_TANGENT
    return across, down * (1 + tangent.square()).sqrt()[:, None]


def eye_distances(landmarks: Tensor) -> Tensor:
    """(N, 68, 2) -> (N,): ``unturned_eye_distance`` of each."""
    box = (landmarks.amax(1) - landmarks.amin(1)).amax(1)
    return torch.maximum((landmarks[:, 45] - landmarks[:, 36]).norm(dim=1), EYES_OVER_BOX * box)


def signed_turn(landmarks: Tensor) -> Tensor:
    """(N, 68, 2) -> (N,): how far the bridge of the nose is from the middle of the jaw's ends, over half their span.

    0 for a face seen from the front, about ``TURN_OVER_TANGENT`` tan(yaw) for a turned one; positive towards point 16.
    """
    right, left, nose = landmarks[:, 0], landmarks[:, 16], landmarks[:, 27]
    across = left - right
    along = ((nose - right) * across).sum(1) / across.square().sum(1).clamp(min=1e-9)
    return 2 * along - 1


def differences(label: Labeller, origin: Pictures, seed: int) -> Tensor:
    """(K, 68, 2) truth less label, along ``axes``, of up to ``SAMPLES`` undamaged renders whose face was found."""
    frontal = torch.nonzero(signed_turn(origin.landmarks).abs() < FRONTAL)[:, 0].cpu()
    chosen = frontal[torch.linspace(0, len(frontal) - 1, min(SAMPLES, len(frontal))).long()]
    if not len(chosen):
        return torch.zeros(0, 68, 2)
    draws = Draws(seed, torch.device("cpu"))
    whole, landmarks, bare = compose_pictures([(origin, chosen)], draws)
    seen = frame_faces(whole, landmarks, draws, None, SIZE)
    labels, found = label(add_film(seen.picture, bare, draws) * 2 - 1, seen.landmarks)
    truth, labels = seen.landmarks[found], labels[found]
    x, y = axes(truth)
    inverse = torch.linalg.inv(torch.stack([x, y], 1))
    return (truth - labels) @ inverse
