"""Portraits squeezed and stretched on purpose, and what the estimate of the stretch reads in each."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.landmarks.landmarker import Landmarker, NoFaceError
from calibration.landmarks.portraits import Portrait, find_portraits
from calibration.landmarks.retakes import draw_retake, retake_portrait
from gwansang.vision.decode import Pixels
from gwansang.vision.drawn_face import draw_face
from gwansang.vision.face import Points
from gwansang.vision.measuring.weights import landmark_model
from gwansang.vision.mesh import VERTEX_COUNT
from gwansang.vision.pose import align_to_canonical
from gwansang.vision.stretch import levelness, stretch_features

PLAIN, RANDOM = "plain", "random"
ASPECTS = (1.0, 0.7, 0.75, 0.8, 0.85, 0.9, 1.1, 1.18, 1.25, 1.33, 1.4)
DRAWN = "drawn"
"""The face that `gwansang.vision.drawn_face` draws, which counts as a face that is not stretched."""
OTHERS = ("composite", "distance", "selfie")
"""Sets that nothing is learned from."""
_DRAWN_SIZE = 480, 640, 225.0
_RANDOM_LOOKS = {True: 12, False: 4}  # of a portrait that is learned from, and of another
_UNCHANGED, _MAX_LOG, _ROLL_DEG = 0.35, 0.4, 8.0  # of the random looks: share, largest stretch, SD of the roll


@dataclass(frozen=True, slots=True)
class Looks:
    """n looks at stretched pictures.

    kind: NEUTRAL, SMILING, DRAWN or one of OTHERS; name: PLAIN or RANDOM; aspect: what the picture was widened by;
    level: (n,) `levelness`; features: (n, 1489).
    """

    person: NDArray[np.str_]
    kind: NDArray[np.str_]
    name: NDArray[np.str_]
    aspect: Points
    level: Points
    features: NDArray[np.float32]

    @property
    def learned(self) -> NDArray[np.bool_]:
        """Looks that are learned from, (n,)."""
        return ~np.isin(self.kind, OTHERS)

    @property
    def portraits(self) -> NDArray[np.bool_]:
        """Looks at the people who are learned from, (n,)."""
        return self.learned & (self.kind != DRAWN)

    @property
    def stretch(self) -> Points:
        """Log aspects, (n,)."""
        return np.log(self.aspect)


Row = tuple[str, str, str, float, float, Points]


def load_looks(folder: Path, model_dir: Path, cache: Path | None) -> Looks:
    """Return the looks of the cache file, or take and write them; some four minutes on one core."""
    names = tuple(Looks.__dataclass_fields__)
    if cache is not None and cache.exists():
        with np.load(cache) as file:
            return Looks(**{name: file[name] for name in names})
    rows: list[Row] = []
    portraits = [*find_portraits(folder), *_find_others(folder)]
    landmarker = Landmarker(model_dir)
    rows += _look_at(DRAWN, DRAWN, draw_face(*_DRAWN_SIZE), landmarker)
    for count, portrait in enumerate(portraits, 1):
        rows += _look_at(portrait.person, portrait.kind, _read_half(portrait.photo), landmarker)
        print(f"\r{count} of {len(portraits)} photos", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    looks = Looks(*(np.array([row[i] for row in rows]) for i in range(len(names))))
    if cache is not None:
        with cache.open("wb") as opened:
            np.savez(opened, allow_pickle=False, **{name: getattr(looks, name) for name in names})
    return looks


def _find_others(folder: Path) -> list[Portrait]:
    photos = [(group, photo) for group in OTHERS for photo in sorted((folder / group).rglob("*.jpg"))]
    return [Portrait(group + photo.stem, group, photo, None) for group, photo in photos]


def _read_half(photo: Path) -> Pixels:
    image = cv2.imread(str(photo), cv2.IMREAD_REDUCED_COLOR_2)
    if image is None:
        raise ValueError(f"{photo} can't be read")
    return np.ascontiguousarray(image[..., ::-1].astype(np.uint8, copy=False))


def _look_at(person: str, kind: str, image: Pixels, landmarker: Landmarker) -> Iterator[Row]:
    rng = np.random.default_rng(int.from_bytes((person + kind).encode(), "little") % 2**32)
    mesh = landmarker.find(image).points
    for name, aspect, changed in _changed_pictures(image, mesh, rng, is_learned=kind not in OTHERS):
        try:
            level, features = _read(_stretched(changed, aspect, rng), landmarker)
        except NoFaceError:
            print(f"\nno face: {person}, {kind}, {name}, {aspect:.2f}", file=sys.stderr)
            continue
        yield person, kind, name, aspect, level, features


def _changed_pictures(
    image: Pixels, mesh: Points, rng: np.random.Generator, *, is_learned: bool
) -> Iterator[tuple[str, float, Pixels]]:
    """Yield a portrait before each stretch: its name, the aspect to give it, and the picture."""
    yield from ((PLAIN, aspect, image) for aspect in ASPECTS)
    cm_per_px = align_to_canonical(mesh[:VERTEX_COUNT]).scale
    for _ in range(_RANDOM_LOOKS[is_learned]):
        retake = draw_retake(rng, RANDOM)
        aspect = 1.0 if rng.random() < _UNCHANGED else float(np.exp(rng.uniform(-_MAX_LOG, _MAX_LOG)))
        changed, moved = retake_portrait(image, mesh, mesh[:, :2], retake, cm_per_px, rng)
        yield RANDOM, aspect, _rolled(changed, moved.mean(axis=0), float(rng.normal(0, _ROLL_DEG)))


def _rolled(image: Pixels, centre: Points, degrees: float) -> Pixels:
    turn = cv2.getRotationMatrix2D((float(centre[0]), float(centre[1])), degrees, 1.0)
    size = image.shape[1], image.shape[0]
    return cv2.warpAffine(image, turn, size, borderMode=cv2.BORDER_REPLICATE).astype(np.uint8, copy=False)


def _stretched(image: Pixels, aspect: float, rng: np.random.Generator) -> Pixels:
    """Return the picture with its width, or by chance its height, changed."""
    if aspect == 1:
        return image
    height, width = image.shape[:2]
    size = (round(width * aspect), height) if rng.random() < 0.5 else (width, round(height / aspect))
    shrinks = size[0] <= width and size[1] <= height
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.resize(image, size, interpolation=method).astype(np.uint8, copy=False)


def _read(image: Pixels, landmarker: Landmarker) -> tuple[float, Points]:
    landmarks = landmarker.find(image)
    measured = landmark_model().measure(image, landmarks)
    alignment = align_to_canonical(landmarks.points[:VERTEX_COUNT])
    features = stretch_features(landmarks.points, alignment, measured.points, measured.per_cm)
    return levelness(landmarks.points), features.astype(np.float32)
