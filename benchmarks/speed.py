"""Bytes to landmarks and bytes to reading: the naive way against the product, alternating in one run.

    python benchmarks/speed.py [PHOTOS] [--rounds N]

The photos are 12 MP as a phone stores them: 3024x4032, orientation 6, grain added, about 4 MB. The naive way is
cv2.imdecode and MediaPipe 0.10.21's FaceMesh in static mode, timed inside its own process, so that the pipe between
costs it nothing. Its whole reading is its landmarks through `face_from_landmarks` and the same `read`, timed here. Then
two threads with an engine each against one. Medians; results are ratios, which other work on the machine moves little.
Exits with 1 where a target is missed.
"""

import argparse
import statistics
import sys
import threading
import time
from datetime import date
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.naive import Naive
from benchmarks.photos import MODEL_DIR, phone_photo, portraits
from gwansang.reading.reader import read
from gwansang.services.ml.face_analyzer import capture_of
from gwansang.vision.face import Face, Points
from gwansang.vision.pipeline import face_from_landmarks, read_photo
from gwansang.vision.runtime import Engine

LANDMARKS_TARGET, READING_TARGET, THREADS_TARGET = 3.0, 2.5, 1.8
_DAY = date(2026, 1, 1)


def reading_of(face: Face) -> None:
    read(face.neutral, capture_of(face), _DAY)


def naive_round(naive: Naive, photo: bytes) -> tuple[float, float]:
    """Seconds to landmarks, and to the reading made of them."""
    seconds, points = naive.landmarks(photo)
    if points is None:
        raise SystemExit("The naive way finds no face in a photo that is measured; choose other photos.")
    start = time.perf_counter()
    reading_of(face_from_landmarks(fractions(points), 3_024, 4_032))
    return seconds, seconds + time.perf_counter() - start


def fractions(points: Points) -> Points:
    return np.clip(points / (3_024, 4_032, 3_024), (0, 0, -1), (1, 1, 1))


def our_round(engine: Engine, photo: bytes) -> tuple[float, float]:
    start = time.perf_counter()
    face = read_photo(photo, engine)
    seen = time.perf_counter()
    reading_of(face)
    return seen - start, time.perf_counter() - start


def alternate(photos: list[bytes], rounds: int) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    engine = Engine.load(MODEL_DIR)
    pairs = []
    with Naive() as naive:
        for photo in photos[:2]:  # warm both up
            naive_round(naive, photo)
            our_round(engine, photo)
        for index in range(rounds):
            photo = photos[index % len(photos)]
            pairs.append((naive_round(naive, photo), our_round(engine, photo)))
    return pairs


def seconds_of(engines: list[Engine], photos: list[bytes]) -> float:
    """For all photos, shared out to one thread an engine."""

    def work(engine: Engine, share: list[bytes]) -> None:
        for photo in share:
            our_round(engine, photo)

    count = len(engines)
    threads = [threading.Thread(target=work, args=(engine, photos[i::count])) for i, engine in enumerate(engines)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start


def thread_ratio(photos: list[bytes], rounds: int) -> float:
    engines = [Engine.load(MODEL_DIR) for _ in range(2)]
    batch = (photos * 16)[:16]
    seconds_of(engines, batch[:4])
    return statistics.median(seconds_of(engines[:1], batch) / seconds_of(engines, batch) for _ in range(rounds))


def verdict(label: str, ratio: float, target: float) -> bool:
    print(f"{label}: x{ratio:.2f} (target x{target})")
    return ratio >= target


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=21)
    options = parser.parse_args()
    photos = [phone_photo(portrait, seed) for seed, portrait in enumerate(portraits(options.photos, 5))]
    print(f"{len(photos)} photos of 12 MP, {min(map(len, photos)) / 1e6:.1f} to {max(map(len, photos)) / 1e6:.1f} MB")
    pairs = alternate(photos, options.rounds)
    naive_ms, our_ms = (np.median([pair[who] for pair in pairs], axis=0) * 1_000 for who in (0, 1))
    print(f"median ms to landmarks, to reading: naive {naive_ms.round(1)}, ours {our_ms.round(1)}; {len(pairs)} rounds")
    ratios = np.median([np.array(naive) / np.array(ours) for naive, ours in pairs], axis=0)
    met = [
        verdict("bytes to landmarks", float(ratios[0]), LANDMARKS_TARGET),
        verdict("bytes to reading", float(ratios[1]), READING_TARGET),
        verdict("two threads against one", thread_ratio(photos, 5), THREADS_TARGET),
    ]
    return int(not all(met))


if __name__ == "__main__":
    sys.exit(main())
