"""Effect of photo changes and of camera distance on a reading, and the distribution of scores.

    python -m benchmarks.same_face [PHOTOS] [--every N] [--figures FOLDER]

PHOTOS contains portraits; if it also contains `distance/15cm.jpg` and so on, photos of one face from several distances,
those are compared as well. Exits with 1 if a target is missed. Agreement between different photos of one person is
measured by `gwansang evaluate stability`, and cross-validated by `python -m calibration.landmarks evaluate`.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from tests.support.photos import REPOSITORY

from benchmarks import repeatability
from benchmarks.histogram import histogram
from benchmarks.photos import MODEL_DIR, Rgb, photo_files, read_rgb
from gwansang.core.exceptions import AppError
from gwansang.reading.model import ENERGIES
from gwansang.reading.norms import default_norms
from gwansang.reading.stability import PhotoSample, sample_photo
from gwansang.services.ml.face_analyzer import measures_of
from gwansang.vision.face import Face
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo

CHANGES = {name: change for name, change in repeatability.CHANGES.items() if name != "mirrored"}
"""Changes that must not change a reading; a mirror image is another picture."""
MIN_LABELS_KEPT, MIN_LABELS_AT_30CM = 0.95, 13
MAX_SHIFT = {15: 1.0, 30: 0.5, 45: 0.5}  # SD, by distance in cm
FARTHEST_CM = 60


def sample_of(face: Face) -> PhotoSample:
    return sample_photo(measures_of(face), default_norms())


def jpeg(photo: Rgb, quality: int = 95) -> bytes:
    stored = cv2.imencode(".jpg", np.ascontiguousarray(photo[..., ::-1]), (cv2.IMWRITE_JPEG_QUALITY, quality))[1]
    return stored.tobytes()


def count_same_labels(a: PhotoSample, b: PhotoSample) -> int:
    return sum(a.shapes[part][0] == b.shapes[part][0] for part in a.shapes)


def measure_labels_kept(networks: Networks, files: Sequence[Path]) -> Mapping[str, float]:
    """Return the share of part labels that stay, by change of the photo; a photo that is rejected then loses all."""
    kept: dict[str, list[float]] = {name: [] for name in CHANGES}
    for file in files:
        photo = read_rgb(file)
        before = sample_of(read_photo(jpeg(photo), networks))
        for name, change in CHANGES.items():
            data = jpeg(photo, 50) if name == "quality 50" else jpeg(change(photo)[0])
            try:
                after = sample_of(read_photo(data, networks))
            except AppError:
                kept[name].append(0.0)
            else:
                kept[name].append(count_same_labels(before, after) / len(before.shapes))
    return {name: float(np.mean(shares)) for name, shares in kept.items()}


def measure_distance_shift(networks: Networks, folder: Path) -> Mapping[int, tuple[float, str, int]]:
    """Return by distance in cm: the largest shift of a measure in SD, that measure, and the number of equal labels."""
    norms = default_norms()
    faces = {cm: read_photo((folder / f"{cm}cm.jpg").read_bytes(), networks) for cm in (*MAX_SHIFT, FARTHEST_CM)}
    z = {
        cm: {key: norms.z(key, measure.value) for key, measure in measures_of(face).values.items()}
        for cm, face in faces.items()
    }
    shapes = {cm: sample_of(face) for cm, face in faces.items()}
    far = z[FARTHEST_CM]
    rows = {}
    for cm in MAX_SHIFT:
        worst = max(far, key=lambda key: abs(z[cm][key] - far[key]))
        rows[cm] = abs(z[cm][worst] - far[worst]), worst, count_same_labels(shapes[cm], shapes[FARTHEST_CM])
    return rows


def scores_of(networks: Networks, files: Sequence[Path]) -> Mapping[str, list[float]]:
    """Return the overall score and the energies of every readable photo."""
    values_by_score: dict[str, list[float]] = {name: [] for name in ("overall", *ENERGIES)}
    for file in files:
        try:
            scores = sample_of(read_photo(file.read_bytes(), networks)).scores
        except AppError:
            continue
        for name, values in values_by_score.items():
            values.append(scores[name])
    return values_by_score


def show_changes(networks: Networks, files: Sequence[Path]) -> bool:
    kept = measure_labels_kept(networks, files)
    print(f"labels that stay, {len(files)} photos (target {MIN_LABELS_KEPT:.0%} of all)")
    for name, share in kept.items():
        print(f"  {name:12} {share:.1%}")
    mean = float(np.mean(list(kept.values())))
    print(f"  {'all':12} {mean:.1%}")
    return mean >= MIN_LABELS_KEPT


def show_distances(networks: Networks, folder: Path) -> bool:
    met = True
    print(f"\none face from nearer than {FARTHEST_CM} cm: the most moved measure, and labels as from {FARTHEST_CM} cm")
    for cm, (shift, key, same) in measure_distance_shift(networks, folder).items():
        print(f"  {cm} cm: {shift:.2f} SD ({key}), target {MAX_SHIFT[cm]}; {same} of 15 labels")
        met &= shift <= MAX_SHIFT[cm] and (cm != 30 or same >= MIN_LABELS_AT_30CM)
    return met


def show_scores(networks: Networks, files: Sequence[Path], figures: Path) -> bool:
    scores = scores_of(networks, files)
    print(f"\nscores, {len(scores['overall'])} photos: 5th percentile, median, 95th")
    for name, values in scores.items():
        low, middle, high = np.percentile(values, (5, 50, 95))
        print(f"  {name:8} {low:5.1f} {middle:5.1f} {high:5.1f}")
    figures.mkdir(parents=True, exist_ok=True)
    title = f"Overall scores of {len(scores['overall'])} photos"
    (figures / "overall-scores.svg").write_text(
        histogram(scores["overall"], range(58, 101, 2), title), encoding="utf-8"
    )
    steps = [round(value) for energy in ENERGIES for value in scores[energy]]
    title = f"Energies of {len(scores['overall'])} photos, four each"
    (figures / "energies.svg").write_text(histogram(steps, range(1, 7), title), encoding="utf-8")
    low, middle, high = np.percentile(scores["overall"], (5, 50, 95))
    return bool(77 <= middle <= 83 and high - low >= 20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="?", type=Path)
    parser.add_argument("--every", type=int, default=5, help="change each N-th photo")
    parser.add_argument("--figures", type=Path, default=REPOSITORY / "docs/figures", help="where histograms go")
    options = parser.parse_args()
    files = photo_files([options.photos] if options.photos else [])
    if not files:
        raise SystemExit("No photos: name a folder of portraits, or set GWANSANG_FACES.")
    people = [file for file in files if file.parent.name not in {"composite", "distance"}]
    networks = Networks.load(MODEL_DIR)
    met = show_changes(networks, people[:: options.every])
    near = next((file.parent for file in files if file.name == f"{FARTHEST_CM}cm.jpg"), None)
    met &= near is None or show_distances(networks, near)
    met &= show_scores(networks, people, options.figures)
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
