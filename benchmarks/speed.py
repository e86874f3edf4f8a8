"""Speed from bytes to landmarks and to a reading, compared with MediaPipe in alternating rounds.

    python -m benchmarks.speed [PHOTOS] [--rounds N]

The photos are 12 MP as a phone stores them: 3024x4032, orientation 6, grain added, about 4 MB. The peer is cv2.imdecode
and Face Landmarker of MediaPipe Tasks 0.10.21 on the product's bundle, timed in its own process so that the pipe costs
it nothing; its reading is computed from its landmarks by `face_from_landmarks` and the product's own code, without what
only pixels show. The product's landmarks take the header gate, decoding, detection, two looks of the mesh network and
the blendshapes; its reading also includes light, pose and the measures from pixels. Then two threads, each with its
networks, are compared with one, and two processes with one, the limit for threads on this machine. Printed are medians
of the ratios within a round, by the clock and in processor time; the latter hardly depends on other load. Exits with 1
if a target is missed.
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

from benchmarks.mediapipe_peer import MediaPipePeer
from benchmarks.photos import MODEL_DIR, phone_photo, portraits
from gwansang.reading.composer import compose
from gwansang.services.ml.face_analyzer import capture_of, measures_of
from gwansang.vision.decode import ImageDecoder, choose_reduction
from gwansang.vision.detector import detect_faces
from gwansang.vision.face import Face, Points
from gwansang.vision.gates.headers import inspect_image
from gwansang.vision.given_landmarks import GivenLandmarks, face_from_landmarks
from gwansang.vision.landmarks import find_blendshapes, find_landmarks
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import DETECTION_LONG_SIDE_PX, SUFFICIENT_FACE_PX, read_photo

LANDMARKS_TARGET, READING_TARGET, THREADS_TARGET = 3.0, 2.5, 1.8
_DAY = date(2026, 1, 1)


def compose_reading(face: Face) -> None:
    compose(measures_of(face), capture_of(face), _DAY)


def now() -> Points:
    """Return the seconds by the clock and of processor time."""
    return np.array([time.perf_counter(), time.process_time()])


def peer_round(peer: MediaPipePeer, networks: Networks, photo: bytes) -> Points:
    """Return (2, 2) seconds, by the clock and of processor time: to landmarks, and to the reading made of them."""
    seconds, found = peer.find(photo)
    if found is None:
        raise SystemExit("MediaPipe finds no face in a photo that is measured; choose other photos.")
    start = now()
    compose_reading(face_from_landmarks(GivenLandmarks(fractions(found.points), 3_024, 4_032), networks))
    return np.stack([seconds, seconds + now() - start])


def fractions(points: Points) -> Points:
    return np.clip(points / (3_024, 4_032, 3_024), (0, 0, -1), (1, 1, 1))


def our_round(networks: Networks, photo: bytes) -> Points:
    start = now()
    find_our_landmarks(networks, photo)
    landmarks_done = now()
    compose_reading(read_photo(photo, networks))
    return np.stack([landmarks_done - start, now() - landmarks_done])


def find_our_landmarks(networks: Networks, photo: bytes) -> None:
    """Run the first half of `read_photo`, for a photo of one large face."""
    header = inspect_image(photo)
    decoder = ImageDecoder(header)
    picture = decoder.decode(choose_reduction(header, DETECTION_LONG_SIDE_PX))
    face = detect_faces(networks, picture)[0]
    if face.width / picture.reduction < SUFFICIENT_FACE_PX and picture.reduction > 1:
        picture = decoder.decode(picture.reduction // 2)
    find_blendshapes(networks, find_landmarks(networks, picture, face.region()).points)


def alternate(photos: list[bytes], rounds: int) -> Points:
    """Return the seconds as (rounds, peer and product, landmarks and reading, clock and processor)."""
    networks = Networks.load(MODEL_DIR)
    pairs = []
    with MediaPipePeer() as peer:
        for photo in photos[:2]:  # warm both up
            peer_round(peer, networks, photo)
            our_round(networks, photo)
        for index in range(rounds):
            photo = photos[index % len(photos)]
            pairs.append(np.stack([peer_round(peer, networks, photo), our_round(networks, photo)]))
    return np.array(pairs)


def read_all(networks: Networks, photos: list[bytes]) -> None:
    for photo in photos:
        compose_reading(read_photo(photo, networks))


def seconds_for(per_thread: list[Networks], photos: list[bytes]) -> float:
    """Return the seconds for all photos, divided among one thread for each item of `per_thread`."""
    count = len(per_thread)
    shares = [(networks, photos[index::count]) for index, networks in enumerate(per_thread)]
    threads = [threading.Thread(target=read_all, args=share) for share in shares]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start


def process_share(photos: list[bytes], barrier: Barrier, rounds: int) -> None:
    networks = Networks.load(MODEL_DIR)
    read_all(networks, photos[:2])
    for _ in range(rounds):
        barrier.wait()
        read_all(networks, photos)
        barrier.wait()


def thread_ratios(photos: list[bytes], rounds: int) -> tuple[float, float]:
    """Return the speed of two threads, and of two processes, in multiples of one thread's."""
    per_thread, batch = [Networks.load(MODEL_DIR) for _ in range(2)], (photos * 16)[:16]
    spawning = multiprocessing.get_context("spawn")
    barrier = spawning.Barrier(3)
    processes = [spawning.Process(target=process_share, args=(batch[i::2], barrier, rounds)) for i in range(2)]
    for process in processes:
        process.start()
    seconds_for(per_thread, batch[:4])
    ratios = []
    for _ in range(rounds):
        alone, threaded = seconds_for(per_thread[:1], batch), seconds_for(per_thread, batch)
        barrier.wait()
        start = time.perf_counter()
        barrier.wait()
        ratios.append((alone / threaded, alone / (time.perf_counter() - start)))
    for process in processes:
        process.join()
    threads_ratio, processes_ratio = np.median(ratios, axis=0)
    return float(threads_ratio), float(processes_ratio)


def print_ratio(label: str, ratio: float, target: float) -> bool:
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
    peer_ms, our_ms = np.median(pairs, axis=0)[..., 0] * 1_000
    print(
        f"median ms to landmarks, to reading: MediaPipe {peer_ms.round(1)}, ours {our_ms.round(1)}; {len(pairs)} rounds"
    )
    ratios = np.median(pairs[:, 0] / pairs[:, 1], axis=0)
    print(f"ratios of processor time: landmarks x{ratios[0, 1]:.2f}, reading x{ratios[1, 1]:.2f}")
    threads_ratio, processes_ratio = thread_ratios(photos, 7)
    met = [
        print_ratio("bytes to landmarks", float(ratios[0, 0]), LANDMARKS_TARGET),
        print_ratio("bytes to reading", float(ratios[1, 0]), READING_TARGET),
        print_ratio("two threads against one", threads_ratio, THREADS_TARGET),
    ]
    print(f"two processes against one thread, the most that threads can reach on this machine: x{processes_ratio:.2f}")
    return int(not all(met))


if __name__ == "__main__":
    sys.exit(main())
