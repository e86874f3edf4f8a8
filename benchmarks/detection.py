"""What is saved and missed by asking the second detector network only in doubt.

    python -m benchmarks.detection [PHOTOS] [--pictures 500]

Reads the evaluation photos, and pictures of two people drawn from them: portraits of two photos on a blurred ground,
the second face 0.46 to 1 times as wide as the first. Compares what the product does, both networks always, and the
short-range network alone. `two` is the share of pictures in which two subjects are found.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from unittest.mock import patch

import cv2
import numpy as np

from benchmarks.photos import MODEL_DIR, Rgb, photo_files, read_rgb
from gwansang.vision import detector
from gwansang.vision.decode import DecodedImage
from gwansang.vision.detector import Detection, detect_faces, detect_full_range
from gwansang.vision.models.runtime import Networks
from gwansang.vision.subjects import count_subjects

_LONG_SIDE, _SHORT_SIDE = 1_200, 900
_BANDS = (0.08, 0.12, 0.16, 0.2, 0.25)  # widths of the first face in shares of the long side
_EVERYTHING, _NOTHING = 0.0, 0.5  # of a trace: every picture is doubtful, or none, as faces score 0.5 and more


@dataclass(frozen=True, slots=True)
class Portrait:
    """A photo of one person, and the face in it."""

    image: Rgb
    face: Detection

    def head(self, width: float) -> Rgb:
        """Return the part around the head, with a face of the given width."""
        scale = width / self.face.width
        large = cv2.resize(self.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        x, y = (self.face.box[:2] + self.face.box[2:]) / 2 * scale
        top, left = max(int(y - 1.1 * width), 0), max(int(x - width), 0)
        return large[top : int(y + 1.4 * width), left : int(x + width)].astype(np.uint8, copy=False)


def as_image(pixels: Rgb) -> DecodedImage:
    height, width = pixels.shape[:2]
    return DecodedImage(pixels, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), width, height, 1)


def portraits(networks: Networks, files: list[Path]) -> list[Portrait]:
    """Return the photos, reduced to 1024 px, in which a face is found."""
    found = []
    for file in files:
        pixels = read_rgb(file)
        scale = min(1.0, 1_024 / max(pixels.shape[:2]))
        small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        found += [Portrait(small, face) for face in detect_faces(networks, as_image(small))[:1]]
    return found


def pairs(people: list[Portrait], count: int) -> Iterator[tuple[float, Rgb]]:
    """Yield pictures of two people, each with the width of the first face as a share of the long side."""
    random = np.random.default_rng(5)
    while count:
        one, other = random.choice(len(people), 2, replace=False)
        height, width = random.permutation((_LONG_SIDE, _SHORT_SIDE))
        first = random.uniform(0.12, 0.42) * _SHORT_SIDE
        heads = people[one].head(first), people[other].head(first * random.uniform(0.46, 1.0))
        room = width - heads[0].shape[1] - heads[1].shape[1]
        if room < 0 or max(head.shape[0] for head in heads) > height:
            continue
        coarse = random.integers(40, 220, (height // 100, width // 100, 3)).astype(np.uint8)
        ground = cv2.resize(coarse, (int(width), int(height)), interpolation=cv2.INTER_CUBIC)
        left = int(random.integers(0, room + 1))
        for head, start in zip(heads, (left, left + heads[0].shape[1]), strict=True):
            top = int(random.integers(0, height - head.shape[0] + 1))
            ground[top : top + head.shape[0], start : start + head.shape[1]] = head
        count -= 1
        yield first / _LONG_SIDE, ground.astype(np.uint8, copy=False)


def found_with(networks: Networks, image: DecodedImage, trace_score: float) -> list[Detection]:
    with patch.object(detector, "_TRACE_SCORE", trace_score):
        return detect_faces(networks, image)


def processor_ms(call: Callable[[], object]) -> float:
    start = time.process_time()
    for _ in range(3):
        call()
    return 1_000 * (time.process_time() - start) / 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument("--pictures", type=int, default=500)
    options = parser.parse_args()
    networks, trace_score = Networks.load(MODEL_DIR), detector._TRACE_SCORE
    people = portraits(networks, photo_files(options.photos))
    asked, saved = 0, []
    for person in people:
        image = as_image(person.image)
        with patch.object(detector, "detect_full_range", wraps=detect_full_range) as second:
            detect_faces(networks, image)
            asked += second.call_count > 0
        always = processor_ms(lambda: found_with(networks, image, _EVERYTHING))  # noqa: B023 - called at once
        saved.append(always - processor_ms(lambda: detect_faces(networks, image)))  # noqa: B023
    print(f"{len(people)} photos of one person: second network asked in {asked}; saved {median(saved):.1f} ms (median)")
    ways = {"both always": _EVERYTHING, "in doubt": trace_score, "first alone": _NOTHING}
    two: dict[float, list[list[bool]]] = {band: [] for band in _BANDS}
    for share, pixels in pairs(people, options.pictures):
        found = [found_with(networks, as_image(pixels), score) for score in ways.values()]
        band = max(band for band in _BANDS if band <= share)
        two[band].append([bool(faces) and count_subjects(faces) > 1 for faces in found])
    print("first face from   pictures   " + "   ".join(f"two, {way}" for way in ways))
    for band, rows in two.items():
        shares = np.mean(rows, axis=0) if rows else np.full(len(ways), np.nan)
        print(
            f"{band:>15.2f} {len(rows):>10}   "
            + "   ".join(f"{share:>{len(way) + 5}.3f}" for way, share in zip(ways, shares, strict=True))
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
