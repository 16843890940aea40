"""The kinds of pictures that are painted: landscapes, seas, towns, still lifes, flowers, portraits, and mere forms.

Each draws the parameters of N scenes (``painting_scenes``). Numbers are set by eye.
"""

import torch
from torch import Tensor

from training.damage.draws import Draws
from training.examples.painting_scenes import BEHIND, Hand, Scene, hsv


def draw_scenes(draws: Draws, count: int, aspect: float) -> Scene:
    """Scenes of all kinds. Args: aspect: width over height."""
    hand = Hand(draws, count, aspect)
    made = [make(hand) for make, _ in KINDS]
    kind = draws.choice(torch.tensor([share for _, share in KINDS], device=draws.device), count)
    each = torch.arange(count, device=draws.device)

    def chosen(name: str) -> Tensor:
        return torch.stack([getattr(one, name) for one in made])[kind, each]

    return Scene(*(chosen(name) for name in ("sky", "clouded", "ridges", "ground", "shapes")))


def landscape(hand: Hand) -> Scene:
    """Hills and a plain under a sky, trees, at times a house."""
    horizon = hand.u(0.3, 0.65)
    green = hand.u(0.08, 0.4)
    ridges = []
    for far, low, high in (
        (1.0, -0.22, -0.02),
        (0.75, -0.08, 0.04),
        (0.45, 0.04, 0.14),
        (0.2, 0.14, 0.28),
        (0.0, 0.3, 0.5),
    ):
        hue = green + (0.55 - green) * 0.8 * far + hand.u(-0.05, 0.05)
        value = hand.u(0.22, 0.62) + 0.16 * far
        saturation = hand.u(0.25, 0.7) * (1 - 0.5 * far)
        colour = hsv(hue % 1, saturation, value)
        ridges.append(
            (horizon + hand.u(low, high), hand.u(0.004, 0.075), colour, colour * hand.u(0.55, 1.05)[..., None])
        )
    trees = []
    for reach in (0.05, 0.18):
        x, base, size = hand.u(0, hand.aspect), horizon + reach + hand.u(0, 0.12), hand.u(0.06, 0.13) * (1 + 5 * reach)
        there, leaf = hand.there(0.7), hand.colour((0.08, 0.42), (0.3, 0.7), (0.14, 0.5))
        trunk = hand.colour((0.03, 0.1), (0.2, 0.6), (0.12, 0.32))
        trees.append(hand.shapes(x, base - size * 0.7, size * 0.09, size * 0.8, trunk, box=1.0, there=there))
        k = 8
        at_x, at_y = x + size * hand.u(-0.75, 0.75, k), base - size * (1.5 + hand.u(-0.7, 0.7, k))
        crown = leaf * hand.u(0.7, 1.4, k)[..., None]
        trees.append(hand.shapes(at_x, at_y, size * hand.u(0.25, 0.6, k), size * hand.u(0.2, 0.5, k), crown,
                                 hand.u(-0.5, 0.5, k), 0.7, 0.5, there=there))  # fmt: skip
    return hand.scene(_sky(hand), hand.u(0.0, 0.3), ridges, _clouds(hand, horizon), [*_house(hand, horizon), *trees])


