"""What was done to a picture besides taking it: a colour cast, no colour, washed-out light, heavy compression."""

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gwansang.vision.decode import DecodedImage, Pixels
from gwansang.vision.face import Points
from gwansang.vision.measuring.channels import apply_matrix, crop_matrix
from gwansang.vision.mesh import VERTEX_COUNT
from gwansang.vision.quality import QualityWarning

_CHEEKS = (50, 280, 205, 425, 101, 330, 118, 347, 117, 346, 123, 352, 36, 266, 142, 371)
_FOREHEAD = (151, 9, 108, 337, 107, 336, 10, 109, 338)
_CORNERS = np.array([[33, 133], [263, 362]])  # of both eyes
_IRISES = np.array([468, 473])  # centres; four points of the rim follow each
_SCLERA_PLACES = np.array([0.3, 0.5, 0.7])  # of the way from the rim of an iris to a corner of its eye
_SCLERA_PIXELS = 4  # the brightest of twelve
_LEAST_LIGHT = 0.002  # linear; below it a pixel has no colour

_USUAL_SKIN, _USUAL_SCLERA = np.array([-0.87, 0.3]), np.array([-0.3, 0.2])
_WARMEST, _COOLEST, _GREENEST, _PINKEST = 1.1, 1.0, 0.75, 1.2
_SAME_HUE, _SAME_HUE_SHARE, _NO_HUE = 2.0, 0.0125, 0.6  # of 255 levels, of the range of lightness, and at least
_LEVEL_BITS = 2  # of 255 levels of lightness, of which each fourth is judged apart
_FACE_ENTROPY, _CLIPPED = 5.0, 0.25
_LUMA_RANGE, _RANGE_SHARE = 70, 0.5  # of 255 levels, and of the level of what is bright
_BLOCKINESS = {1: 0.38, 2: 0.33}  # by reduction; quality 50 stays below 0.36 and 0.32, 15 above 0.44 and 0.37
_COARSE_BLOCKINESS = 0.22
_PROFILE_ROWS = 48
_MIN_PROFILE = 48
_MAX_STEP = 24  # grey levels; larger ones are edges of the face
_QUIET = 0.3  # grey levels of steps that a clean drawing has, too
_SPECTRUM = 1024
_PERIODS = np.arange(4.0, 20.01, 0.1)
_FREQUENCIES = np.array([1, 2, 3])[:, None] / _PERIODS  # of each period and its overtones
_OVERTONES = (_SPECTRUM * np.minimum(_FREQUENCIES, 0.5)).round().astype(int)
_OVERTONE_SHARES = (_FREQUENCIES <= 0.5) / (_FREQUENCIES <= 0.5).sum(axis=0)


def find_picture_changes(crop: Pixels, landmarks: Points, image: DecodedImage) -> tuple[QualityWarning, ...]:
    """Return the warnings about changes of a picture that its pixels show.

    crop: eye-level crop of the face at half size, (210, 180, 3); landmarks: (478, 3) upright pixels of `image`.
    """
    places = (apply_matrix(crop_matrix(landmarks), landmarks[:, :2]) + 0.5) / 2 - 0.5
    small: Pixels = cv2.resize(crop, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    grey: Pixels = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)
    low, high = _darkest_and_brightest(grey)
    least_colour = min(max(_SAME_HUE_SHARE * (high - low), _NO_HUE), _SAME_HUE)
    is_flat = high - low < max(_LUMA_RANGE, _RANGE_SHARE * high)
    checks = (
        (measure_cast(crop, small, places) > 1.0, QualityWarning.UNNATURAL_COLOUR),
        (measure_colours(small) < least_colour, QualityWarning.MONOCHROME),
        (is_flat or _has_few_levels(grey, places), QualityWarning.LOW_DYNAMIC_RANGE),
        (
            measure_blockiness(image, landmarks) > _BLOCKINESS.get(image.reduction, _COARSE_BLOCKINESS),
            QualityWarning.COMPRESSION_ARTIFACTS,
        ),
    )
    return tuple(warning for applies, warning in checks if applies)


def measure_cast(crop: Pixels, small: Pixels, places: Points) -> float:
    """Return how far the light is from any usual one; above 1 the colours are unnatural.

    The share of the light that skin and the white of the eyes reflect depends on pigment and blood, so that its hue is
    judged, not its lightness: the log ratios blue / red (a cool or warm light) and red x blue / green^2 (pink or
    green) of linear light. Cheeks and forehead are judged apart, for a mask or a hat is no light.
    """
    sclera = _chromaticity(_sclera_pixels(crop, places)) - _USUAL_SCLERA
    quarter = (places + 0.5) / 2 - 0.5
    skins = (_chromaticity(_pixels_at(small, quarter[list(part)])) - _USUAL_SKIN for part in (_CHEEKS, _FOREHEAD))
    return min(_unusualness((skin + sclera) / 2) for skin in skins)


def _unusualness(cast: Points) -> float:
    cool, pink = cast
    return math.hypot(cool / (_COOLEST if cool > 0 else _WARMEST), pink / (_PINKEST if pink > 0 else _GREENEST))


