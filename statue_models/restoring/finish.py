"""A fill into the photograph at the photograph's own resolution: enlarged, grained as the stone is, met at the border.

Only samples where the mask is 0 are looked at; what stands in the hole, or under a soft edge of the mask, never is.
"""

from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from statue_models.face.face_frame import FaceFrame
from statue_models.inpainting.border import RING, diffuse_steps, smooth_steps
from statue_models.inpainting.border_range import keep_in_range
from statue_models.inpainting.local_means import blur
from statue_models.inpainting.steps import greatest_depth, reach_of_stains, split_steps
from statue_models.inpainting.texture import (
    FINENESS,
    FINEST,
    Grain,
    add_log_luma,
    log_luma,
    log_luma_of,
    measure_grain,
    ramp_from_border,
    synthesise_grain,
)
from statue_models.memory import give_back
from statue_models.methods.method import Crop, Fill, OtherHalf
from statue_models.pixels.bands import ROWS, bands
from statue_models.pixels.grid import centres_of
from statue_models.pixels.overlay import Pixels, part_of
from statue_models.pixels.rectangle import Rectangle
from statue_models.pixels.regions import dilate
from statue_models.pixels.samples import as_unit, luma_of
from statue_models.request import Hypothesis
from statue_models.restoring.clipped_light import cut_off
from statue_models.restoring.detail import FineDetail
from statue_models.restoring.other_half import transfer_other_half
from statue_models.restoring.stone_look import StoneLook
from statue_models.restoring.visible_stone import find_visible_stone

#: Interocular distances around the hole within which stone speaks for it; set by eye.
NEAR = 0.5
#: Detail of the face's other half: the blur that parts it from form, over the one for grain (1 and 3 were tried on
#: ``native``), and how much is taken on small faces, where a pixel's detail is chance; on large ones all of it
#: (``check``, docs/experiments.md).
HALF_REACH, HALF_SHARE = 2.0, 0.6
#: Unsharp masks: share on small faces, share on large ones, standard deviation in interocular distances. Looked at on
#: ``native``: less leaves carved edges soft, more looks like metal (docs/experiments.md).
CRISP = ((0.3, 1.0, 0.02), (0.0, 0.6, 0.006))
#: Natural logarithm: most that they take from shadows and add to lights; pixels from the border over which they set in.
#: Set by eye.
DARKER, LIGHTER, CRISP_FADE = 0.3, 0.12, 3.0
#: Grain's mean square on small and on large faces, over that of visible stone of like relief: a fill has less relief
#: than the statue had, which is seen the more the larger the face. Chosen on check and native (docs/experiments.md).
ROUGHER = (0.8, 1.6)
#: Pixels: interocular distances of small and large faces; between them shares go from one to the other. Set by eye.
SMALL, LARGE = 64.0, 192.0
#: Pixels: grain is measured as on faces of this interocular distance where they are larger; for memory.
LARGEST = 800.0
#: Pixels around a hole that the finish looks at, at most.
LOOKED_AT = int(NEAR * LARGEST)
#: Of ``Fill.stone``: less borrows the detail of where its patches came from; set by eye.
WHOLLY_STONE = 0.9
HEAD = 0.5  #: of ``Fill.stone``: what is beside the hole and shows more shows the head; chosen
LEAST = 1e-3  #: sRGB-encoded, of a step: less is rounding