def sea(hand: Hand) -> Scene:
    """Water under a sky, waves, boats; at times a coast."""
    horizon = hand.u(0.35, 0.62)
    sky = _sky(hand)
    water = torch.lerp(hand.colour((0.42, 0.62), (0.2, 0.65), (0.25, 0.6)), sky[:, 1:], hand.u(0.1, 0.6)[..., None])
    coast = hand.colour((0.05, 0.6), (0.1, 0.4), (0.25, 0.55))
    nowhere = horizon + 2 * (1 - hand.there(0.6))
    shore = hand.colour((0.06, 0.14), (0.15, 0.5), (0.3, 0.75))
    ridges = [
        (nowhere - hand.u(0.01, 0.09), hand.u(0.01, 0.06), coast, coast),
        (horizon, hand.u(0.0, 0.001), water, water * hand.u(0.45, 1.1)[..., None]),
        (hand.u(0.8, 1.4), hand.u(0.01, 0.06), shore, shore * 0.7),
    ]
    depth = hand.u(0, 1, 16).sort(1).values
    k = 16
    pale = torch.lerp(water, hand.colour((0.5, 0.7), (0.0, 0.2), (0.7, 1.0)), 0.55) * hand.u(0.6, 1.1, k)[..., None]
    waves = hand.shapes(hand.u(0, hand.aspect, k), horizon + 0.02 + depth * (0.95 - horizon), 0.03 + 0.16 * depth,
                        0.003 + 0.014 * depth, pale, hand.u(-0.06, 0.06, k), soft=0.8)  # fmt: skip
    boats = []
    for nearness in (0.03, 0.12):
        x, y, size = (
            hand.u(0.1, hand.aspect - 0.1),
            horizon + nearness + hand.u(0, 0.06),
            (0.04 + nearness) * hand.u(0.6, 1.2),
        )
        there, sail = hand.there(0.65), hand.colour((0.0, 0.15), (0.0, 0.5), (0.6, 1.0))
        dark = hand.colour((0.0, 1.0), (0.2, 0.6), (0.12, 0.3))
        lean = hand.u(-0.25, 0.25)
        boats += [
            hand.shapes(x, y + size * 0.25, size * 0.8, size * 0.07, dark * 0.8, soft=1.2, there=there),
            hand.shapes(x + size * 0.25, y - size * 1.0, size * 0.32, size * 0.95, sail, lean, 0.4, there=there),
            hand.shapes(x - size * 0.2, y - size * 0.8, size * 0.25, size * 0.7, sail * 0.85, lean, 0.4, there=there),
            hand.shapes(x, y, size * 0.85, size * 0.17, dark, lean * 0.3, 0.3, there=there),
        ]
    return hand.scene(sky, hand.u(0.0, 0.35), ridges, _clouds(hand, horizon), [waves, *boats])


def town(hand: Hand) -> Scene:
    """Houses in a row by a street or a canal."""
    base, k = hand.u(0.6, 0.8), 8
    x = torch.linspace(0, 1, k, device=hand.draws.device) * hand.aspect + hand.u(-0.06, 0.06, k)
    rx, ry = hand.u(0.08, 0.19, k), hand.u(0.1, 0.3, k)
    wall = hand.colour((0.0, 0.16), (0.1, 0.55), (0.35, 0.85), k)
    house = hand.shapes(x, base - ry + 0.02, rx, ry, wall, shade=0.25, soft=0.05, box=1.0)
    tiles = hand.colour((0.0, 0.1), (0.2, 0.65), (0.2, 0.55), k)
    roof = hand.shapes(x, base - 2 * ry + 0.02, rx * 0.76, rx * 0.5, tiles,
                       hand.u(-0.12, 0.12, k), 0.3, 0.08, 1.0)  # fmt: skip
    k = 14
    dark = hand.colour((0.0, 1.0), (0.1, 0.4), (0.08, 0.3), k)
    window = hand.shapes(hand.u(0, hand.aspect, k), base - hand.u(0.06, 0.36, k), hand.u(0.012, 0.02, k),
                         hand.u(0.02, 0.04, k), dark, soft=0.1, box=1.0)  # fmt: skip
    street = hand.colour((0.03, 0.62), (0.05, 0.4), (0.25, 0.7))
    ridges = [(base, hand.u(0.0, 0.012), street, street * hand.u(0.5, 1.1)[..., None])]
    return hand.scene(_sky(hand), hand.u(0.0, 0.3), ridges, _clouds(hand, base * 0.7), [roof, house, window])


