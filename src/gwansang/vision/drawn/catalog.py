"""All drawings on a face by name, with the warnings that are right for each and the regions that each hides."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from gwansang.vision.decode import Pixels
from gwansang.vision.drawn import eyewear, hair, hands, headwear, masks, objects, skin
from gwansang.vision.drawn.canvas import Canvas
from gwansang.vision.drawn.regions import hidden_area, hidden_shares
from gwansang.vision.drawn.shapes import Random
from gwansang.vision.errors import FaceCoveredError
from gwansang.vision.face import FaceRegion, Points
from gwansang.vision.quality import QualityWarning, cover_warnings

TOUCHED, HIDDEN = 0.08, 0.5
"""Share of a region from which a warning about it is no fault, and from which the region counts as hidden."""
MOSTLY_HIDDEN = 0.5
"""Share of the face from which its refusal as covered is right."""


@dataclass(frozen=True, slots=True)
class FaceDrawing:
    """Something drawn on a face.

    wanted: warnings of which one is right; none for harmless things. hides: regions that it hides on every face.
    """

    name: str
    draw: Callable[[Canvas, Random], None]
    wanted: frozenset[QualityWarning] = frozenset()
    hides: tuple[FaceRegion, ...] = ()


@dataclass(frozen=True, slots=True)
class DrawnPhoto:
    """A photo with a drawing on it.

    hidden: share of each region that can't be seen, 0-1, on the side where it is more; area: share of the face.
    """

    pixels: Pixels
    hidden: Mapping[FaceRegion, float]
    area: float

    def allowed(self) -> frozenset[QualityWarning]:
        """Return the warnings about regions that the drawing touches."""
        return frozenset(cover_warnings([region for region, share in self.hidden.items() if share >= TOUCHED]))


def draw_on_photo(pixels: Pixels, points: Points, drawing: FaceDrawing, seed: int) -> DrawnPhoto:
    """Return the photo with the drawing; the same seed gives the same pixels.

    pixels: (h, w, 3) RGB of the upright photo; points: (478, 3) its landmarks.
    """
    canvas = Canvas(pixels, points)
    drawing.draw(canvas, seeded(seed, drawing.name))
    return DrawnPhoto(canvas.pixels(), hidden_shares(points, canvas.hidden), hidden_area(points, canvas.hidden))


def seeded(seed: int, name: str) -> Random:
    """Return a generator for the drawing or change of this name."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


_W = QualityWarning
_EYES, _MOUTH = frozenset({_W.EYES_NOT_VISIBLE}), frozenset({_W.MOUTH_OCCLUDED})
_FACE, _HEAD = frozenset({_W.FACE_OCCLUDED}), frozenset({_W.HEAD_COVERED})
COVERS = (
    FaceDrawing("sunglasses", eyewear.draw_sunglasses, _EYES, ("eyes",)),
    FaceDrawing("patch over an eye", eyewear.draw_eye_patch, _EYES, ("eyes",)),
    FaceDrawing("hair over an eye", hair.draw_hair_over_eye, _EYES | _FACE, ("eyes", "brows")),
    FaceDrawing("mask", masks.draw_mask, _MOUTH, ("mouth", "nose", "jaw")),
    FaceDrawing("mask below the nose", masks.draw_mask_below_nose, _MOUTH, ("mouth", "jaw")),
    FaceDrawing("hand on the mouth", hands.draw_hand_on_mouth, _MOUTH, ("mouth",)),
    FaceDrawing("hand on half the mouth", hands.draw_hand_on_half_mouth, _MOUTH, ("mouth",)),
    FaceDrawing("hand on a cheek", hands.draw_hand_on_cheek, _FACE, ("cheeks",)),
    FaceDrawing("hand on the nose", hands.draw_hand_on_nose, _FACE),
    FaceDrawing("hand on half the face", hands.draw_hand_on_half_face, _FACE, ("cheeks", "eyes")),
    FaceDrawing("phone before half the face", objects.draw_phone, _FACE, ("cheeks", "eyes", "brows")),
    FaceDrawing("cup at the mouth", objects.draw_cup, _MOUTH, ("mouth",)),
    FaceDrawing("scarf over the mouth", objects.draw_scarf, _MOUTH, ("mouth", "jaw")),
    FaceDrawing("veil", objects.draw_veil, _MOUTH, ("mouth", "jaw", "nose", "cheeks")),
    FaceDrawing("hat over the brows", headwear.draw_hat_over_brows, _HEAD, ("brows", "forehead")),
    FaceDrawing("bangs over the brows", hair.draw_bangs_over_brows, _HEAD, ("brows", "forehead")),
    FaceDrawing("headscarf over the brows", headwear.draw_headscarf_over_brows, _HEAD, ("brows", "forehead")),
)
"""What hides something that a reading needs."""
HARMLESS = (
    FaceDrawing("clear glasses", eyewear.draw_clear_glasses),
    FaceDrawing("glasses with thick rims", eyewear.draw_thick_glasses),
    FaceDrawing("beard", hair.draw_beard),
    FaceDrawing("moustache or goatee", hair.draw_moustache),
    FaceDrawing("stubble", hair.draw_stubble),
    FaceDrawing("bangs above the brows", hair.draw_bangs_above_brows),
    FaceDrawing("hat above the brows", headwear.draw_hat_above_brows),
    FaceDrawing("headscarf above the brows", headwear.draw_headscarf_above_brows),
    FaceDrawing("earrings", skin.draw_earrings),
    FaceDrawing("piercings", skin.draw_piercings),
    FaceDrawing("make-up", skin.draw_make_up),
    FaceDrawing("freckles", skin.draw_freckles),
    FaceDrawing("darker skin", skin.draw_darker_skin),
    FaceDrawing("lighter skin", skin.draw_lighter_skin),
)
"""What hides nothing, and must not be taken for a cover."""
ALARMS = frozenset(
    {
        _W.HEAD_COVERED,
        _W.EYES_NOT_VISIBLE,
        _W.MOUTH_OCCLUDED,
        _W.FACE_OCCLUDED,
        _W.UNNATURAL_COLOUR,
        _W.MONOCHROME,
        _W.LOW_DYNAMIC_RANGE,
        _W.COMPRESSION_ARTIFACTS,
        _W.STRETCHED,
        FaceCoveredError.code,
    }
)
"""Codes about covers and changes, none of which a bare photo may get."""
