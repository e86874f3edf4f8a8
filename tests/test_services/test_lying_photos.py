"""A photo that lies, without a word in its Exif block, is read like the upright one: pose, advice and parts."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gwansang.reading.norms import default_norms
from gwansang.services.ml.face_analyzer import FaceAnalysis, FaceQuery, analyze_query
from gwansang.services.ml.network_vision import NetworkVision
from tests.support.fakes import frozen_clock
from tests.support.likeness import equal_parts
from tests.support.photos import encoded, evaluation_photos, model_dir

Rgb = NDArray[np.uint8]


@pytest.fixture(scope="module")
def vision() -> NetworkVision:
    return NetworkVision(model_dir())


@pytest.fixture(scope="module")
def squares() -> list[Rgb]:
    """Return portraits on squares that have room for every rotation."""
    names = ("001_03", "005_08")
    paths = [path for path in evaluation_photos("london", "canada") if path.stem in names]
    return [_on_square(path.read_bytes()) for path in paths]


def _on_square(photo: bytes) -> Rgb:
    image = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR_RGB)
    image = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    side = int(np.hypot(*image.shape[:2])) // 2 * 2 + 2
    square = np.full((side, side, 3), image[5, 5], np.uint8)
    top, left = (side - image.shape[0]) // 2, (side - image.shape[1]) // 2
    square[top : top + image.shape[0], left : left + image.shape[1]] = image
    return square


def turned(square: Rgb, degrees: int) -> Rgb:
    """Return the picture turned clockwise: by exact pixels if it then lies."""
    if degrees % 90 == 0:
        return np.ascontiguousarray(np.rot90(square, -(degrees // 90)))
    middle = (len(square) - 1) / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), -degrees, 1.0)
    size = (len(square), len(square))
    turned = cv2.warpAffine(square, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return turned.astype(np.uint8)


def analyzed(vision: NetworkVision, picture: Rgb) -> FaceAnalysis:
    query = FaceQuery(locale="en", birth_year=None, image=encoded(picture, ".png"))
    return analyze_query(vision, query, frozen_clock()().date(), default_norms())


def offs(upright: FaceAnalysis, other: FaceAnalysis, degrees: int) -> Iterator[float]:
    one, two = upright.observation.pose, other.observation.pose
    yield two.yaw_deg - one.yaw_deg
    yield two.pitch_deg - one.pitch_deg
    yield (two.roll_deg - one.roll_deg - degrees + 180) % 360 - 180


def test_a_turned_photo_keeps_yaw_pitch_advice_and_parts(vision: NetworkVision, squares: list[Rgb]) -> None:
    equal = []
    for square in squares:
        upright = analyzed(vision, square)
        for degrees in range(15, 360, 30):
            other = analyzed(vision, turned(square, degrees))
            assert list(offs(upright, other, degrees)) == pytest.approx([0, 0, 0], abs=2), degrees
            equal.append(equal_parts(upright.reading_with_memory.reading, other.reading_with_memory.reading))
    assert np.mean(equal) >= 14


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_lying_photo_gives_the_same_reading(vision: NetworkVision, squares: list[Rgb], degrees: int) -> None:
    for square in squares:
        upright, lying = analyzed(vision, square), analyzed(vision, turned(square, degrees))
        assert lying.observation.quality.warnings == upright.observation.quality.warnings
        assert equal_parts(upright.reading_with_memory.reading, lying.reading_with_memory.reading) >= 14
