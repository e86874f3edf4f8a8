"""What a reading keeps when only the file, the size or the colours of a photo change, beside what tells people apart.

    python -m benchmarks.same_pixels [PHOTOS] [--every N]

Photos are those of the folders `neutral`, `smiling` and `selfie`, or all of them if there are no such folders. Changes
that are not about a format are stored as PNG, so that nothing else changes. Printed for each change: parts alike of 15,
mean over the photos and that of the worst one; steps alike of the four energies; and the median and the 95th percentile
of the shifts of all measures, in SD. The last two lines are what sameness must not be bought with: the neutral against
the smiling photo of a person, and each photo against the next person's. Exits with 1 if a target is missed.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from benchmarks.photos import MODEL_DIR, Rgb, photo_files, read_rgb
from benchmarks.same_face import count_same_labels, jpeg, sample_of
from gwansang.core.exceptions import AppError
from gwansang.reading.model import ENERGIES
from gwansang.reading.norms import default_norms
from gwansang.reading.stability import PhotoSample
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo

_FOLDERS = frozenset({"neutral", "smiling", "selfie"})
_LARGER = 2  # times the sides
_COOL, _WARM = (0.88, 1.0, 1.1), (1.08, 1.0, 0.84)  # gains of red, green and blue
_Change = Callable[[Path, Rgb], tuple[bytes, bytes]]  # the photo it is compared with, and the changed one


def png(photo: Rgb) -> bytes:
    """Return a lossless file, compressed little."""
    bgr = np.ascontiguousarray(photo[..., ::-1])
    return cv2.imencode(".png", bgr, (cv2.IMWRITE_PNG_COMPRESSION, 1))[1].tobytes()


def resized(photo: Rgb, factor: float) -> Rgb:
    interpolation = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(photo, None, fx=factor, fy=factor, interpolation=interpolation).astype(np.uint8, copy=False)


def balanced(photo: Rgb, gains: Sequence[float]) -> Rgb:
    return np.clip(photo * np.array(gains) + 0.5, 0, 255).astype(np.uint8)


def gray(photo: Rgb) -> Rgb:
    return np.repeat(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2).astype(np.uint8, copy=False)


def _larger(file: Path, photo: Rgb) -> tuple[bytes, bytes]:
    """Return an enlarged photo as a JPEG file, and the pixels of that file as a PNG file."""
    large = jpeg(resized(photo, _LARGER))
    return large, png(np.asarray(cv2.imdecode(np.frombuffer(large, np.uint8), cv2.IMREAD_COLOR_RGB), np.uint8))


def _pixels(change: Callable[[Rgb], Rgb]) -> _Change:
    return lambda file, photo: (file.read_bytes(), png(change(photo)))


CHANGES: dict[str, tuple[_Change, float | None]] = {
    "PNG": (_pixels(lambda photo: photo), 15.0),
    f"PNG, {_LARGER} x larger": (_larger, 14.7),
    f"JPEG, {_LARGER} x larger": (lambda file, photo: (file.read_bytes(), _larger(file, photo)[0]), None),
    "JPEG 90": (lambda file, photo: (file.read_bytes(), jpeg(photo, 90)), None),
    "half size": (_pixels(lambda photo: resized(photo, 0.5)), 14.7),
    "mirrored": (_pixels(lambda photo: photo[:, ::-1]), 14.5),
    "cool": (_pixels(lambda photo: balanced(photo, _COOL)), 14.3),
    "warm": (_pixels(lambda photo: balanced(photo, _WARM)), 14.3),
    "gray": (_pixels(gray), 13.5),
}
"""Changes, with the target of parts alike of 15."""


@dataclass(slots=True)
class Kept:
    """parts, energies: alike, of each pair of readings; shifts: of all measures in SD; refused: second photos."""

    parts: list[int] = field(default_factory=list)
    energies: list[int] = field(default_factory=list)
    shifts: list[float] = field(default_factory=list)
    refused: int = 0

    def add(self, one: PhotoSample, other: PhotoSample) -> None:
        """Compare two readings."""
        norms = default_norms()
        self.parts.append(count_same_labels(one, other))
        self.energies.append(sum(round(one.scores[name]) == round(other.scores[name]) for name in ENERGIES))
        self.shifts += [abs(norms.z(key, value) - norms.z(key, other.values[key])) for key, value in one.values.items()]

    def line(self) -> str:
        """Return the figures of one row."""
        middle, high = np.percentile(self.shifts, (50, 95))
        refused = f"   {self.refused} refused" if self.refused else ""
        return (
            f"parts {np.mean(self.parts):5.2f} (worst {min(self.parts):2})   energies {np.mean(self.energies):.2f}"
            f"   shift {middle:.3f} / {high:.3f} SD{refused}"
        )


def chosen_files(given: list[Path], every: int) -> list[Path]:
    """Return each N-th photo of the named folders."""
    files = photo_files(given)
    named = [file for file in files if file.parent.name in _FOLDERS]
    return (named or files)[::every]


def measure_changes(networks: Networks, files: Sequence[Path], names: Sequence[str]) -> dict[str, Kept]:
    """Return what is kept by change; a changed photo that is refused keeps nothing."""
    kept = {name: Kept() for name in names}
    for file in files:
        photo = read_rgb(file)
        for name in names:
            before, after = CHANGES[name][0](file, photo)
            one = sample_of(read_photo(before, networks))
            try:
                kept[name].add(one, sample_of(read_photo(after, networks)))
            except AppError:
                kept[name].parts.append(0)
                kept[name].refused += 1
    return kept


def measure_people(networks: Networks, files: Sequence[Path]) -> dict[str, Kept]:
    """Return what two photos of a person share, and what two people share: sameness is no merit there."""
    by_folder = {
        folder: {file.name.split("_")[0]: sample_of(read_photo(file.read_bytes(), networks)) for file in files_of}
        for folder, files_of in _by_folder(files)
    }
    kept = {"same person, smiling": Kept(), "other person": Kept()}
    neutral, smiling = by_folder.get("neutral", {}), by_folder.get("smiling", {})
    for person in neutral.keys() & smiling.keys():
        kept["same person, smiling"].add(neutral[person], smiling[person])
    people = list((neutral or next(iter(by_folder.values()))).values())
    for one, other in zip(people, people[1:] + people[:1], strict=True):
        kept["other person"].add(one, other)
    return {name: each for name, each in kept.items() if each.parts}


def _by_folder(files: Sequence[Path]) -> Iterator[tuple[str, list[Path]]]:
    for folder in sorted({file.parent for file in files}):
        yield folder.name, [file for file in files if file.parent == folder]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take each N-th photo")
    parser.add_argument("--only", nargs="+", choices=CHANGES, default=list(CHANGES), help="changes to measure")
    options = parser.parse_args()
    files = chosen_files(options.photos, options.every)
    if not files:
        raise SystemExit("No photos: name a folder of portraits, or set GWANSANG_FACES.")
    networks, missed = Networks.load(MODEL_DIR), 0
    print(f"{len(files)} photos; of 15 parts, 4 energies; shifts of measures: median / 95th percentile")
    for name, kept in measure_changes(networks, files, options.only).items():
        target = CHANGES[name][1]
        missed += target is not None and float(np.mean(kept.parts)) < target
        print(f"{name:22} {kept.line()}" + (f"   target {target}" if target else ""))
    for name, kept in measure_people(networks, files).items():
        print(f"{name:22} {kept.line()}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
