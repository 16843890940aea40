"""The stages of a picture: sculpting the mesh, finding what each sample sees, lighting it."""

from dataclasses import dataclass

import numpy as np
import warp as wp
from numpy.typing import NDArray

from training.statues.description import layout
from training.statues.description.layout import Table
from training.statues.kernels import geometry, raster, shading, sky
from training.statues.rendering.camera import lamps, views
from training.statues.rendering.launcher import Launcher
from training.statues.rendering.uploads import Mesh, Surroundings

#: Side of the two lamps' depth maps. Pixels; chosen, for time.
LAMP_SIDE = 704

_PIXEL_MAPS = {
    "part": int,
    "position": wp.vec3,
    "normal": wp.vec3,
    "rest": wp.vec3,
    "cover": wp.vec4,
    "detail": float,
    "weights": wp.vec3,
    "lip": float,
}


@dataclass(frozen=True, eq=False)
class Batch:
    """B statues on the device.

    Attributes:
        table: (B,) their descriptions. side: samples across a picture. broken: with the pieces missing.
        groups: (B,) arrays of structs, by the names of ``layout.STRUCTS``.
        camera: (B,) ``raster.View``, here and (``view``) there.
    """

    table: Table
    side: int
    broken: bool
    groups: dict[str, wp.array]
    camera: NDArray[np.void]
    view: wp.array

    @staticmethod
    def of(launcher: Launcher, table: Table, side: int, broken: bool) -> "Batch":
        """Put descriptions on the device."""
        groups = {name: launcher.array(table[name], struct) for name, struct in layout.STRUCTS.items()}
        camera = views(table["camera"], side)
        return Batch(table, side, broken, groups, camera, launcher.array(camera, raster.View))

    def __len__(self) -> int:
        return len(self.table)

    def pick(self, *names: str) -> list[wp.array]:
        """Some of the groups."""
        return [self.groups[name] for name in names]


@dataclass(frozen=True, eq=False)
class Surface:
    """(B, vertices) of the sculpted mesh (see ``geometry.sculpt``), and the (B, 68) landmarks."""

    position: wp.array
    normals: wp.array
    cover: wp.array
    height: wp.array
    landmarks: wp.array


def sculpt(launcher: Launcher, mesh: Mesh, batch: Batch) -> Surface:
    """From the model's modes to the surface with hair, headgear and fractures."""
    count, points = len(batch), (len(batch), mesh.vertices)
    people = batch.table["shape"]
    weights = launcher.array(np.concatenate([people["identity"], people["expression"]], 1), float)
    shape, normals, position = (launcher.empty(*points, dtype=wp.vec3) for _ in range(3))
    launch = launcher.launch
    launch(geometry.morph, (count, mesh.given), mesh.rest, mesh.modes, weights, shape)
    launch(geometry.apply_proportions, (count, mesh.given), mesh.rest, batch.groups["proportions"], shape)
    launch(geometry.ring_normals, (count, mesh.given), mesh.coarse, *mesh.coarse_ring, shape, normals)
    mesh.refine(shape)
    mesh.refine(normals)
    landmarks = launcher.empty(count, 68, dtype=wp.vec3)
    given = (mesh.rest, mesh.part, shape, normals, batch.groups["carving"])
    launch(geometry.place_landmarks, (count, 68), mesh.landmark_vertex, *given, landmarks)
    cover = launcher.empty(*points, dtype=wp.vec4)
    height = launcher.empty(*points, dtype=float)
    grown = batch.pick("hair", "beard", "headgear", "breaks")
    launch(geometry.sculpt, points, *given, *grown, landmarks, int(batch.broken), position, cover, height)
    launch(geometry.ring_normals, points, mesh.corners, *mesh.ring, position, normals)
    return Surface(position, normals, cover, height, landmarks)


def scan_pixels(launcher: Launcher, mesh: Mesh, batch: Batch, surface: Surface) -> tuple[shading.Pixels, wp.array]:
    """What each of the (B, side, side) samples shows, and the number of its triangle (``raster.scan_view``)."""
    samples = (len(batch), batch.side, batch.side)
    screen = launcher.empty(*surface.position.shape, dtype=wp.vec3)
    launcher.launch(raster.project, surface.position.shape, batch.view, float(batch.side), surface.position, screen)
    nearest = launcher.full(*samples, dtype=wp.uint64, value=2**64 - 1)
    triangles = (len(batch), mesh.corners.shape[0])
    launcher.launch(raster.scan_view, triangles, batch.view, mesh.corners, screen, batch.side, nearest)
    pixels = shading.Pixels()
    for name, dtype in _PIXEL_MAPS.items():
        setattr(pixels, name, launcher.empty(*samples, dtype=dtype))
    launcher.launch(
        shading.resolve,
        samples,
        *(nearest, mesh.corners, screen, mesh.rest, mesh.part, mesh.lip),
        *(surface.position, surface.normals, surface.cover, surface.height),
        *batch.pick("carving", "eyes", "hair", "beard", "headgear", "weathering", "breaks"),
        *(surface.landmarks, int(batch.broken), pixels),
    )
    return pixels, nearest


def light_pixels(
    launcher: Launcher,
    mesh: Mesh,
    surroundings: Surroundings,
    batch: Batch,
    surface: Surface,
    pixels: shading.Pixels,
    nearest: wp.array,
) -> wp.array:
    """(B, side, side) vec4: linear light, and 1 where the statue is."""
    light, count = batch.table["light"], len(batch)
    on = np.stack([light[name + "_colour"].max(1) > 0 for name in ("key", "fill")], 1)
    towards = np.stack([light["key"], light["fill"]], 1).astype(np.float64)
    two = launcher.array(lamps(towards, on), raster.Lamp)
    hidden_from = _depth_maps(launcher, two, mesh.corners, surface.position, LAMP_SIDE)
    everywhere = np.repeat(sky.sky_directions()[None], count, 0).astype(np.float64)
    around = launcher.array(lamps(everywhere, np.ones(everywhere.shape[:2], bool)), raster.Lamp)
    sky_maps = _depth_maps(launcher, around, mesh.coarse, surface.position, sky.SKY_SIDE)
    harmonics = [launcher.empty(*surface.position.shape, dtype=wp.vec3) for _ in range(4)]
    launcher.launch(
        sky.gather_sky,
        (count, mesh.given),
        *(around, sky_maps, batch.groups["light"], surroundings.soft, surface.position, surface.normals, *harmonics),
    )
    for values in harmonics:
        mesh.refine(values)
    radiance = launcher.empty(count, batch.side, batch.side, dtype=wp.vec4)
    launcher.launch(
        shading.shade,
        radiance.shape,
        *(batch.view, nearest, mesh.corners, pixels, batch.groups["light"], two, hidden_from, *harmonics),
        *(surroundings.sharp, surroundings.soft, *batch.pick("stone", "weathering", "eyes"), radiance),
    )
    return radiance


def _depth_maps(launcher: Launcher, towards: wp.array, corners: wp.array, position: wp.array, side: int) -> wp.array:
    """(B, L, side, side) greatest heights towards each lamp."""
    count, number = towards.shape
    highest = launcher.full(count, number, side, side, dtype=float, value=-1e4)
    launcher.launch(raster.scan_lamps, (count, number, corners.shape[0]), towards, corners, position, side, highest)
    return highest
