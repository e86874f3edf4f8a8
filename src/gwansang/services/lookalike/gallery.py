"""The gallery as it is searched: a snapshot in memory, exchanged when the gallery's version has changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import TypeAdapter

from gwansang.reading.lookalike import Region, RegionGallery, build_region_gallery
from gwansang.reading.measurements import Measures
from gwansang.reading.norms import Norms
from gwansang.reading.profile import combine_photos
from gwansang.services.lookalike.cohort import Vectors
from gwansang.services.lookalike.likeness import LikenessIndex, likeness_index
from gwansang.services.ml.embedding_service import Likeable
from gwansang.vision.embedding import EMBEDDING_DIMENSIONS

STORED_MEASURES: TypeAdapter[Measures] = TypeAdapter(Measures)
_STORED = np.dtype("<f4")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the gallery, as callers may see them."""

    id: int
    name_ko: str
    name_en: str
    category: str


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """What is kept of a picture: whose it is, the embedding's bytes, the measures as JSON holds them."""

    person_id: int
    embedding: bytes
    measures: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Match:
    """A person whom a face resembles. percentile: 0-100, of pairs of different people in the gallery, how many are less
    alike; similarity: the same for each region, 1-99, from measured shapes."""

    person: Person
    percentile: float
    similarity: Mapping[Region, int]


@dataclass(frozen=True, slots=True)
class RegionMatch:
    """The person of the gallery whose region is the most alike; similarity 1-99."""

    person: Person
    similarity: int


@dataclass(frozen=True, slots=True)
class Matches:
    """Whom a face resembles in one state of the gallery: as a whole, the nearest first, and region by region."""

    gallery_version: int
    gallery_size: int
    matches: tuple[Match, ...]
    regions: Mapping[Region, RegionMatch]


@dataclass(frozen=True, slots=True)
class Gallery:
    """One state of the gallery; immutable. `people` are those with a picture that the network of this release saw."""

    version: int
    people: tuple[Person, ...]
    index: LikenessIndex
    regions: RegionGallery

    def match(self, face: Likeable, k: int) -> Matches:
        """The k people whom a face resembles most, and for each region the one."""
        if not self.people:
            return Matches(self.version, 0, (), {})
        seen = self.regions.compare(face.measures)
        matches = [
            Match(self.people[one.person], one.percentile, seen.similarity(one.person))
            for one in self.index.nearest(face.embedding, k)
        ]
        regions = {
            region: RegionMatch(self.people[found[0].index], found[0].similarity)
            for region, found in seen.nearest().items()
        }
        return Matches(self.version, len(self.people), tuple(matches), regions)


def gallery_of(version: int, people: Mapping[int, Person], photos: Sequence[StoredPhoto], norms: Norms) -> Gallery:
    """A searchable gallery; photos in the order of people's ids, those of nobody in `people` are left out."""
    photos = [photo for photo in photos if photo.person_id in people]
    shown = tuple(dict.fromkeys(photo.person_id for photo in photos))
    places = {person_id: place for place, person_id in enumerate(shown)}
    owners = np.array([places[photo.person_id] for photo in photos], dtype=np.intp)
    measures: list[list[Measures]] = [[] for _ in shown]
    for photo, owner in zip(photos, owners, strict=True):
        measures[owner].append(STORED_MEASURES.validate_python(photo.measures))
    return Gallery(
        version=version,
        people=tuple(people[person_id] for person_id in shown),
        index=likeness_index(_vectors(photos), owners),
        regions=build_region_gallery([combine_photos(some) for some in measures], norms),
    )


def stored(embedding: Vectors) -> bytes:
    """An embedding as the table keeps it."""
    return embedding.astype(_STORED).tobytes()


def _vectors(photos: Sequence[StoredPhoto]) -> Vectors:
    joined = b"".join(photo.embedding for photo in photos)
    return np.frombuffer(joined, dtype=_STORED).reshape(len(photos), EMBEDDING_DIMENSIONS).astype(np.float32)
