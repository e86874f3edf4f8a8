"""Embeddings, made in the pool: for the gallery's pictures, which are kept; and for callers, of whom nothing is.

A caller's embedding exists only inside one job of the pool, and no method returns it. A caller of `compare` has checked
the consent first; `services/lookalike/match_service.py` is the only one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from gwansang.core.exceptions import InvalidInput
from gwansang.reading.measurements import Measures, measure_face
from gwansang.services.ml.face_analyzer import FaceQuery, FaceVision, capture_of, combine_observations, naming_photo
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.vision.embedding import Embedding, l2_normalize
from gwansang.vision.face import Face
from gwansang.vision.models.catalog import FACE_EMBEDDING

T = TypeVar("T")
MODEL = FACE_EMBEDDING.sha256  # embeddings of another network say nothing about these


class PhotoRequiredError(InvalidInput):
    code = "PHOTO_REQUIRED"
    title = "Landmarks alone are not enough"


@dataclass(frozen=True, slots=True)
class Likeable:
    """A face as it is compared with others: the network's numbers and the measured shapes."""

    embedding: Embedding
    measures: Measures


@dataclass(frozen=True, slots=True)
class Portrait:
    """What is kept of a gallery picture."""

    embedding: Embedding
    measures: Measures
    quality: float  # 0-1


class EmbeddingService:
    """What the pool's networks tell about who a face resembles."""

    def __init__(self, pool: InferencePool[FaceVision]) -> None:
        self._pool = pool

    async def compare(self, ask: Callable[[], FaceQuery], told: Callable[[Likeable, FaceQuery], T]) -> T:
        """What `told` makes of the face that `ask` gives; both run in the pool, and the embedding ends there. Raises
        PhotoRequiredError, and what is wrong with the query, the photos or the face."""

        def work(vision: FaceVision) -> T:
            query = ask()
            return told(_likeable(vision, query), query)

        return await self._pool.run(work)

    async def portrait(self, picture: bytes) -> Portrait:
        """What is to be kept of a picture for the gallery; raises what is wrong with the picture or the face."""

        def work(vision: FaceVision) -> Portrait:
            face, embedding = vision.recognise(picture)
            return Portrait(embedding, measure_face(face.neutral, capture_of(face)), face.quality.score)

        return await self._pool.run(work)


def _likeable(vision: FaceVision, query: FaceQuery) -> Likeable:
    """Of several photos the mean: steadier than any one of them."""
    if query.image is None:
        raise PhotoRequiredError("Send a photo: who somebody resembles can't be told from landmarks alone.")
    photos = (query.image, *query.more_images)
    seen: list[tuple[Face, Embedding]] = []
    for index, photo in enumerate(photos):
        with naming_photo(index, len(photos)):
            seen.append(vision.recognise(photo))
    look = combine_observations([face for face, _ in seen])
    return Likeable(l2_normalize(np.sum([embedding for _, embedding in seen], axis=0)), look.measures)
