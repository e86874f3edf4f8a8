"""Immutable snapshot of the gallery that is searched; replaced when the gallery's version changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import TypeAdapter

from gwansang.reading.lookalike import Region, RegionGallery, build_region_gallery
from gwansang.reading.measurements import Measures
from gwansang.reading.norms import Norms
from gwansang.reading.profile import combine_photos
from gwansang.services.lookalike.cohort import Vectors
from gwansang.services.lookalike.likeness import LikenessIndex, build_likeness_index
from gwansang.services.ml.embedding_service import FaceFeatures
from gwansang.vision.embedding import EMBEDDING_DIMENSIONS

STORED_MEASURES: TypeAdapter[Measures] = TypeAdapter(Measures)
_STORED = np.dtype("<f4")


@dataclass(frozen=True, slots=True)
class GalleryPerson:
    """A person of the gallery, as shown to callers."""

    id: int
    name_ko: str
    name_en: str
    category: str


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """Stored features of a picture: the embedding as bytes, the measures as JSON."""

    person_id: int
    embedding: bytes
    measures: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Match:
    """A person whom a face resembles.

    percentile: 0-100, share of pairs of different people in the gallery that are less alike, by embedding.
    similarity: 1-99 for each region, the same share by measured shapes.
    """

    person: GalleryPerson
    percentile: float
    similarity: Mapping[Region, int]


@dataclass(frozen=True, slots=True)
class RegionMatch:
    """The person of the gallery whose region is the most similar; similarity: 1-99."""

    person: GalleryPerson
    similarity: int


@dataclass(frozen=True, slots=True)
class Matches:
    """People whom a face resembles as a whole, the nearest first, and the nearest by region that is not covered."""

    gallery_version: int
    gallery_size: int
    matches: tuple[Match, ...]
    regions: Mapping[Region, RegionMatch]


@dataclass(frozen=True, slots=True)
class Gallery:
    """One version of the gallery; people: those with a picture of this release's model."""

    version: int
    people: tuple[GalleryPerson, ...]
    index: LikenessIndex
    regions: RegionGallery

    def match(self, face: FaceFeatures, k: int) -> Matches:
        """Return the k people whom a face resembles most, and the nearest one for each region."""
        if not self.people:
            return Matches(self.version, 0, (), {})
        by_region = self.regions.compare(face.measures)
        matches = [
            Match(self.people[near.person], near.percentile, by_region.similarity(near.person))
            for near in self.index.nearest(face.embedding, k)
        ]
        regions = {
            region: RegionMatch(self.people[nearest[0].index], nearest[0].similarity)
            for region, nearest in by_region.nearest().items()
            if nearest
        }
        return Matches(self.version, len(self.people), tuple(matches), regions)


def build_gallery(
    version: int, people: Mapping[int, GalleryPerson], photos: Sequence[StoredPhoto], norms: Norms
) -> Gallery:
    """Build a gallery; photos are in the order of people's ids, those of people not in `people` are left out."""
    photos = [photo for photo in photos if photo.person_id in people]
    person_ids = tuple(dict.fromkeys(photo.person_id for photo in photos))
    positions = {person_id: position for position, person_id in enumerate(person_ids)}
    owners = np.array([positions[photo.person_id] for photo in photos], dtype=np.intp)
    measures: list[list[Measures]] = [[] for _ in person_ids]
    for photo, owner in zip(photos, owners, strict=True):
        measures[owner].append(STORED_MEASURES.validate_python(photo.measures))
    return Gallery(
        version=version,
        people=tuple(people[person_id] for person_id in person_ids),
        index=build_likeness_index(_vectors(photos), owners),
        regions=build_region_gallery([combine_photos(of_person) for of_person in measures], norms),
    )


def embedding_bytes(embedding: Vectors) -> bytes:
    """Return an embedding as it is stored."""
    return embedding.astype(_STORED).tobytes()


def _vectors(photos: Sequence[StoredPhoto]) -> Vectors:
    joined = b"".join(photo.embedding for photo in photos)
    return np.frombuffer(joined, dtype=_STORED).reshape(len(photos), EMBEDDING_DIMENSIONS).astype(np.float32)
