"""Face embeddings, computed in the pool: stored for the gallery's pictures, never stored for callers.

A caller's embedding exists only inside one job of the pool, and no method returns it. A caller of `compare` has checked
the consent first; `services/lookalike/match_service.py` is the only one.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from gwansang.core.exceptions import InvalidInput
from gwansang.reading.measurements import MEASURE_VERSION, Measures
from gwansang.services.ml.face_analyzer import (
    FaceQuery,
    FaceVision,
    QueryLoader,
    label_errors_with_file,
    measures_of,
    merge_faces,
)
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.vision.embedding import Embedding, l2_normalize
from gwansang.vision.face import Face, FaceRegion
from gwansang.vision.models.catalog import FACE_EMBEDDING

T = TypeVar("T")
MODEL = hashlib.sha256(f"{FACE_EMBEDDING.sha256} {MEASURE_VERSION}".encode()).hexdigest()
"""Of the features of a picture: neither embeddings of different networks nor measures of different versions compare."""


class PhotoRequiredError(InvalidInput):
    code = "PHOTO_REQUIRED"
    title = "Landmarks alone are not enough"


@dataclass(frozen=True, slots=True)
class FaceFeatures:
    """Numbers by which a face is compared with others.

    quality: 0-1, of the best photo; covered: regions that can't be seen on any photo.
    """

    embedding: Embedding
    measures: Measures
    quality: float
    covered: tuple[FaceRegion, ...] = ()


class EmbeddingService:
    """Extraction of face features in the pool."""

    def __init__(self, pool: InferencePool[FaceVision]) -> None:
        self._pool = pool

    async def compare(self, load_query: QueryLoader, match: Callable[[FaceFeatures, FaceQuery], T]) -> T:
        """Return the result of `match` on the features of a query's face; both callables run in the pool, and the
        embedding never leaves it. Raises PhotoRequiredError, or if the query, a photo or the face is unusable."""

        def load_and_match(vision: FaceVision) -> T:
            query = load_query()
            return match(_features_of_query(vision, query), query)

        return await self._pool.run(load_and_match)

    async def extract(self, picture: bytes) -> FaceFeatures:
        """Return the features to store of a gallery picture; raises if the picture or the face is unusable."""

        def find_and_measure(vision: FaceVision) -> FaceFeatures:
            face, embedding = vision.embed_photo(picture)
            return FaceFeatures(embedding, measures_of(face), face.quality.score)

        return await self._pool.run(find_and_measure)


def _features_of_query(vision: FaceVision, query: FaceQuery) -> FaceFeatures:
    """Return the mean over all photos of the query, which is steadier than any one of them."""
    if query.image is None:
        raise PhotoRequiredError("Send a photo: landmarks alone are not enough to find look-alikes.")
    photos = (query.image, *query.more_images)
    found: list[tuple[Face, Embedding]] = []
    for index, photo in enumerate(photos):
        with label_errors_with_file(index, len(photos)):
            found.append(vision.embed_photo(photo))
    observation = merge_faces([face for face, _ in found])
    mean = l2_normalize(np.sum([embedding for _, embedding in found], axis=0))
    return FaceFeatures(mean, observation.measures, observation.quality.score, observation.quality.covered)