def still_life(hand: Hand) -> Scene:
    """Fruit and a vessel on a table before a wall."""
    edge = hand.u(0.5, 0.72)
    wall = hand.colour((-0.05, 0.7), (0.1, 0.55), (0.12, 0.65))
    sky = torch.cat([wall, wall * hand.u(0.5, 1.3)[..., None]], 1)
    table = hand.colour((0.0, 0.16), (0.1, 0.6), (0.25, 0.85))
    front = table * hand.u(0.4, 0.7)[..., None]
    ridges = [
        (edge, hand.u(0.0, 0.012), table, table * 0.75),
        (hand.u(0.88, 1.2), hand.u(0.0, 0.015), front, front * 0.6),
    ]
    spot = hand.u(0.25, hand.aspect - 0.25)
    base, size = edge + hand.u(0.04, 0.12), hand.u(0.1, 0.17)
    glaze = hand.colour((0.0, 1.0), (0.1, 0.6), (0.25, 0.8))
    slim = hand.u(0.6, 1.1)
    vessel = [
        hand.shapes(spot + 0.06, base, size * 1.3, size * 0.22, front * 0.7, soft=1.0),
        hand.shapes(spot, base - size * 2.0, size * slim * 0.42, size * 1.0, glaze * 0.8, shade=0.8, box=1.0),
        hand.shapes(spot, base - size * 0.95, size * slim, size, glaze, shade=1.1),
        hand.shapes(spot - size * 0.4, base - size * 1.3, size * 0.1, size * 0.3, glaze.sqrt(), 0.2, soft=1.0),
    ]
    k = 7
    x, depth = hand.u(0.12, hand.aspect - 0.12, k), hand.u(0.1, 0.3, k).sort(1).values
    size = hand.u(0.055, 0.115, k)
    y, rx, ry = edge + depth - size * 0.8, size * hand.u(0.9, 1.25, k), size * hand.u(0.8, 1.1, k)
    there = hand.there(0.8, k)
    fruit = hand.colour((-0.03, 0.32), (0.45, 0.9), (0.35, 0.95), k)
    shade = hand.shapes(x + 0.05, y + ry * 0.85, rx * 1.15, ry * 0.32, front * 0.6, soft=1.0, there=there)
    body = hand.shapes(x, y, rx, ry, fruit, hand.u(-0.4, 0.4, k), 1.1, there=there)
    gleam = hand.shapes(
        x - rx * 0.3, y - ry * 0.4, rx * 0.2, ry * 0.16, fruit.clamp(min=0).sqrt() * 1.1, soft=1.0, there=there
    )
    in_turn = torch.stack([shade, body, gleam], 2).flatten(1, 2)
    return hand.scene(sky, hand.u(0.0, 0.4), ridges, [], [*vessel, in_turn])


def flowers(hand: Hand) -> Scene:
    """A bunch in a vase."""
    edge, x = hand.u(0.65, 0.85), hand.u(0.45, hand.aspect - 0.45)
    wall = hand.colour((-0.05, 0.75), (0.1, 0.5), (0.1, 0.8))
    sky = torch.cat([wall, wall * hand.u(0.6, 1.3)[..., None]], 1)
    table = hand.colour((0.0, 0.7), (0.1, 0.5), (0.25, 0.85))
    glaze = hand.colour((0.0, 1.0), (0.1, 0.6), (0.3, 0.85))
    size = hand.u(0.11, 0.16)
    vase = hand.shapes(x, edge + 0.05 - size, size * 0.75, size * 1.1, glaze, shade=1.0)
    k, heart = 9, edge - 0.3
    green = hand.colour((0.2, 0.42), (0.3, 0.7), (0.15, 0.5), k)
    leaf = hand.shapes(x + hand.u(-0.34, 0.34, k), heart + hand.u(-0.2, 0.2, k), hand.u(0.05, 0.12, k),
                       hand.u(0.02, 0.05, k), green, hand.u(0, 3.1, k), 0.4)  # fmt: skip
    k, hue = 10, hand.u(-0.2, 0.2)
    at_x, at_y, size = x + hand.u(-0.3, 0.3, k), heart + hand.u(-0.22, 0.18, k), hand.u(0.04, 0.085, k)
    petal = hsv((hue + hand.u(-0.09, 0.12, k)) % 1, hand.u(0.1, 0.8, k), hand.u(0.6, 1.0, k))
    bloom = hand.shapes(at_x, at_y, size, size * hand.u(0.65, 1.0, k), petal, hand.u(0, 3.1, k), 0.6, 0.4)
    middle = hand.shapes(
        at_x, at_y, size * 0.35, size * 0.3, hand.colour((0.03, 0.17), (0.4, 0.8), (0.2, 0.9), k), soft=0.6
    )
    in_turn = torch.stack([bloom, middle], 2).flatten(1, 2)
    ridges = [(edge, hand.u(0.0, 0.01), table, table * 0.7)]
    return hand.scene(sky, hand.u(0.0, 0.5), ridges, [], [vase, leaf, in_turn])


