"""Takes of marked portraits, plain and changed, with everything that learning reads; made once and cached in a file."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.landmarks.landmarker import Landmarker, NoFaceError
from calibration.landmarks.portraits import NEUTRAL, Portrait
from calibration.landmarks.retakes import FIXED, PLAIN, Retake, draw_retake, retake_portrait
from gwansang.vision.face import Points
from gwansang.vision.measuring.channels import Maps, crop_face, crop_matrix, make_channels
from gwansang.vision.measuring.model import Landmarks
from gwansang.vision.mesh import VERTEX_COUNT
from gwansang.vision.pose import align_to_canonical

_RANDOM_NEUTRAL, _RANDOM_SMILING = 8, 4  # random retakes of a photo


@dataclass(frozen=True, slots=True)
class Take:
    """One picture that was measured; the fields are those of `Takes` in one row."""

    person: str
    kind: str
    name: str
    mesh: NDArray[np.float32]
    blendshapes: NDArray[np.float64]
    matrix: Points
    maps: Maps
    marks: NDArray[np.float32]
    near_cm: float


@dataclass(frozen=True, slots=True)
class Takes:
    """n takes, sorted by person, kind and name.

    mesh: (n, 478, 3) photo pixels; blendshapes: (n, 52); matrix: (n, 2, 3) photo to crop pixels; maps: (n, 210, 180,
    10); marks: (n, 189, 2) photo pixels, NaN for smiling photos; near_cm: (n,) distance, 0 for the photo's own.
    """

    person: NDArray[np.str_]
    kind: NDArray[np.str_]
    name: NDArray[np.str_]
    mesh: NDArray[np.float32]
    blendshapes: NDArray[np.float32]
    matrix: Points
    maps: Maps
    marks: NDArray[np.float32]
    near_cm: Points

    @property
    def face_px(self) -> Points:
        """Width of each face in photo pixels, (n,)."""
        width: Points = np.ptp(self.mesh[:, :VERTEX_COUNT, 0].astype(np.float64), axis=1)
        return width

    @property
    def is_fixed(self) -> NDArray[np.bool_]:
        """Takes that are not random, (n,)."""
        return np.isin(self.name, [retake.name for retake in FIXED])


def load_takes(portraits: Sequence[Portrait], model_dir: Path, cache: Path | None) -> Takes:
    """Return the takes of the cache file, or make them and write it; about a tenth of a second a take."""
    if cache is not None and cache.exists():
        with np.load(cache) as file:
            return Takes(**{name: file[name] for name in Takes.__dataclass_fields__})
    takes = make_takes(portraits, Landmarker(model_dir))
    if cache is not None:
        with cache.open("wb") as file:
            np.savez(file, allow_pickle=False, **{name: getattr(takes, name) for name in Takes.__dataclass_fields__})
    return takes


def make_takes(portraits: Sequence[Portrait], landmarker: Landmarker) -> Takes:
    """Return the takes of portraits; a take without a face is left out."""
    rows: list[Take] = []
    for count, portrait in enumerate(portraits, 1):
        rows += _take_portrait(portrait, landmarker)
        print(f"\r{count} of {len(portraits)} photos taken", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    rows.sort(key=lambda row: (row.person, row.kind, row.name))
    return Takes(**{name: np.array([getattr(row, name) for row in rows]) for name in Takes.__dataclass_fields__})


def _take_portrait(portrait: Portrait, landmarker: Landmarker) -> Iterator[Take]:
    seed = int.from_bytes((portrait.person + portrait.kind).encode(), "little") % 2**32
    rng = np.random.default_rng(seed)
    image, marks = portrait.read_picture(), portrait.read_marks()
    plain = landmarker.find(image)
    cm_per_px = align_to_canonical(plain.points[:VERTEX_COUNT]).scale
    for retake in _choose_retakes(portrait.kind, rng):
        changed, moved = retake_portrait(image, plain.points, marks, retake, cm_per_px, rng)
        try:
            landmarks = landmarker.find(changed)
        except NoFaceError:
            print(f"\nno face: {portrait.photo.name}, {retake.name}", file=sys.stderr)
            continue
        matrix = crop_matrix(landmarks.points)
        yield _row(portrait, retake, landmarks, matrix, make_channels(crop_face(changed, matrix)), moved)


def _row(portrait: Portrait, retake: Retake, landmarks: Landmarks, matrix: Points, maps: Maps, marks: Points) -> Take:
    return Take(
        portrait.person,
        portrait.kind,
        retake.name,
        landmarks.points.astype(np.float32),
        landmarks.blendshapes,
        matrix,
        maps,
        marks.astype(np.float32),
        retake.near_cm or 0.0,
    )


def _choose_retakes(kind: str, rng: np.random.Generator) -> list[Retake]:
    fixed, count = (FIXED, _RANDOM_NEUTRAL) if kind == NEUTRAL else ((PLAIN,), _RANDOM_SMILING)
    return [*fixed, *(draw_retake(rng, f"r{i}") for i in range(count))]