def _chromaticity(pixels: NDArray[np.int64]) -> Points:
    """Return log(blue / red) and log(red x blue / green^2) of the median of (n, 3) RGB pixels, in linear light."""
    median = np.sort(pixels, axis=0)[len(pixels) // 2]
    red, green, blue = (math.log(max(_linear(level), _LEAST_LIGHT)) for level in median.tolist())
    return np.array([blue - red, red + blue - 2 * green])


def _linear(level: int) -> float:
    return float(((level / 255 + 0.055) / 1.055) ** 2.4) if level > 10 else level / 255 / 12.92


def _sclera_pixels(crop: Pixels, places: Points) -> NDArray[np.int64]:
    """Return the brightest pixels between the irises and the corners of the eyes, (4, 3)."""
    middles = places[_IRISES]
    radii = np.linalg.norm(places[_IRISES[:, None] + np.arange(1, 5)] - middles[:, None], axis=2).mean(axis=1)
    ways = places[_CORNERS] - middles[:, None]
    lengths = np.maximum(np.linalg.norm(ways, axis=2), 1e-6)
    shares = radii[:, None] / lengths
    shares = shares[..., None] + (1 - shares)[..., None] * _SCLERA_PLACES
    spots = middles[:, None, None] + ways[:, :, None] * shares[..., None]
    pixels = _pixels_at(crop, spots.reshape(-1, 2))
    brightest: NDArray[np.int64] = pixels[np.argsort(pixels.sum(axis=1))[-_SCLERA_PIXELS:]]
    return brightest


def _pixels_at(crop: Pixels, places: Points) -> NDArray[np.int64]:
    height, width = crop.shape[:2]
    x, y = np.clip(places.round().astype(int), 0, (width - 1, height - 1)).T
    pixels: NDArray[np.int64] = crop[y, x].astype(np.int64)
    return pixels


def measure_colours(small: Pixels) -> float:
    """Return how much the colours of a picture (h, w, 3) vary beside its lightness, in levels of 255.

    Grey pictures, toned ones and those of a light of one colour have one colour at each lightness.
    """
    planes = (
        cv2.cvtColor(np.ascontiguousarray(small[::2]), cv2.COLOR_RGB2YCrCb).reshape(-1, 3).astype(np.uint8, copy=False)
    )
    level = planes[:, 0] >> _LEVEL_BITS
    count = np.maximum(np.bincount(level), 1)
    spread = 0.0
    for colour in planes[:, 1].astype(np.float64), planes[:, 2].astype(np.float64):
        spread += float(((colour - (np.bincount(level, colour) / count)[level]) ** 2).mean())
    return float(np.sqrt(spread))


def _darkest_and_brightest(grey: Pixels) -> tuple[int, int]:
    """Return the levels below and above which one pixel of a hundred lies."""
    counts = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel().cumsum()
    low, high = np.searchsorted(counts, (0.01 * grey.size, 0.99 * grey.size)).tolist()
    return low, high


def _has_few_levels(grey: Pixels, places: Points) -> bool:
    """Return whether the levels of grey of the face have a low entropy, or many of them are black or white."""
    mask = np.zeros(grey.shape, np.uint8)
    outline = cv2.convexHull(places[:VERTEX_COUNT].round().astype(np.int32))
    face = cv2.calcHist([grey], [0], cv2.fillConvexPoly(mask, outline, 1.0), [256], [0, 256]).ravel()
    share = face / max(face.sum(), 1.0)
    used = share[share > 0]
    entropy = -float((used * np.log2(used)).sum())
    return entropy < _FACE_ENTROPY or float(share[:4].sum() + share[252:].sum()) > _CLIPPED


def measure_blockiness(image: DecodedImage, landmarks: Points) -> float:
    """Return 0-1: how regularly steps between neighbouring pixels of the face repeat, as at the edges of blocks.

    The blocks of JPEG are 8 pixels wide in the picture that was saved; the one at hand may be a larger, smaller or
    cut copy of it, so that every period counts.
    """
    places = apply_matrix(image.to_pixels, landmarks[:VERTEX_COUNT, :2])
    height, width = image.pixels.shape[:2]
    x0, y0 = np.maximum(places.min(axis=0).astype(int), 0)
    x1, y1 = np.minimum(places.max(axis=0).astype(int), (width, height))
    green = image.pixels[y0:y1, x0:x1, 1]
    return (_find_period(green) + _find_period(green.T)) / 2


def _find_period(plane: NDArray[Any]) -> float:
    """Return the share of the steps along the rows that lies in the strongest period."""
    if min(plane.shape) < _MIN_PROFILE:
        return 0.0
    rows = plane[:: max(len(plane) // _PROFILE_ROWS, 1), :_SPECTRUM].astype(np.int16)
    steps = np.minimum(np.abs(np.diff(rows, axis=1)), _MAX_STEP)
    profile = np.maximum(2 * steps[:, 1:-1] - steps[:, :-2] - steps[:, 2:], 0).mean(axis=0)
    window = np.hanning(len(profile))
    smooth = cv2.blur(profile[None], (25, 1), borderType=cv2.BORDER_REFLECT)[0]
    spectrum = np.abs(np.fft.rfft((profile - smooth) * window, _SPECTRUM)) / ((profile + _QUIET) @ window)
    return float((spectrum[_OVERTONES] * _OVERTONE_SHARES).sum(axis=0).max())
