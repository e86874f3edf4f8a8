"""Warnings about changes of a picture at several strengths, and none about photos as they were taken."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from gwansang.reading.norms import default_norms
from gwansang.reading.stability import sample_photo
from gwansang.services.ml.face_analyzer import measures_of
from gwansang.vision.decode import image_from_pixels
from gwansang.vision.face import Face
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_image, read_photo
from gwansang.vision.quality import QualityWarning
from tests.support.photos import encoded, evaluation_photos
from tests.test_vision.scenes import Rgb

CHANGES = {
    QualityWarning.UNNATURAL_COLOUR,
    QualityWarning.MONOCHROME,
    QualityWarning.LOW_DYNAMIC_RANGE,
    QualityWarning.COMPRESSION_ARTIFACTS,
    QualityWarning.STRETCHED,
}
PEOPLE = ("003", "005", "061")  # pale, East Asian, dark
_SEPIA = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])


def portrait(person: str) -> Rgb:
    """Return a neutral portrait at half its size, (675, 675, 3)."""
    photo = next(path for path in evaluation_photos("london/neutral") if path.stem.startswith(person))
    image = cv2.imread(str(photo), cv2.IMREAD_REDUCED_COLOR_2)
    assert image is not None
    return np.ascontiguousarray(image[..., ::-1]).astype(np.uint8)


def gained(red: float, green: float, blue: float) -> Callable[[Rgb], Rgb]:
    return lambda image: np.clip(image * np.array([red, green, blue]), 0, 255).astype(np.uint8)


def tinted(red: int, green: int, blue: int, share: float) -> Callable[[Rgb], Rgb]:
    return lambda image: (image * (1 - share) + np.array([red, green, blue]) * share).astype(np.uint8)


def gray(image: Rgb) -> Rgb:
    return np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2).astype(np.uint8)


def sepia(image: Rgb) -> Rgb:
    return np.clip(image @ _SEPIA.T, 0, 255).astype(np.uint8)


def faded(contrast: float, offset: float) -> Callable[[Rgb], Rgb]:
    return lambda image: np.clip(image * contrast + offset, 0, 255).astype(np.uint8)


def recompressed(image: Rgb, quality: int) -> Rgb:
    data = encoded(image, ".jpg", cv2.IMWRITE_JPEG_QUALITY, quality)
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded[..., ::-1].astype(np.uint8)


def resized(image: Rgb, across: float, down: float) -> Rgb:
    method = cv2.INTER_CUBIC if max(across, down) > 1 else cv2.INTER_AREA
    return cv2.resize(image, None, fx=across, fy=down, interpolation=method).astype(np.uint8)


def changes_told(image: Rgb, networks: Networks) -> set[QualityWarning]:
    return CHANGES & set(map(QualityWarning, read_image(image_from_pixels(image), networks).quality.warnings))


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize(
    ("change", "warning"),
    [
        pytest.param(gained(0.6, 0.8, 1.4), QualityWarning.UNNATURAL_COLOUR, id="blue light"),
        pytest.param(tinted(0, 0, 255, 0.4), QualityWarning.UNNATURAL_COLOUR, id="blue haze"),
        pytest.param(gained(0.7, 1.2, 0.7), QualityWarning.UNNATURAL_COLOUR, id="green light"),
        pytest.param(gained(1.15, 0.8, 1.15), QualityWarning.UNNATURAL_COLOUR, id="magenta light"),
        pytest.param(gained(1.4, 0.7, 0.7), QualityWarning.UNNATURAL_COLOUR, id="red light"),
        pytest.param(gray, QualityWarning.MONOCHROME, id="gray"),
        pytest.param(lambda image: recompressed(sepia(image), 80), QualityWarning.MONOCHROME, id="sepia"),
        pytest.param(faded(0.4, 120), QualityWarning.LOW_DYNAMIC_RANGE, id="washed out"),
        pytest.param(faded(0.3, 20), QualityWarning.LOW_DYNAMIC_RANGE, id="dim and flat"),
        pytest.param(lambda image: recompressed(image, 10), QualityWarning.COMPRESSION_ARTIFACTS, id="quality 10"),
        pytest.param(lambda image: recompressed(image, 15), QualityWarning.COMPRESSION_ARTIFACTS, id="quality 15"),
        pytest.param(
            lambda image: resized(recompressed(image, 10), 1.5, 1.5),
            QualityWarning.COMPRESSION_ARTIFACTS,
            id="quality 10, enlarged",
        ),
        pytest.param(lambda image: resized(image, 0.75, 1), QualityWarning.STRETCHED, id="squeezed"),
        pytest.param(lambda image: resized(image, 1, 0.75), QualityWarning.STRETCHED, id="stretched"),
    ],
)
def test_a_changed_picture_is_told_by_its_word(
    networks: Networks, person: str, change: Callable[[Rgb], Rgb], warning: QualityWarning
) -> None:
    assert warning in changes_told(change(portrait(person)), networks)


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(gained(1.12, 1, 0.88), id="warm light"),
        pytest.param(gained(0.88, 1, 1.12), id="cool light"),
        pytest.param(gained(0.6, 0.6, 0.6), id="darker"),
        pytest.param(lambda image: recompressed(image, 50), id="quality 50"),
        pytest.param(lambda image: resized(image, 0.5, 0.5), id="half size"),
        pytest.param(lambda image: resized(image, 4.5, 4.5), id="a face of more than 1024 pixels"),
        pytest.param(lambda image: np.ascontiguousarray(image[:, ::-1]), id="mirrored"),
    ],
)
def test_a_usual_photo_is_told_no_change(networks: Networks, person: str, change: Callable[[Rgb], Rgb]) -> None:
    assert changes_told(change(portrait(person)), networks) == set()


def photos_as_taken() -> list[Path]:
    return [*evaluation_photos("selfie", "distance"), *evaluation_photos("canada", "london/smiling")[::12]]


def test_photos_as_they_were_taken_are_told_no_change(networks: Networks) -> None:
    told = {photo.stem: CHANGES.intersection(read_photo(photo.read_bytes(), networks).quality.warnings)
            for photo in photos_as_taken()}  # fmt: skip
    assert {photo: changes for photo, changes in told.items() if changes} == {}


def labels(face: Face) -> list[str]:
    return [shape for shape, *_ in sample_photo(measures_of(face), default_norms()).shapes.values()]


@pytest.mark.parametrize(("across", "down"), [(0.8, 1), (1, 0.75)])
def test_a_picture_that_is_surely_stretched_is_read_as_it_was_before(
    networks: Networks, across: float, down: float
) -> None:
    kept = []
    for person in PEOPLE:
        before = read_image(image_from_pixels(portrait(person)), networks)
        after = read_image(image_from_pixels(resized(portrait(person), across, down)), networks)
        kept += [one == other for one, other in zip(labels(before), labels(after), strict=True)]
        assert QualityWarning.STRETCHED in after.quality.warnings
        assert after.quality.score < before.quality.score
        drawn = np.vstack([after.points[:, :2], after.details]) / (across, down)
        expected = np.vstack([before.points[:, :2], before.details])
        assert np.abs(drawn - expected).mean() < 0.01 * before.quality.face_width_px
    assert np.mean(kept) >= 0.7
