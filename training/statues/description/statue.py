"""``Statue``: the plain numbers that determine one picture.

Lengths in cm, x to the head's left (the picture's right), y up, z towards the viewer; positions in *rest* space, the
mean head, unless said otherwise; angles in radians; colours linear RGB of reflectance in 0..1. Everything that
``drawing`` draws from a seed is here, nothing else decides a picture.
"""

import json
from dataclasses import asdict, dataclass

#: x, y, z or R, G, B.
Vec3 = tuple[float, float, float]

HAIR_STYLES = ("cropped", "wavy locks", "snail curls", "curled strands", "braids", "knobs")
HEADGEAR = ("none", "diadem", "wreath", "helmet", "veil", "ushnisha", "headcloth")
EYES = ("blank", "drilled", "closed", "inlaid")
STONES = (
    "white marble",
    "veined marble",
    "limestone",
    "sandstone",
    "granite",
    "basalt",
    "plaster",
    "terracotta",
    "bronze",
    "gilded",
    "painted",
)
TRADITIONS = ("greek", "roman", "buddhist", "egyptian", "gothic", "modern", "child", "old age")
BACKGROUNDS = ("surroundings", "plain", "wall", "foliage", "niche")
BREAKS = ("nose", "chin", "brow", "ear", "half", "cheek", "mouth", "drill hole", "crack")


@dataclass(frozen=True)
class Shape:
    """Weights of the morphable head: identity in standard deviations, expression in 0..1."""

    identity: tuple[float, ...]
    expression: tuple[float, ...]


@dataclass(frozen=True)
class Proportions:
    """What a tradition changes in the proportions of the head; 0 changes nothing."""

    face_length: float  # share by which what lies below the eyes is longer
    skull_height: float  # share by which what lies above the eyes is higher
    width: float  # share by which the head is wider
    jaw_width: float  # share by which the jaw is wider
    eye_size: float  # share by which the eyes and lids are larger
    cheek: float  # cm that the cheeks swell
    lobe: float  # cm that the ear lobes hang lower
    nose_size: float  # share by which the nose stands out more


@dataclass(frozen=True)
class Carving:
    """The face as a sculptor cuts it: displacement along the normal, in cm."""

    form: float  # slow unevenness of the whole head
    form_frequency: float  # per cm
    wear: float  # rubbed and eroded unevenness
    wear_frequency: float
    brow: float  # ridge over the eyes
    bridge: float  # straight ridge from forehead to nose
    fold: float  # from nose to the corners of the mouth
    lid: float  # cut line round the eyes
    wrinkle: float  # forehead, and bags below the eyes
    seed: float


@dataclass(frozen=True)
class Eyes:
    """Eyeballs: ``kind`` indexes ``EYES``. Closed ones are closed by the expression."""

    kind: int
    depth: float  # cm that the pupil is drilled
    ring: float  # cm that the ring of the iris is cut
    gaze_x: float  # cm
    gaze_y: float
    iris: Vec3  # inlaid only


@dataclass(frozen=True)
class Hair:
    """Hair of the head; ``style`` indexes ``HAIR_STYLES``."""

    style: int
    frequency: float  # locks per cm
    height: float  # cm
    front: float  # y of the hairline over the forehead
    nape: float  # y down to which the hair grows at sides and back
    length: float  # y down to which a mass of loose hair hangs; above ``nape`` there is none
    volume: float  # cm that the mass stands off the skull
    parting: float  # 0..1, how far the hair is combed from a middle parting
    seed: float


@dataclass(frozen=True)
class Beard:
    """Beard and moustache; a height of 0 shaves them off."""

    style: int
    frequency: float
    height: float  # cm
    hang: float  # cm that it hangs below the chin
    moustache: float  # height as a share of the beard's
    seed: float


@dataclass(frozen=True)
class Headgear:
    """``kind`` indexes ``HEADGEAR``."""

    kind: int
    height: float  # cm that it stands off
    level: float  # y at the forehead
    tilt: float  # how much lower it sits behind, cm per cm
    frequency: float
    crest: float  # cm, helmets
    seed: float