def portrait(hand: Hand) -> Scene:
    """Head and shoulders, turned a little, before a dim wall."""
    wall = hand.colour((-0.05, 0.65), (0.1, 0.5), (0.08, 0.5))
    sky = torch.cat([wall * hand.u(0.6, 1.5)[..., None], wall], 1)
    x, y, r, turn = hand.u(0.5, hand.aspect - 0.5), hand.u(0.36, 0.44), hand.u(0.15, 0.19), hand.u(-0.45, 0.45)
    lean, long = hand.u(-0.12, 0.12), hand.u(1.25, 1.4)
    skin = hand.colour((0.03, 0.085), (0.25, 0.6), (0.5, 0.95))
    hair = hand.colour((0.0, 0.12), (0.1, 0.7), (0.08, 0.6))
    cloth, trim = hand.colour((0.0, 1.0), (0.1, 0.7), (0.1, 0.7)), hand.colour((0.0, 1.0), (0.0, 0.4), (0.5, 1.0))
    face = x + turn * r * 0.45
    eyes = torch.cat([face - r * 0.38, face + r * 0.38], 1)
    mouth = hsv(hand.u(-0.03, 0.03) % 1, hand.u(0.4, 0.7), hand.u(0.35, 0.7))
    dim = skin * 0.62
    hat = hand.there(0.3)
    before = [
        hand.shapes(x, y + r * 0.35, r * hand.u(1.05, 1.5), r * hand.u(1.3, 2.1), hair, lean, 0.5),
        hand.shapes(x, y + r * 1.6, r * 0.45, r * 0.8, dim, shade=0.3, box=1.0),
        hand.shapes(x, y + r * 3.6, r * hand.u(2.0, 2.8), r * 1.75, cloth, lean, 0.7),
        hand.shapes(x, y + r * 2.15, r * hand.u(0.5, 0.9), r * 0.3, trim, lean, 0.4, there=hand.there(0.6)),
        hand.shapes(x, y, r, r * long, skin, lean, 0.75, 0.12),
        hand.shapes(x - turn * r * 0.9, y - r * 0.85, r * 0.95, r * hand.u(0.45, 0.75), hair, lean, 0.5),
        hand.shapes(eyes, y - r * 0.08, r * 0.24, r * 0.13, dim, soft=1.0),
        hand.shapes(eyes, y - r * 0.05, r * 0.16, r * 0.065, skin * 0.4 + 0.5, soft=0.5),
        hand.shapes(eyes + turn * r * 0.1, y - r * 0.05, r * 0.07, r * 0.07, hair * 0.4, soft=0.5),
        hand.shapes(eyes, y - r * 0.27, r * 0.22, r * 0.045, hair * 0.8, soft=0.8),
        hand.shapes(face + turn * r * 0.18, y + r * 0.3, r * 0.1, r * 0.36, skin * 1.08, shade=0.8, soft=1.0),
        hand.shapes(face + turn * r * 0.15, y + r * 0.56, r * 0.17, r * 0.06, dim * 0.9, soft=1.0),
        hand.shapes(face, y + r * 0.84, r * 0.28, r * 0.065, mouth, soft=0.7),
        hand.shapes(face, y + r * 0.97, r * 0.2, r * 0.05, dim, soft=1.0),
        hand.shapes(x, y - r * 0.95, r * 1.7, r * 0.2, cloth * 0.7, lean, 0.5, there=hat),
        hand.shapes(x, y - r * 1.3, r * 0.95, r * 0.5, cloth * 0.7, lean, 0.6, there=hat),
    ]
    return hand.scene(sky, hand.u(0.1, 0.6), [], [], before)


