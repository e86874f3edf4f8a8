"""Embeddings: close for photos of one person, apart for different people."""

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gwansang.vision.embedding import EMBEDDING_DIMENSIONS, Embedding, aligned_face_region, embed_face
from gwansang.vision.errors import ModelsMissingError
from gwansang.vision.mesh import canonical_face
from gwansang.vision.models.catalog import FACE_EMBEDDING
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo_with_image
from tests.support.photos import drawn_portrait, encoded, evaluation_photos

_PEOPLE = 12


def embedding_of(photo: bytes, networks: Networks) -> Embedding:
    face, image = read_photo_with_image(photo, networks)
    return embed_face(networks, image, face.points)


@pytest.fixture(scope="module")
def people(networks: Networks) -> Mapping[str, list[Embedding]]:
    """Return two embeddings of each person: neutral, then smiling."""
    embeddings: dict[str, list[Embedding]] = {}
    photos = evaluation_photos("london")
    for name in sorted({photo.stem.split("_")[0] for photo in photos})[:_PEOPLE]:
        embeddings[name] = [
            embedding_of(photo.read_bytes(), networks) for photo in photos if photo.stem.startswith(name)
        ]
    return embeddings


def test_a_smile_changes_an_embedding_less_than_another_person(people: Mapping[str, list[Embedding]]) -> None:
    neutral, smiling = (np.array([photos[index] for photos in people.values()]) for index in (0, 1))
    distances = np.linalg.norm(neutral[:, None] - smiling[None], axis=2)
    same, others = np.diag(distances), distances[~np.eye(len(distances), dtype=bool)]
    assert same.max() < others.min()
    assert np.median(same) < 0.25
    assert np.median(others) > 0.5


def test_an_embedding_has_length_one_and_is_the_same_each_time(networks: Networks) -> None:
    first, second = (embedding_of(drawn_portrait(".png"), networks) for _ in range(2))
    assert first.shape == (EMBEDDING_DIMENSIONS,)
    assert first.dtype == np.float32
    assert np.linalg.norm(first) == pytest.approx(1.0, abs=1e-5)
    assert np.array_equal(first, second)


def test_a_face_in_the_mirror_keeps_its_embedding(networks: Networks) -> None:
    pixels = cv2.imdecode(np.frombuffer(drawn_portrait(".png"), np.uint8), cv2.IMREAD_COLOR_RGB)
    lit = np.clip(pixels * np.linspace(1.1, 0.7, pixels.shape[1])[None, :, None], 0, 255).astype(np.uint8)
    original, mirrored = (embedding_of(encoded(image, ".png"), networks) for image in (lit, lit[:, ::-1]))
    assert float(original @ mirrored) > 0.999


def placed(turn: float, size: float) -> NDArray[np.float64]:
    cos, sin = np.cos(turn) * size, np.sin(turn) * size
    flat = canonical_face().vertices[:, :2] * (1, -1)
    moved: NDArray[np.float64] = flat @ np.array([[cos, sin], [-sin, cos]]) + (500, 400)
    return moved


def test_the_aligned_region_follows_rotation_and_scale_of_the_face() -> None:
    level, turned = aligned_face_region(placed(0.0, 10.0)), aligned_face_region(placed(0.4, 25.0))
    assert level.angle == pytest.approx(0.0, abs=1e-3)
    assert turned.angle - level.angle == pytest.approx(0.4)
    assert turned.width == pytest.approx(2.5 * level.width)
    points = np.column_stack([placed(0.4, 25.0), np.ones(468)])
    to_chip = np.linalg.inv(np.vstack([turned.matrix(), (0, 0, 1)]))
    eyes_and_nose = (points[[33, 263, 2]] @ to_chip.T)[:, :2]
    reference = (np.array([[0.1206, 0.2137], [0.8596, 0.2135], [0.4901, 0.6278]]) + 0.25) / 1.5
    assert np.abs(eyes_and_nose - reference).max() < 0.03


def test_an_embedding_network_with_other_bytes_is_refused(networks: Networks, tmp_path: Path) -> None:
    (tmp_path / FACE_EMBEDDING.file).write_bytes(b"another network")
    other = Networks(networks.short_range, networks.full_range, networks.mesh, networks.blendshapes, tmp_path)
    with pytest.raises(ModelsMissingError, match="face_embedding"):
        _ = other.embedding
