"""Measure by how much a changed picture moves the measures of a face, for the errors that a reading adds.

    python -m calibration.changes PHOTOS [--photos 25] [--check]

PHOTOS: folder of portraits as their cameras took them. Each is changed in every way of `CHANGES` and measured again;
the root mean square move of a measure, in SDs of the norms, is what a warning about such a change adds to its error.
Moves below SMALL of the measure's own error are left out. The table goes to reading/knowledge/changes.json; with
`--check` it is only compared with the one there.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gwansang.core.exceptions import AppError
from gwansang.reading.measurements import MEASURES_BY_KEY
from gwansang.reading.photo_errors import norm_sd
from gwansang.vision.face import Face
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo

Pixels = NDArray[np.uint8]
Change = Callable[[Pixels], Pixels]  # of a BGR picture
TABLE = Path(__file__).resolve().parents[1] / "src" / "gwansang" / "reading" / "knowledge" / "changes.json"
SMALL = 0.45  # of a measure's error: it widens that by a tenth
_LONG_SIDE = 1000
_SMALL_SIDE = 400


def _mixed(matrix: tuple[tuple[float, ...], ...]) -> Change:
    """Return a change of colours by a matrix of (B, G, R)."""
    return lambda picture: _clipped(picture.astype(np.float64) @ np.array(matrix).T)


def _contrast(share: float) -> Change:
    return lambda picture: _clipped(128 + (picture.astype(np.float64) - 128) * share)


def _compressed(quality: int, side: int = _LONG_SIDE) -> Change:
    def compress(picture: Pixels) -> Pixels:
        encoded = cv2.imencode(".jpg", _fit(picture, side), (cv2.IMWRITE_JPEG_QUALITY, quality))[1]
        return cv2.imdecode(encoded, cv2.IMREAD_COLOR).astype(np.uint8)

    return compress


def _stretched(by: float) -> Change:
    return lambda picture: cv2.resize(picture, None, fx=1.0, fy=by, interpolation=cv2.INTER_AREA).astype(np.uint8)


_GREY, _SEPIA = ((0.114, 0.587, 0.299),) * 3, ((0.131, 0.534, 0.272), (0.168, 0.686, 0.349), (0.189, 0.769, 0.393))
CHANGES: Mapping[str, tuple[Change, ...]] = {
    "MONOCHROME": (_mixed(_GREY), _mixed(_SEPIA)),
    "UNNATURAL_COLOUR": tuple(
        _mixed(((b, 0, 0), (0, g, 0), (0, 0, r))) for b, g, r in ((0.5, 0.6, 1.2), (1.2, 0.75, 0.5), (0.55, 1.1, 0.55))
    ),
    "LOW_DYNAMIC_RANGE": (_contrast(0.35), _contrast(0.2)),
    "COMPRESSION_ARTIFACTS": (_compressed(5), _compressed(10), _compressed(10, _SMALL_SIDE)),
    "STRETCHED": tuple(map(_stretched, (0.85, 0.9, 1.1, 1.15))),
}


def _clipped(picture: NDArray[np.float64]) -> Pixels:
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _fit(picture: Pixels, side: int) -> Pixels:
    share = side / max(picture.shape[:2])
    return picture if share >= 1 else cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def measure_moves(photos: list[Path], networks: Networks) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float64]]:
    """Return the moves by change, (n, m) in SDs of the norms, and the mean errors of the unchanged photos, (m,)."""
    moves: dict[str, list[list[float]]] = {name: [] for name in CHANGES}
    errors = []
    for photo in photos:
        picture = _fit(cv2.imread(str(photo), cv2.IMREAD_COLOR).astype(np.uint8), _LONG_SIDE)  # type: ignore[union-attr]
        plain = _read(picture, networks)
        errors.append([plain.errors[key] / norm_sd(key) for key in MEASURES_BY_KEY])
        for name, changes in CHANGES.items():
            for change in changes:
                try:
                    changed = _read(change(picture), networks)
                except AppError as error:  # refused, so nothing is told of it
                    print(f"{photo.name} {name}: {error.code}")
                    continue
                moves[name].append(
                    [(changed.values[key] - plain.values[key]) / norm_sd(key) for key in MEASURES_BY_KEY]
                )
    return {name: np.array(rows) for name, rows in moves.items()}, np.array(errors).mean(axis=0)


def _read(picture: Pixels, networks: Networks) -> Face:
    return read_photo(cv2.imencode(".png", picture)[1].tobytes(), networks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=25)
    parser.add_argument("--models", type=Path, default=Path(".models"))
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    found = sorted(options.folder.rglob("*.jpg"))
    photos = found[:: max(1, len(found) // options.photos)][: options.photos]
    moves, errors = measure_moves(photos, Networks.load(options.models))
    added: dict[str, dict[str, float]] = {}
    for name, rows in moves.items():
        size = np.sqrt((rows**2).mean(axis=0))
        kept = zip(MEASURES_BY_KEY, size, size >= SMALL * errors, strict=True)
        added[name] = {key: round(float(move), 2) for key, move, large in kept if large}
        print(f"{name}: {np.sqrt(((rows / errors) ** 2).mean()):.2f} errors; {added[name]}")
    if options.check:
        _check(moves, errors)
        return
    folder = f"{options.folder.parent.name}/{options.folder.name}"
    source = f"python -m calibration.changes on {len(photos)} photos of {folder}: moves in SDs of the norms."
    TABLE.write_text(json.dumps({"source": source, "added": added}, indent=1) + "\n", encoding="utf-8")


def _check(moves: Mapping[str, NDArray[np.float64]], errors: NDArray[np.float64]) -> None:
    """Print, for each change, the moves in units of the errors of its table: 1 if they are told as they are."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))["added"]
    for name, rows in moves.items():
        widened = np.hypot(errors, [table[name].get(key, 0.0) for key in MEASURES_BY_KEY])
        plain, told = (np.sqrt(((rows / error) ** 2).mean()) for error in (errors, widened))
        print(f"{name}: moves of {plain:.2f} errors before, {told:.2f} of the widened ones")


if __name__ == "__main__":
    main()