def forms(hand: Hand) -> Scene:
    """Fields and discs of a few related colours."""
    k = 26
    hue = hand.u(0, 1) + torch.round(hand.u(-1.5, 1.5, k)) * hand.u(0.08, 0.4) + hand.u(-0.03, 0.03, k)
    colour = hsv(hue % 1, hand.u(0.1, 0.85, k), hand.u(0.1, 1.0, k))
    size = 0.34 * torch.linspace(1, 0.25, k, device=hand.draws.device)
    angle = torch.where(hand.there(0.5) > 0, hand.u(-0.2, 0.2, k), hand.u(0, 3.1, k))
    box = (hand.u(0, 1, k) < hand.u(0, 1)).float()
    x, y, rx, ry = hand.u(0, hand.aspect, k), hand.u(0, 1, k), hand.u(0.4, 1.3, k), hand.u(0.3, 1.2, k)
    shapes = hand.shapes(x, y, size * rx, size * ry, colour, angle, 0.3, 0.1)  # fmt: skip
    shapes[..., 7] = box
    return hand.scene(colour[:, :2], hand.u(0.0, 0.6), [], [], [shapes])


def _house(hand: Hand, horizon: Tensor) -> list[Tensor]:
    """A wall, its shaded side, a roof and a door; at times."""
    x, y, size = hand.u(0.15, hand.aspect - 0.15), horizon + hand.u(0.06, 0.18), hand.u(0.05, 0.1)
    there, wall = hand.there(0.45), hand.colour((0.02, 0.15), (0.05, 0.4), (0.55, 0.95))
    roof = hand.colour((0.0, 0.1), (0.3, 0.7), (0.25, 0.6))
    return [
        hand.shapes(
            x + size * 0.8, y - size * 0.5, size * 0.6, size * 0.55, wall * 0.6, soft=0.1, box=1.0, there=there
        ),
        hand.shapes(x, y - size * 1.1, size * 0.72, size * 0.62, roof, 0.785, 0.2, 0.1, 1.0, there),
        hand.shapes(x, y - size * 0.45, size * 0.9, size * 0.6, wall, soft=0.1, box=1.0, there=there),
        hand.shapes(
            x - size * 0.3, y - size * 0.2, size * 0.14, size * 0.3, roof * 0.4, soft=0.1, box=1.0, there=there
        ),
    ]


def _sky(hand: Hand) -> Tensor:
    """Blue, evening or grey, paler towards the horizon."""
    dusk = hand.there(0.35)
    hue = torch.where(dusk > 0, hand.u(-0.03, 0.13), hand.u(0.52, 0.66))
    saturation, value = hand.u(0.08, 0.65), hand.u(0.45, 0.9)
    below = torch.where(hand.there(0.5) > 0, hand.u(0.04, 0.14), hue)
    colours = [
        hsv(hue % 1, saturation, value),
        hsv(below % 1, saturation * 0.5, (value + hand.u(0.0, 0.2)).clamp(max=1)),
    ]
    return torch.cat(colours, 1)


def _clouds(hand: Hand, horizon: Tensor) -> list[Tensor]:
    count = BEHIND - 1
    y = horizon * hand.u(0.05, 0.95, count)
    size = hand.u(0.08, 0.42, count)
    cloud = hand.shapes(
        hand.u(0, hand.aspect, count), y, size, size * hand.u(0.14, 0.4, count),
        hand.colour((0.0, 0.7), (0.0, 0.14), (0.72, 1.0), count), hand.u(-0.15, 0.15, count), 0.35, 1.3,
        there=hand.there(0.6, count),
    )  # fmt: skip
    across, down, size = hand.u(0.1, hand.aspect - 0.1), horizon * hand.u(0.2, 0.9), hand.u(0.03, 0.07)
    glow = hand.colour((0.05, 0.16), (0.1, 0.6), (0.95, 1.0))
    sun = hand.shapes(across, down, size, size, glow, soft=0.5, there=hand.there(0.3))
    return [sun, cloud]


#: Makers and how often they are chosen.
KINDS = (
    (landscape, 0.28), (sea, 0.16), (town, 0.1), (still_life, 0.17), (flowers, 0.1), (portrait, 0.13), (forms, 0.06),
)  # fmt: skip