@dataclass(frozen=True)
class Break:
    """A piece broken off: what lies beyond a rough bowl round a landmark is gone. ``on`` = 0: nothing is.

    Or a crack, where ``crack`` is not 0: a gap along the same surface, that far to both sides.
    """

    on: int
    crack: float  # cm, half its width; 0 = a piece
    landmark: int  # about which the surface runs, on this statue's own shape
    offset: float  # cm outward along the normal
    normal: Vec3  # of the surface, away from what remains
    radius: float  # cm round the landmark in which the surface is flat
    bowl: float  # how steeply it rises beyond, per cm; a crack ends there
    roughness: float  # cm
    frequency: float
    seed: float


@dataclass(frozen=True)
class Stone:
    """The material; ``kind`` indexes ``STONES``."""

    kind: int
    colour: Vec3
    second: Vec3  # clouds
    vein: Vec3
    vein_frequency: float
    vein_amount: float
    cloud_amount: float
    speckle_frequency: float
    speckle_amount: float
    roughness: float  # of the microfacets, GGX
    reflectance: float  # at normal incidence
    metal: float
    wrap: float  # how far light creeps round, for translucent stone
    patina: float
    patina_colour: Vec3
    paint: float  # how much of hair, lips and eyes still bears colour
    hair_paint: Vec3
    skin_paint: Vec3
    gilding: float
    seed: float


@dataclass(frozen=True)
class Weathering:
    """What time did to the surface."""

    pits: float  # cm deep
    pit_frequency: float
    grain: float  # cm, tool marks and crystal
    grain_frequency: float
    crack: float  # cm deep
    stain: float  # 0..1
    stain_frequency: float
    streak: float  # 0..1, run-off from above
    lichen: float  # 0..1 of the surfaces that face up
    lichen_colour: Vec3
    dirt: float  # 0..1, in cavities
    dirt_colour: Vec3
    seed: float


@dataclass(frozen=True)
class Light:
    """Surroundings and two lamps. Directions point towards the light; colours are irradiance / pi."""

    surroundings: int  # index into the factory's environment maps
    turn: float  # of the surroundings about the vertical
    sky: float  # strength of the surroundings
    key: Vec3
    key_colour: Vec3
    key_size: float  # tangent of the lamp's angular radius
    fill: Vec3
    fill_colour: Vec3
    fill_size: float
    occlusion_radius: float  # cm, of the fine ambient occlusion


@dataclass(frozen=True)
class Camera:
    """A pinhole in front of the head; positive yaw sees the head's left side, positive pitch sees it from above."""

    yaw: float
    pitch: float
    roll: float
    field_of_view: float
    centre: Vec3  # looked at
    half: float  # cm from the picture's centre to its edge, at the centre's distance


@dataclass(frozen=True)
class Background:
    """``kind`` indexes ``BACKGROUNDS``."""

    kind: int
    first: Vec3
    second: Vec3
    frequency: float
    blur: float  # pixels at 256
    brightness: float
    seed: float


@dataclass(frozen=True)
class Film:
    """From light to the file."""

    exposure: float  # mean of the head
    gamma: float
    contrast: float
    saturation: float
    clarity: float  # contrast within some 10 pixels at 256
    tint: Vec3
    focus: float  # cm of depth that is sharp
    softness: float  # pixels at 256 of blur
    sharpening: float
    sharpening_radius: float  # pixels
    noise: float  # of 255
    noise_size: float  # pixels
    vignette: float
    jpeg: float  # quality; 100 = none
    seed: int


@dataclass(frozen=True)
class Statue:
    """One statue before one camera. ``breaks`` shows only in damaged pictures."""

    seed: int
    tradition: int  # index into TRADITIONS
    shape: Shape
    proportions: Proportions
    carving: Carving
    eyes: Eyes
    hair: Hair
    beard: Beard
    headgear: Headgear
    breaks: tuple[Break, Break, Break]
    stone: Stone
    weathering: Weathering
    light: Light
    camera: Camera
    background: Background
    film: Film

    def json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))
