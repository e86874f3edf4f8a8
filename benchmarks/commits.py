"""Processor time from the bytes of a photo to its reading, of two checkouts in one run.

    python -m benchmarks.commits BEFORE AFTER [PHOTOS] [--rounds N]

BEFORE and AFTER are folders of checkouts, each with its own .venv and .models. A process of each stays loaded, and both
read the same photo in turns, the first one alternating, so that other load meets both alike. Photos are those of
`benchmarks/photos.py` as a phone stores them: 12 MP of about 4 MB, and the same pictures at 1 MP. Printed are the
median milliseconds of both with quartiles, and the ratio of the medians, AFTER over BEFORE, with the quartiles of the
ratios within a round. Only what both checkouts share is called: limit_malloc_arenas,
NetworkVision, FaceQuery, analyze_query, default_norms.
"""

import argparse
import os
import struct
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from benchmarks.photos import Rgb, phone_photo, portraits
from gwansang.vision.face import Points

_ONE_MP = (864, 1_152)
_WARMUP = 3  # photos
_READER = """
import os, struct, sys, time
from datetime import date
from pathlib import Path

answers = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)  # keep what the libraries print out of the answers

from gwansang.core.memory import limit_malloc_arenas
from gwansang.reading.norms import default_norms
from gwansang.services.ml.face_analyzer import FaceQuery, analyze_query
from gwansang.services.ml.network_vision import NetworkVision

limit_malloc_arenas()  # as the service does at its start
vision, norms, requests = NetworkVision(Path(sys.argv[1])), default_norms(), sys.stdin.buffer
while header := requests.read(4):
    photo = requests.read(struct.unpack("<I", header)[0])
    start = time.process_time()
    analyze_query(vision, FaceQuery(image=photo), date(2026, 1, 1), norms)
    answers.write(struct.pack("<d", time.process_time() - start))
    answers.flush()
"""


class Reader:
    """A process that reads photos with the code, the packages and the models of a checkout."""

    def __init__(self, checkout: Path) -> None:
        self._checkout = checkout.resolve()

    def __enter__(self) -> Self:
        python = self._checkout / ".venv" / "bin" / "python"
        if not python.exists():
            raise SystemExit(f"{self._checkout} has no .venv; run `make models` there.")
        environment = {**os.environ, "PYTHONPATH": str(self._checkout / "src")}
        self._process = subprocess.Popen(
            [str(python), "-c", _READER, str(self._checkout / ".models")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=self._checkout,
            env=environment,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(timeout=30)

    def seconds(self, photo: bytes) -> float:
        """Return the processor time of one reading."""
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        if pipe_in is None or pipe_out is None:
            raise RuntimeError("the reader has no pipes")
        pipe_in.write(struct.pack("<I", len(photo)) + photo)
        pipe_in.flush()
        answer = pipe_out.read(8)
        if len(answer) < 8:
            raise SystemExit(f"The reader of {self._checkout} ended; its error stands above.")
        return float(struct.unpack("<d", answer)[0])


def small_photo(portrait: Rgb) -> bytes:
    """Return the portrait at about 1 MP, as a JPEG of quality 90."""
    width, height = _ONE_MP
    scale = max(width / portrait.shape[1], height / portrait.shape[0])
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=interpolation)
    top, left = (resized.shape[0] - height) // 2, (resized.shape[1] - width) // 2
    part = np.ascontiguousarray(resized[top : top + height, left : left + width, ::-1])
    return cv2.imencode(".jpg", part, (cv2.IMWRITE_JPEG_QUALITY, 90))[1].tobytes()


def alternate(before: Reader, after: Reader, photos: list[bytes], rounds: int) -> Points:
    """Return the seconds (rounds, 2) of both readers, photo after photo."""
    for photo in (photos * _WARMUP)[:_WARMUP]:
        before.seconds(photo)
        after.seconds(photo)
    seconds = np.empty((rounds, 2))
    for index in range(rounds):
        photo = photos[index % len(photos)]
        for column in (0, 1) if index % 2 else (1, 0):
            seconds[index, column] = (before, after)[column].seconds(photo)
    return seconds


def report(size: str, seconds: Points) -> str:
    """Return the lines of one size of photos."""
    quartiles = np.percentile(seconds * 1_000, (25, 50, 75), axis=0)
    lines = [
        f"{size}, {name}: {middle:.1f} ms ({low:.1f} to {high:.1f})"
        for name, (low, middle, high) in zip(("before", "after"), quartiles.T, strict=True)
    ]
    low, high = np.percentile(seconds[:, 1] / seconds[:, 0], (25, 75))
    ratio = quartiles[1, 1] / quartiles[1, 0]
    return "\n".join([*lines, f"{size}, ratio of the medians: {ratio:.3f} (quartiles {low:.3f} to {high:.3f})"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=60, help="readings of each checkout for each size")
    options = parser.parse_args()
    pictures = portraits(options.photos, 5)
    large = [phone_photo(picture, seed) for seed, picture in enumerate(pictures)]
    sizes = {"1 MP": [small_photo(picture) for picture in pictures], "12 MP": large}
    with Reader(options.before) as before, Reader(options.after) as after:
        for size, photos in sizes.items():
            print(report(size, alternate(before, after, photos, options.rounds)), flush=True)


if __name__ == "__main__":
    main()
