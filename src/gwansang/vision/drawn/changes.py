"""Changes of a whole picture: those that a reading has to warn of, and those that it has to withstand."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from gwansang.vision.decode import Pixels
from gwansang.vision.drawn.shapes import Random
from gwansang.vision.face import Points
from gwansang.vision.quality import QualityWarning

_QUALITY = 95
_Codes = frozenset[QualityWarning]


@dataclass(frozen=True, slots=True)
class PictureChange:
    """A change of a picture, and the file that it makes of (h, w, 3) RGB pixels.

    wanted: warnings of which one is right; none, if the change is harmless. allowed: further ones that are true.
    """

    name: str
    apply: Callable[[Pixels, Random], bytes]
    wanted: _Codes = frozenset()
    allowed: _Codes = frozenset()


def encode_picture(pixels: Pixels, suffix: str = ".jpg", quality: int = _QUALITY) -> bytes:
    """Return RGB pixels as the bytes of a file."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality] if suffix == ".jpg" else []
    return cv2.imencode(suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)[1].tobytes()


def _cast(pixels: Pixels, random: Random) -> bytes:
    """Colour the light strongly in any hue."""
    hue = np.array([[[random.uniform(0, 180), 255, 255]]], np.uint8)
    colour = cv2.cvtColor(hue, cv2.COLOR_HSV2RGB)[0, 0] / 255
    strength = random.uniform(0.45, 0.75)
    gains = 1 - strength * (1 - colour)
    return encode_picture(_scaled(pixels, gains / gains.mean() ** 0.5))


def _gray(pixels: Pixels, random: Random) -> bytes:
    """Take the colour out, by one of three mixes of the channels; contrast varies."""
    mixes = ((0.299, 0.587, 0.114), (0.6, 0.35, 0.05), (0.2, 0.3, 0.5))
    luma = pixels @ np.array(mixes[int(random.integers(3))]) * random.uniform(0.85, 1.1)
    return encode_picture(_bytes(np.repeat(luma[..., None], 3, axis=2)))


def _sepia(pixels: Pixels, random: Random) -> bytes:
    luma = pixels @ np.array((0.299, 0.587, 0.114))
    strength = random.uniform(0.4, 1.0)
    tone = 1 + strength * np.array((0.12, -0.02, -0.25))
    return encode_picture(_bytes(luma[..., None] * tone))


def _flat(pixels: Pixels, random: Random) -> bytes:
    """Press all brightness into a tenth to a quarter of the range."""
    share, level = random.uniform(0.1, 0.25), random.uniform(70, 190)
    return encode_picture(_bytes(level + share * (pixels.astype(np.float64) - 128)))


def _coarse(pixels: Pixels, random: Random) -> bytes:
    return encode_picture(pixels, quality=int(random.integers(3, 11)))


def _squeezed(pixels: Pixels, random: Random) -> bytes:
    return encode_picture(_resized(pixels, random.uniform(0.75, 0.88), 1.0))


def _widened(pixels: Pixels, random: Random) -> bytes:
    """Make the picture wider, or less high by the same ratio."""
    ratio = random.uniform(1.14, 1.30)
    across, down = (ratio, 1.0) if random.random() < 0.5 else (1.0, 1 / ratio)
    return encode_picture(_resized(pixels, across, down))


def _warm(pixels: Pixels, random: Random) -> bytes:
    return encode_picture(
        _scaled(pixels, np.array((1.0, 1.0, 1.0)) + random.uniform(0.03, 0.08) * np.array((1, 0, -1)))
    )


def _cool(pixels: Pixels, random: Random) -> bytes:
    return encode_picture(
        _scaled(pixels, np.array((1.0, 1.0, 1.0)) - random.uniform(0.03, 0.08) * np.array((1, 0, -1)))
    )


def _scaled(pixels: Pixels, gains: Points) -> Pixels:
    return _bytes(pixels * gains)


def _bytes(values: Points) -> Pixels:
    pixels: Pixels = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return pixels


def _resized(pixels: Pixels, across: float, down: float) -> Pixels:
    return cv2.resize(pixels, None, fx=across, fy=down, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


_W = QualityWarning
CHANGES = (
    PictureChange("colour cast", _cast, frozenset({_W.UNNATURAL_COLOUR}), frozenset({_W.TOO_DARK, _W.TOO_BRIGHT})),
    PictureChange("gray", _gray, frozenset({_W.MONOCHROME})),
    PictureChange("sepia", _sepia, frozenset({_W.MONOCHROME, _W.UNNATURAL_COLOUR})),
    PictureChange("flat contrast", _flat, frozenset({_W.LOW_DYNAMIC_RANGE}), frozenset({_W.TOO_DARK, _W.MONOCHROME})),
    PictureChange("heavy JPEG", _coarse, frozenset({_W.COMPRESSION_ARTIFACTS}), frozenset({_W.BLURRED})),
    PictureChange("squeezed to 75-88 %", _squeezed, frozenset({_W.STRETCHED}), frozenset({_W.SMALL_FACE})),
    PictureChange("widened to 114-130 %", _widened, frozenset({_W.STRETCHED}), frozenset({_W.SMALL_FACE})),
)
"""Changes that a warning has to name."""
STEADY_CHANGES = (
    PictureChange("PNG of the same pixels", lambda pixels, _: encode_picture(pixels, ".png")),
    PictureChange("mirrored", lambda pixels, _: encode_picture(np.ascontiguousarray(pixels[:, ::-1]))),
    PictureChange(
        "half size", lambda pixels, _: encode_picture(_resized(pixels, 0.5, 0.5)), allowed=frozenset({_W.SMALL_FACE})
    ),
    PictureChange("warmer", _warm),
    PictureChange("cooler", _cool),
    PictureChange("JPEG of quality 75", lambda pixels, _: encode_picture(pixels, quality=75)),
)
"""Changes that no warning names, and that leave the parts as they are."""
