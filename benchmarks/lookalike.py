"""Whom a face resembles, in galleries of ten thousand and of a million: time, memory, and what a shortlist leaves out.

    python benchmarks/lookalike.py [--photos N ...] [--even] [--approximate]

The vectors are nobody's: drawn as unevenly as the embeddings of photos are (about 28 directions that matter), or with
--even in all directions alike, which no network makes and which leaves the exact search nothing to rule out. Time is
that of one question to the index of a gallery (five people, with their percentiles) after the embedding was made, the
median of many, and the best of several such medians, because a busy machine only adds. Memory is what the process grew
by while the index was built, and what remains. With --approximate also the approximate index: how long it takes to
build, and its recall for faces that are not in the gallery, against the exact answer.
Exits with 1 where a target is missed.
"""

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the service has it

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gwansang.reading.measurements import MeasuredValue, Measures
from gwansang.reading.norms import default_norms
from gwansang.services.lookalike.cohort import Rows, Vectors
from gwansang.services.lookalike.gallery import STORED_MEASURES, Gallery, GalleryPerson, StoredPhoto, build_gallery
from gwansang.services.lookalike.likeness import LikenessIndex, build_likeness_index
from gwansang.services.ml.embedding_service import FaceFeatures

TARGETS_MS = {10_000: 1.0, 1_000_000: 20.0}
RECALL_TARGET = 0.95
_K, _DIMENSIONS, _PHOTOS_EACH = 5, 128, 2
_CHUNK = 50_000
_STRANGERS = 200


def spread(even: bool) -> Vectors:
    scale = np.ones(_DIMENSIONS) if even else np.exp(-np.arange(_DIMENSIONS) / 28)
    return scale.astype(np.float32)


def gallery(photos: int, even: bool) -> tuple[Vectors, Rows]:
    """Two photos a person; all share a direction, as faces do."""
    draws = np.random.default_rng(0)
    vectors = np.empty((photos, _DIMENSIONS), dtype=np.float32)
    for start in range(0, photos, _CHUNK):
        rows = min(_CHUNK, photos - start)
        persons = draws.standard_normal((rows // _PHOTOS_EACH + 1, _DIMENSIONS), dtype=np.float32)
        own = 0.35 * draws.standard_normal((rows, _DIMENSIONS), dtype=np.float32)
        vectors[start : start + rows] = faces(np.repeat(persons, _PHOTOS_EACH, axis=0)[:rows] + own, even)
    return vectors, np.arange(photos) // _PHOTOS_EACH


def faces(drawn: Vectors, even: bool) -> Vectors:
    made = drawn * spread(even) + np.float32(0.45)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made


def strangers(even: bool) -> Vectors:
    return faces(np.random.default_rng(1).standard_normal((_STRANGERS, _DIMENSIONS), dtype=np.float32), even)


def median_ms(ask: Callable[[Vectors], object], asked: Vectors, rounds: int = 5) -> float:
    """The best of some medians."""
    medians = []
    for _ in range(rounds):
        times = []
        for vector in asked:
            started = time.perf_counter()
            ask(vector)
            times.append(time.perf_counter() - started)
        medians.append(1000 * float(np.median(times)))
    return min(medians)


def built(photos: int, even: bool, approximate: bool) -> tuple[LikenessIndex, str]:
    process = psutil.Process()
    before = process.memory_info().rss
    vectors, owners = gallery(photos, even)
    started = time.perf_counter()
    index = build_likeness_index(vectors, owners, approximate_from=0 if approximate else photos + 1)
    took = time.perf_counter() - started
    del vectors, owners
    kept = (process.memory_info().rss - before) / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return index, f"built in {took:.1f} s, holds {kept:.0f} MB, process peak {peak:.0f} MB"


def people(index: LikenessIndex, vector: Vectors, k: int) -> set[int]:
    return {one.person for one in index.nearest(vector, k)}


def measure(photos: int, even: bool, approximate: bool) -> bool:
    met, truth = measure_exact(photos, even)
    return met and (not approximate or measure_approximate(photos, even, truth))


def measure_exact(photos: int, even: bool) -> tuple[bool, list[set[int]]]:
    """Whether the target is met, and the ten people whom each stranger resembles most."""
    index, told = built(photos, even, approximate=False)
    asked = strangers(even)
    took = median_ms(lambda vector: index.nearest(vector, _K), asked if photos <= 100_000 else asked[:30])
    target = TARGETS_MS.get(photos)
    met = target is None or took < target
    print(f"{photos:>9} photos, exact: {took:.3f} ms; {told}{'' if met else f'  MISSED {target} ms'}")
    return met, [people(index, vector, 10) for vector in asked]


def measure_approximate(photos: int, even: bool, truth: list[set[int]]) -> bool:
    index, told = built(photos, even, approximate=True)
    asked = strangers(even)
    took = median_ms(lambda vector: index.nearest(vector, _K), asked)
    shares = [len(people(index, vector, 10) & true) / 10 for vector, true in zip(asked, truth, strict=True)]
    recall = float(np.mean(shares))
    print(f"{photos:>9} photos, shortlist: {took:.3f} ms; recall of ten {recall:.3f}; {told}")
    return recall >= RECALL_TARGET


def measure_match(photos: int) -> bool:
    """The whole answer: whom a face resembles, and region by region from the shapes of all people of the gallery."""
    vectors, owners = gallery(photos, even=False)
    draws = np.random.default_rng(2)
    kept = [
        StoredPhoto(int(owner) + 1, row.tobytes(), shapes(draws)) for row, owner in zip(vectors, owners, strict=True)
    ]
    people = {int(owner) + 1: GalleryPerson(int(owner) + 1, "이름", "name", "actor") for owner in owners}
    known: Gallery = build_gallery(1, people, kept, default_norms())
    measures = STORED_MEASURES.validate_python(shapes(draws))
    took = median_ms(lambda vector: known.match(FaceFeatures(vector, measures, 1.0), _K), strangers(even=False))
    met = took < TARGETS_MS[10_000]
    print(f"{photos:>9} photos, whole match with regions: {took:.3f} ms{'' if met else '  MISSED 1.0 ms'}")
    return met


def shapes(draws: np.random.Generator) -> dict[str, object]:
    """Somebody's measures, as they are kept."""
    values = {
        key: MeasuredValue(norm.median + norm.sd * float(draws.standard_normal()), 0.4 * norm.sd)
        for key, norm in default_norms().measures.items()
    }
    stored: dict[str, object] = STORED_MEASURES.dump_python(Measures(values, {}), mode="json")
    return stored


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, nargs="+", default=list(TARGETS_MS))
    parser.add_argument("--even", action="store_true", help="all directions alike")
    parser.add_argument("--approximate", action="store_true", help="the approximate index as well")
    asked = parser.parse_args()
    met = [measure(photos, asked.even, asked.approximate) for photos in asked.photos]
    if 10_000 in asked.photos:
        met.append(measure_match(10_000))
    sys.exit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
