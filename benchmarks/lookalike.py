"""Look-alike search in galleries of ten thousand and of a million photos: time, memory and recall.

    python -m benchmarks.lookalike [--photos N ...] [--even]

The vectors are synthetic: spread as unevenly as embeddings of photos (about 28 significant directions), or with --even
evenly, which no network produces and which leaves the search nothing to rule out. Time is that of one search of the
index (five people, with their percentiles) without the embedding: the median of many, and the best of several such
medians, because a busy machine only adds. Beside it the time of a plain product with every photo, and whether both find
the same people. Memory is the growth of the process after the index was built, and its peak. Exits with 1 if a target
is missed.
"""

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the service has it

import numpy as np
import psutil

from gwansang.reading.measurements import MeasuredValue, Measures
from gwansang.reading.norms import default_norms
from gwansang.services.lookalike.cohort import Rows, Vectors, cohort_mean, subtract_mean, subtract_mean_in_place
from gwansang.services.lookalike.gallery import STORED_MEASURES, Gallery, GalleryPerson, StoredPhoto, build_gallery
from gwansang.services.lookalike.likeness import LikenessIndex, build_likeness_index
from gwansang.services.ml.embedding_service import FaceFeatures

TARGETS_MS = {10_000: 1.0, 1_000_000: 20.0}
_K, _DIMENSIONS, _PHOTOS_EACH = 5, 128, 2
_CHUNK = 50_000
_STRANGERS = 200


def direction_scale(even: bool) -> Vectors:
    scale = np.ones(_DIMENSIONS) if even else np.exp(-np.arange(_DIMENSIONS) / 28)
    return scale.astype(np.float32)


def synthetic_gallery(photos: int, even: bool) -> tuple[Vectors, Rows]:
    """Return embeddings, two of each person, and their owners; all share a direction, as those of faces do."""
    rng = np.random.default_rng(0)
    vectors = np.empty((photos, _DIMENSIONS), dtype=np.float32)
    for start in range(0, photos, _CHUNK):
        rows = min(_CHUNK, photos - start)
        persons = rng.standard_normal((rows // _PHOTOS_EACH + 1, _DIMENSIONS), dtype=np.float32)
        own = 0.35 * rng.standard_normal((rows, _DIMENSIONS), dtype=np.float32)
        vectors[start : start + rows] = embeddings_of(np.repeat(persons, _PHOTOS_EACH, axis=0)[:rows] + own, even)
    return vectors, np.arange(photos) // _PHOTOS_EACH


def embeddings_of(drawn: Vectors, even: bool) -> Vectors:
    vectors = drawn * direction_scale(even) + np.float32(0.45)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def strangers(even: bool) -> Vectors:
    return embeddings_of(np.random.default_rng(1).standard_normal((_STRANGERS, _DIMENSIONS), dtype=np.float32), even)


def median_ms(search: Callable[[Vectors], object], queries: Vectors, rounds: int = 5) -> float:
    """Return the best of several medians."""
    medians = []
    for _ in range(rounds):
        times = []
        for vector in queries:
            started = time.perf_counter()
            search(vector)
            times.append(time.perf_counter() - started)
        medians.append(1000 * float(np.median(times)))
    return min(medians)


class PlainProduct:
    """The search that an index has to be worth its code against: every photo, in full."""

    def __init__(self, vectors: Vectors, owners: Rows) -> None:
        self._starts = np.flatnonzero(np.diff(owners, prepend=-1))
        self._mean = cohort_mean(vectors, self._starts)
        subtract_mean_in_place(vectors, self._mean)
        self._vectors = vectors

    def nearest(self, vector: Vectors, k: int) -> list[int]:
        similar = np.maximum.reduceat(self._vectors @ subtract_mean(vector, self._mean), self._starts)
        best = np.argpartition(-similar, k)[:k]
        return [int(person) for person in best[np.argsort(-similar[best])]]


def build(photos: int, even: bool) -> tuple[LikenessIndex, str]:
    process = psutil.Process()
    before = process.memory_info().rss
    vectors, owners = synthetic_gallery(photos, even)
    started = time.perf_counter()
    index = build_likeness_index(vectors, owners)
    took = time.perf_counter() - started
    del vectors, owners
    kept = (process.memory_info().rss - before) / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return index, f"built in {took:.1f} s, holds {kept:.0f} MB, process peak {peak:.0f} MB"


def measure(photos: int, even: bool) -> bool:
    """Return whether the target is met and the index finds what the plain product finds."""
    index, summary = build(photos, even)
    queries = strangers(even)[: None if photos <= 100_000 else 30]
    took = median_ms(lambda vector: index.nearest(vector, _K), queries)
    found = [[near.person for near in index.nearest(vector, _K)] for vector in queries]
    plain = PlainProduct(*synthetic_gallery(photos, even))
    took_plain = median_ms(lambda vector: plain.nearest(vector, _K), queries)
    same = found == [plain.nearest(vector, _K) for vector in queries]
    target = TARGETS_MS.get(photos)
    met = target is None or took < target
    print(f"{photos:>9} photos: {took:.3f} ms, plain product {took_plain:.3f} ms; {summary}", end="")
    print(f"{'' if met else f'  MISSED {target} ms'}{'' if same else '  NOT THE SAME PEOPLE'}")
    return met and same


def measure_match(photos: int) -> bool:
    """Time a whole match: the nearest people, and for each region the nearest by measures of the whole gallery."""
    vectors, owners = synthetic_gallery(photos, even=False)
    rng = np.random.default_rng(2)
    stored = [
        StoredPhoto(int(owner) + 1, row.tobytes(), stored_measures(rng))
        for row, owner in zip(vectors, owners, strict=True)
    ]
    people = {int(owner) + 1: GalleryPerson(int(owner) + 1, "이름", "name", "actor") for owner in owners}
    gallery: Gallery = build_gallery(1, people, stored, default_norms())
    measures = STORED_MEASURES.validate_python(stored_measures(rng))
    took = median_ms(lambda vector: gallery.match(FaceFeatures(vector, measures, 1.0), _K), strangers(even=False))
    met = took < TARGETS_MS[10_000]
    print(f"{photos:>9} photos, whole match with regions: {took:.3f} ms{'' if met else '  MISSED 1.0 ms'}")
    return met


def stored_measures(rng: np.random.Generator) -> dict[str, object]:
    """Return random measures in their stored form."""
    values = {
        key: MeasuredValue(norm.median + norm.sd * float(rng.standard_normal()), 0.4 * norm.sd)
        for key, norm in default_norms().measures.items()
    }
    stored: dict[str, object] = STORED_MEASURES.dump_python(Measures(values), mode="json")
    return stored


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, nargs="+", default=list(TARGETS_MS))
    parser.add_argument("--even", action="store_true", help="all directions alike")
    options = parser.parse_args()
    met = [measure(photos, options.even) for photos in options.photos]
    if 10_000 in options.photos:
        met.append(measure_match(10_000))
    sys.exit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
