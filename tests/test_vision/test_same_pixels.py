"""The same pixels give the same reading: other formats, sizes and white balances of a photo, and its mirror image."""

import math
from collections.abc import Callable
from dataclasses import astuple
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gwansang.reading.norms import default_norms
from gwansang.vision.decode import WHOLE_PIXELS
from gwansang.vision.face import Face
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo
from tests.support.photos import encoded, evaluation_photos
from tests.test_vision import scenes


def rgb_of(data: bytes) -> scenes.Rgb:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert image is not None
    return image.astype(np.uint8)


def resized(rgb: scenes.Rgb, scale: float) -> scenes.Rgb:
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=interpolation).astype(np.uint8)


def few_photos() -> list[scenes.Rgb]:
    return [rgb_of(photo.read_bytes()) for photo in evaluation_photos("london", "selfie")[2::34]]


def content(face: Face) -> list[object]:
    return [part.tolist() if isinstance(part, np.ndarray) else part for part in astuple(face)]


def shifts(face: Face, other: Face) -> NDArray[np.float64]:
    """Return the differences of all measures, in SDs between people."""
    norms = default_norms()
    return np.array([abs(norms.z(key, face.values[key]) - norms.z(key, other.values[key])) for key in face.values])


def lossless_copies(photo: bytes, color: int) -> dict[str, bytes]:
    stored = cv2.imdecode(np.frombuffer(photo, np.uint8), color)
    assert stored is not None
    return {
        "PNG": cv2.imencode(".png", stored)[1].tobytes(),
        "16-bit PNG": cv2.imencode(".png", stored.astype(np.uint16) * 257)[1].tobytes(),
        "WebP": cv2.imencode(".webp", rgb_of(photo)[..., ::-1], (cv2.IMWRITE_WEBP_QUALITY, 101))[1].tobytes(),
    }


@pytest.mark.parametrize("color", [cv2.IMREAD_COLOR, cv2.IMREAD_GRAYSCALE])
def test_a_photo_and_its_lossless_copies_give_exactly_the_same_face(networks: Networks, color: int) -> None:
    for rgb in few_photos()[::3]:
        small = resized(rgb, 0.75)  # a size that is still averaged for the networks
        plane = small[..., ::-1] if color == cv2.IMREAD_COLOR else cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
        photo = cv2.imencode(".jpg", plane)[1].tobytes()
        face = content(read_photo(photo, networks))
        for name, copy in lossless_copies(photo, color).items():
            assert content(read_photo(copy, networks)) == face, name


def test_a_larger_photo_and_its_png_give_nearly_the_same_measures(networks: Networks) -> None:
    off = []
    for rgb in few_photos():
        large = encoded(resized(rgb, 1.02 * math.sqrt(WHOLE_PIXELS / (rgb.shape[0] * rgb.shape[1]))))
        off.append(shifts(read_photo(large, networks), read_photo(encoded(rgb_of(large), ".png"), networks)))
    assert np.median(off) < 0.02
    assert np.percentile(off, 95) < 0.1


@pytest.mark.parametrize(
    ("change", "middle", "high"),
    [
        pytest.param(lambda rgb: rgb[:, ::-1], 0.015, 0.1, id="mirrored"),
        pytest.param(lambda rgb: resized(rgb, 0.5), 0.01, 0.1, id="half the size"),
        pytest.param(lambda rgb: np.clip(rgb * (0.88, 1.0, 1.1), 0, 255), 0.04, 0.25, id="cool"),
        pytest.param(lambda rgb: np.clip(rgb * (1.08, 1.0, 0.84), 0, 255), 0.04, 0.25, id="warm"),
    ],
)
def test_mirrored_small_and_tinted_photos_measure_alike(
    networks: Networks, change: Callable[[scenes.Rgb], NDArray[Any]], middle: float, high: float
) -> None:
    off = []
    for rgb in few_photos():
        photos = (
            encoded(picture.astype(np.uint8), ".png", cv2.IMWRITE_PNG_COMPRESSION, 1) for picture in (rgb, change(rgb))
        )
        off.append(shifts(*(read_photo(photo, networks) for photo in photos)))
    assert np.median(off) < middle
    assert np.percentile(off, 95) < high


def test_two_photos_of_one_person_and_two_people_do_not_measure_alike(networks: Networks) -> None:
    """What is steady has to be the person: other photos still differ, and other people differ most."""
    neutral, smiling = (evaluation_photos(f"london/{kind}")[:2] for kind in ("neutral", "smiling"))
    face, calm_other = (read_photo(photo.read_bytes(), networks) for photo in neutral)
    smile = read_photo(smiling[0].read_bytes(), networks)
    assert 0.1 < np.median(shifts(face, smile)) < np.median(shifts(face, calm_other))
