"""Bytes to landmarks and bytes to reading: the naive way against the product, alternating in one run.

    python benchmarks/speed.py [PHOTOS] [--rounds N]

The photos are 12 MP as a phone stores them: 3024x4032, orientation 6, grain added, about 4 MB. The naive way is
cv2.imdecode and MediaPipe 0.10.21's FaceMesh in static mode, timed inside its own process, so that the pipe between
costs it nothing. Its whole reading is its landmarks through `face_from_landmarks` and the same `read`, timed here. Ours
to landmarks is the header gate, decoding, detection and the mesh; the whole reading also has eyes, light, pose and the
correction. Then two threads with an engine each against one, and two processes against one: no threads can do better
than that on the machine as busy as it is. Medians of the ratios of neighbours in time. Also given: the ratios of work
(seconds of processor time), which hardly depend on what else the machine does. Exits with 1 where a target is missed.
"""

import argparse
import multiprocessing
import sys
import threading
import time
from datetime import date
from multiprocessing.synchronize import Barrier
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.naive import Naive
from benchmarks.photos import MODEL_DIR, phone_photo, portraits
from gwansang.reading.composer import compose
from gwansang.reading.measurements import measure_face
from gwansang.services.ml.face_analyzer import capture_of
from gwansang.vision.decode import choose_reduction, decode_image
from gwansang.vision.detector import detect_faces
from gwansang.vision.face import Face, Points
from gwansang.vision.gates.headers import inspect_image
from gwansang.vision.landmarks import find_landmarks
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import DETECTION_LONG_SIDE_PX, SUFFICIENT_FACE_PX, face_from_landmarks, read_photo

LANDMARKS_TARGET, READING_TARGET, THREADS_TARGET = 3.0, 2.5, 1.8
_DAY = date(2026, 1, 1)


def reading_of(face: Face) -> None:
    capture = capture_of(face)
    compose(measure_face(face.neutral, capture), capture, _DAY)


def now() -> Points:
    """Seconds by the clock and of this process's work."""
    return np.array([time.perf_counter(), time.process_time()])


def naive_round(naive: Naive, photo: bytes) -> Points:
    """(2, 2) seconds, by the clock and of work: to landmarks, and to the reading made of them."""
    seconds, points = naive.landmarks(photo)
    if points is None:
        raise SystemExit("The naive way finds no face in a photo that is measured; choose other photos.")
    start = now()
    reading_of(face_from_landmarks(fractions(points), 3_024, 4_032))
    return np.stack([seconds, seconds + now() - start])


def fractions(points: Points) -> Points:
    return np.clip(points / (3_024, 4_032, 3_024), (0, 0, -1), (1, 1, 1))


def our_round(engine: Networks, photo: bytes) -> Points:
    start = now()
    our_landmarks(engine, photo)
    seen = now()
    reading_of(read_photo(photo, engine))
    return np.stack([seen - start, now() - seen])


def our_landmarks(engine: Networks, photo: bytes) -> None:
    """The first half of `read_photo`, for a photo of one large face."""
    header = inspect_image(photo)
    picture = decode_image(header, choose_reduction(header, DETECTION_LONG_SIDE_PX))
    face = detect_faces(engine, picture)[0]
    if face.width / picture.reduction < SUFFICIENT_FACE_PX and picture.reduction > 1:
        picture = decode_image(header, picture.reduction // 2)
    find_landmarks(engine, picture, face.region())


def alternate(photos: list[bytes], rounds: int) -> Points:
    """(rounds, 2 ways, 2 goals, 2 clocks) seconds."""
    engine = Networks.load(MODEL_DIR)
    pairs = []
    with Naive() as naive:
        for photo in photos[:2]:  # warm both up
            naive_round(naive, photo)
            our_round(engine, photo)
        for index in range(rounds):
            photo = photos[index % len(photos)]
            pairs.append(np.stack([naive_round(naive, photo), our_round(engine, photo)]))
    return np.array(pairs)


def read_all(engine: Networks, photos: list[bytes]) -> None:
    for photo in photos:
        reading_of(read_photo(photo, engine))


def seconds_of(engines: list[Networks], photos: list[bytes]) -> float:
    """For all photos, shared out to one thread an engine."""
    count = len(engines)
    shares = [(engine, photos[index::count]) for index, engine in enumerate(engines)]
    threads = [threading.Thread(target=read_all, args=share) for share in shares]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start


def process_share(photos: list[bytes], barrier: Barrier, rounds: int) -> None:
    engine = Networks.load(MODEL_DIR)
    read_all(engine, photos[:2])
    for _ in range(rounds):
        barrier.wait()
        read_all(engine, photos)
        barrier.wait()


def thread_ratios(photos: list[bytes], rounds: int) -> tuple[float, float]:
    """Two threads against one, and two processes against one thread."""
    engines, batch = [Networks.load(MODEL_DIR) for _ in range(2)], (photos * 16)[:16]
    spawning = multiprocessing.get_context("spawn")
    barrier = spawning.Barrier(3)
    processes = [spawning.Process(target=process_share, args=(batch[i::2], barrier, rounds)) for i in range(2)]
    for process in processes:
        process.start()
    seconds_of(engines, batch[:4])
    ratios = []
    for _ in range(rounds):
        alone, threaded = seconds_of(engines[:1], batch), seconds_of(engines, batch)
        barrier.wait()
        start = time.perf_counter()
        barrier.wait()
        ratios.append((alone / threaded, alone / (time.perf_counter() - start)))
    for process in processes:
        process.join()
    threads_ratio, processes_ratio = np.median(ratios, axis=0)
    return float(threads_ratio), float(processes_ratio)


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
    naive_ms, our_ms = np.median(pairs, axis=0)[..., 0] * 1_000
    print(f"median ms to landmarks, to reading: naive {naive_ms.round(1)}, ours {our_ms.round(1)}; {len(pairs)} rounds")
    ratios = np.median(pairs[:, 0] / pairs[:, 1], axis=0)
    print(f"ratios of work: landmarks x{ratios[0, 1]:.2f}, reading x{ratios[1, 1]:.2f}")
    threads_ratio, processes_ratio = thread_ratios(photos, 7)
    met = [
        verdict("bytes to landmarks", float(ratios[0, 0]), LANDMARKS_TARGET),
        verdict("bytes to reading", float(ratios[1, 0]), READING_TARGET),
        verdict("two threads against one", threads_ratio, THREADS_TARGET),
    ]
    print(f"two processes against one thread, the most that this machine had to give meanwhile: x{processes_ratio:.2f}")
    return int(not all(met))


if __name__ == "__main__":
    sys.exit(main())
