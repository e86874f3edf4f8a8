"""Pairs of the points that clients send and those that the service finds, on the same portraits and retakes."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.landmarks.client_networks import OlderMeshClient, TasksClient
from calibration.landmarks.landmarker import Landmarker, NoFaceError
from calibration.landmarks.portraits import NEUTRAL, Portrait
from calibration.landmarks.retakes import FIXED, PLAIN, Retake, draw_retake, retake_portrait
from gwansang.vision.decode import Pixels
from gwansang.vision.face import Points
from gwansang.vision.measuring.channels import Maps, crop_face, crop_matrix, make_channels
from gwansang.vision.mesh import VERTEX_COUNT
from gwansang.vision.pose import align_to_canonical

_NAMES = ("plain", "near25", "near40", "turn10", "nod8", "up8", "face200")
_RANDOM_NEUTRAL, _RANDOM_SMILING = 3, 3  # random retakes of a photo


@dataclass(frozen=True, slots=True)
class Pairs:
    """n pictures, each seen by the service and by every producer.

    server: (n, 478, 3) and blendshapes: (n, 52) of the service; maps: (n, 210, 180, 10) channels of its crop; tasks,
    tracked, averaged: (n, 478, 3); still, second, product: (n, 468, 3); all points in photo pixels.
    """

    person: NDArray[np.str_]
    kind: NDArray[np.str_]
    name: NDArray[np.str_]
    server: NDArray[np.float32]
    blendshapes: NDArray[np.float32]
    maps: Maps
    tasks: NDArray[np.float32]
    tracked: NDArray[np.float32]
    averaged: NDArray[np.float32]
    still: NDArray[np.float32]
    second: NDArray[np.float32]
    product: NDArray[np.float32]

    def points(self, producer: str) -> Points:
        """Return the points of a producer, or of the server, (n, 468 or 478, 3)."""
        return np.asarray(getattr(self, producer), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Lookers:
    """Everything that looks at a picture."""

    service: Landmarker
    tasks: TasksClient
    older: OlderMeshClient


def load_pairs(portraits: Sequence[Portrait], lookers: Lookers, cache: Path | None) -> Pairs:
    """Return the pairs of the cache file, or make them and write it; about half a second a picture."""
    if cache is not None and cache.exists():
        with np.load(cache) as file:
            return Pairs(**{name: file[name] for name in Pairs.__dataclass_fields__})
    pairs = make_pairs(portraits, lookers)
    if cache is not None:
        with cache.open("wb") as file:
            np.savez(file, allow_pickle=False, **{name: getattr(pairs, name) for name in Pairs.__dataclass_fields__})
    return pairs


def make_pairs(portraits: Sequence[Portrait], lookers: Lookers) -> Pairs:
    """Return the pairs of portraits; a picture in which anything finds no face is left out."""
    rows: list[Mapping[str, object]] = []
    for count, portrait in enumerate(portraits, 1):
        rows += _pair_portrait(portrait, lookers)
        print(f"\r{count} of {len(portraits)} photos looked at", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return Pairs(**{name: np.array([row[name] for row in rows]) for name in Pairs.__dataclass_fields__})


def _pair_portrait(portrait: Portrait, lookers: Lookers) -> Iterator[Mapping[str, object]]:
    rng = np.random.default_rng(int.from_bytes((portrait.person + portrait.kind).encode(), "little") % 2**32 + 1)
    image = portrait.read_picture()
    plain = lookers.service.find(image)
    cm_per_px, marks = align_to_canonical(plain.points[:VERTEX_COUNT]).scale, np.empty((0, 2))
    for retake in _choose_retakes(portrait.kind, rng):
        changed, _ = retake_portrait(image, plain.points, marks, retake, cm_per_px, rng)
        try:
            yield _look(portrait, retake, changed, lookers)
        except NoFaceError:
            print(f"\nno face: {portrait.photo.name}, {retake.name}", file=sys.stderr)


def _choose_retakes(kind: str, rng: np.random.Generator) -> list[Retake]:
    fixed = [retake for retake in FIXED if retake.name in _NAMES] if kind == NEUTRAL else [PLAIN]
    count = _RANDOM_NEUTRAL if kind == NEUTRAL else _RANDOM_SMILING
    return [*fixed, *(draw_retake(rng, f"r{i}") for i in range(count))]


def _look(portrait: Portrait, retake: Retake, picture: Pixels, lookers: Lookers) -> Mapping[str, object]:
    landmarks = lookers.service.find(picture)
    points = {**lookers.tasks.look(picture), **lookers.older.look(picture)}
    return {
        "person": portrait.person,
        "kind": portrait.kind,
        "name": retake.name,
        "server": landmarks.points.astype(np.float32),
        "blendshapes": landmarks.blendshapes,
        "maps": make_channels(crop_face(picture, crop_matrix(landmarks.points))),
        **{name: found.astype(np.float32) for name, found in points.items()},
    }