class Finish:
    """Brings fills of one crop into one photograph.

    Args:
        image: (H, W, C) the photograph, its hole filled with anything that is not the hole's own.
        missing: (H, W) uint8, > 0 = missing, whoever fills it.
        mask: (H, W) uint8, > 0 = missing and filled here.
        rectangle: what is wanted: the mask's bounding box.
        frame: of the crop.
        crop: as the method had it.
        stone: (S, S) float32 in [0, 1] on the crop, how far a pixel shows the head's own stone (``Answer.stone``): the
            visible stone's grain and look are measured there. None where nobody says.
    """

    def __init__(
        self,
        image: Pixels,
        missing: Pixels,
        mask: Pixels,
        rectangle: Rectangle,
        frame: FaceFrame,
        crop: Crop,
        stone: NDArray[np.float32] | None = None,
    ) -> None:
        self._crop, self._frame, self._image, self._stone = crop, frame, image, stone
        self._interocular = 0.0
        if crop.landmarks is not None:
            self._interocular = crop.landmarks.interocular * crop.scale
        self._size = float(np.clip((self._interocular - SMALL) / (LARGE - SMALL), 0, 1))
        self._near = rectangle.expand(RING + 1, image.shape)
        self._hole = part_of(mask, self._near) > 0
        reach = NEAR * self._span if self._interocular else frame.side / 4  # which is what a selection's frame shows
        self._around = rectangle.expand(int(reach), image.shape)
        self._missing = missing
        self._inner = rectangle.relative_to(self._near.corner).slices
        self._rectangle = rectangle
        self._grain: Grain | None = None
        self._look: StoneLook | None = None
        self._grain_is_measured = False

    @property
    def _span(self) -> float:
        """Interocular distance by which grain is measured: no larger than a grain's neighbourhood need be."""
        return min(self._interocular, LARGEST)

    def render(self, fill: Fill, hypothesis: Hypothesis) -> NDArray[np.float32]:
        """(height, width, 3) float32 in [0, 1] over the rectangle; only samples in the hole are meant."""
        # What needs planes of its own comes first: the picture is the largest of all. Between, what small arrays have
        # taken and left goes back to the system.
        give_back()
        stone = fill.stone if self._interocular else None
        grain = self._measure_grain() if stone is not None and fill.textured else None
        detail = None if fill.borrow is None else self._patch_detail(fill)
        give_back()
        rgb = fill.rgb
        if stone is not None:
            self._look = self._look or StoneLook(self._crop, self._known, self._measured_stone())
            rgb = self._look.tint(rgb, self._crop.hole, stone)
        shown = np.where(self._crop.hole[..., None], rgb, self._crop.rgb).astype(np.float32)
        picture = self._frame.uncrop(shown, self._near)
        if detail is not None:
            picture[self._inner] += detail[..., None]
            del detail
            give_back()
        np.clip(picture, 0, 1, out=picture)
        if stone is not None:
            if fill.textured:
                self._add_layer(picture, self._sharpening_layer(picture, stone))
                give_back()
            if fill.half is not None:
                self._add_layer(picture, self._other_half_layer(picture, fill.half))
                give_back()
            if grain is not None:
                self._add_layer(picture, self._grain_layer(picture, stone, grain, hypothesis))
                give_back()
            self._bend_lights(picture, stone)
        self._meet_border(picture, stone)
        np.clip(picture, 0, 1, out=picture)
        if fill.interpolated:
            seen, known = as_unit(part_of(self._image, self._near)), part_of(self._missing, self._near) == 0
            keep_in_range(picture, self._hole, seen, known)
        return picture[self._inner]

    @cached_property
    def _known(self) -> NDArray[np.bool_]:
        """(S, S) pixels of the crop that the photograph shows; the crop shows what closes cracks, too."""
        return np.asarray(self._crop.known & (self._frame.crop_mask(self._missing, self._crop.size) == 0))

    @cached_property
    def _greatest_depth(self) -> NDArray[np.float32]:
        """(S, S) greatest depth of the nearest connected hole, in interocular distances."""
        return greatest_depth(self._crop.hole, self._crop.known) / np.float32(self._crop.face.interocular)

    @property
    def hole(self) -> NDArray[np.bool_]:
        """(height, width) what is missing and filled here, over the rectangle."""
        return self._hole[self._inner]

    def _meet_border(self, picture: NDArray[np.float32], stone: NDArray[np.float32] | None) -> None:
        """Carry into the hole of a picture (H, W, 3) what it differs by at the border, and where that is cut off."""
        ring = self._ring()
        beside = as_unit(part_of(self._image, self._near)[ring])
        step = beside - picture[ring]
        depth = np.asarray(cv2.distanceTransform(self._hole.view(np.uint8), cv2.DIST_L2, 5), np.float32)
        # Beside a fitted head a wall's colour is no step of the stone; what interpolates means the wall, too.
        if stone is None:
            diffuse_steps(picture, step, ring, self._hole, depth)
            return
        rows, columns = np.nonzero(ring)
        places = centres_of(np.stack([columns, rows], 1) + np.array(self._near.corner))
        size = self._crop.size
        x, y = np.clip(self._frame.to_crop(places, size).astype(int), 0, size - 1).T
        shown = np.clip(stone[y, x], 0, 1)
        own, rest = split_steps(step, smooth_steps(step, ring), self._greatest_depth[y, x], shown)
        diffuse_steps(picture, own, ring, self._hole, depth)
        if np.abs(rest).max(initial=0) > LEAST:
            diffuse_steps(picture, rest, ring, self._hole, depth, reach_of_stains(self._interocular))
        cut_off(picture, beside, shown > HEAD, ring, self._hole, depth)

    def _ring(self) -> NDArray[np.bool_]:
        """(H, W) visible pixels beside the hole."""
        return np.asarray(dilate(self._hole, RING) & (part_of(self._missing, self._near) == 0))

    def _add_layer(self, picture: NDArray[np.float32], added: NDArray[np.float32]) -> None:
        """Lay (H, W) log luma over the hole of a picture (H, W, 3), with the hue that goes with it."""
        factors = None if self._look is None else self._look.factors
        for band in bands(len(picture)):
            hole = self._hole[band]
            if hole.all():
                picture[band] = add_log_luma(picture[band], added[band], factors)
            elif hole.any():
                picture[band][hole] = add_log_luma(picture[band][hole], added[band][hole], factors)

    def _bend_lights(self, picture: NDArray[np.float32], stone: NDArray[np.float32]) -> None:
        """Bend the lights of the stone in a picture (H, W, 3) towards those of visible stone.

        Those beside the hole, too: what the photograph has there after all is carried in by ``_meet_border``.
        """
        assert self._look is not None
        for band in bands(len(picture)):
            share = np.clip(self._frame.uncrop(stone, self._near.part(band)), 0, 1)
            picture[band] = self._look.bend_lights(picture[band], share)

    def _patch_detail(self, fill: Fill) -> NDArray[np.float32]:
        """(h, w) luma over the rectangle: what grows beside the stone borrows its detail from where it grew from."""
        where = self.hole.copy()
        if self._stone is not None:
            where &= self._frame.uncrop(self._stone, self._rectangle) < WHOLLY_STONE
        return FineDetail(
            luma_of(self._image, self._around), self._around, self._crop, self._frame, self._rectangle, where
        ).of(fill)

    def _sharpening_layer(self, picture: NDArray[np.float32], stone: NDArray[np.float32]) -> NDArray[np.float32]:
        """(H, W) log luma: edges as sharp as a chisel leaves them; a conditional mean is softer than any statue."""
        log = log_luma_of(picture)
        added = np.zeros_like(log)
        for small, large, reach in CRISP:
            share = np.float32(small + (large - small) * self._size)
            soft = blur(log, max(reach * self._interocular, 0.5))
            for band in bands(len(log)):
                added[band] += share * (log[band] - soft[band])
            del soft
        for band in bands(len(log), 4 * ROWS):
            added[band] *= ramp_from_border(self._hole, band, CRISP_FADE)
        del log
        added *= self._stone_share(stone)
        return np.clip(added, -DARKER, LIGHTER, out=added)

    def _other_half_layer(self, picture: NDArray[np.float32], half: OtherHalf) -> NDArray[np.float32]:
        """(H, W) log luma: what is finer on the face's other half, where that is visible."""
        reach = max(FINEST, HALF_REACH * FINENESS * self._span)
        added = transfer_other_half(
            picture, self._hole, self._near, half, self._image, self._missing, self._frame, reach
        )
        added *= np.float32(HALF_SHARE + (1 - HALF_SHARE) * self._size)
        return added

    def _grain_layer(
        self, picture: NDArray[np.float32], stone: NDArray[np.float32], grain: Grain, hypothesis: Hypothesis
    ) -> NDArray[np.float32]:
        """(H, W) log luma: the stone's grain."""
        rougher = ROUGHER[0] + (ROUGHER[1] - ROUGHER[0]) * self._size
        added = synthesise_grain(
            grain, log_luma_of(picture), self._hole, np.random.default_rng(hypothesis.seed), rougher
        )
        added *= self._stone_share(stone)
        return added

    def _stone_share(self, stone: NDArray[np.float32]) -> NDArray[np.float32]:
        """(H, W) how far the head's stone shows."""
        share = self._frame.uncrop(stone, self._near)
        return np.clip(share, 0, 1, out=share)

    def _measured_stone(self) -> NDArray[np.float32]:
        """Where visible stone is measured: the same for every fill, whichever others there are."""
        if self._stone is None:
            raise ValueError("a fill of stone needs an answer that says where stone is seen")
        return self._stone

    def _measure_grain(self) -> Grain | None:
        """The visible stone's grain, measured where the likeliest head is."""
        if not self._grain_is_measured:
            points = self._crop.face.to_photograph(self._frame, self._crop.size).points
            known = part_of(self._missing, self._around) == 0
            head = self._frame.uncrop(self._measured_stone(), self._around) > 0.5
            found = find_visible_stone(
                head, known, points - np.array(self._around.corner), NEAR * self._span, self._interocular
            )
            del head
            # The log luma is nobody else's, so that its memory is free as soon as it is not needed.
            self._grain = measure_grain(
                log_luma(luma_of(self._image, self._around)), known, found.plain, self._span, found.carved, found.calm
            )
            self._grain_is_measured = True
        return self._grain
