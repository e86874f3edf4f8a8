"""Examples to learn from: faces with random drawings in the frontal layout, and the share of each cell they cover."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.covers import beards, cloth, eyewear, hair, hands, held, skin, things
from calibration.covers.bases import Bases, load_bases
from calibration.covers.conditions import shoot
from calibration.covers.scene import Scene
from gwansang.vision.covers import straighten
from gwansang.vision.decode import image_from_pixels
from gwansang.vision.face_layout import SIDE, face_layout
from gwansang.vision.image_statistics import halve_crop
from gwansang.vision.landmarks import face_region, find_landmarks_once
from gwansang.vision.measuring.channels import crop_face, crop_matrix
from gwansang.vision.models.runtime import Networks

Draw = Callable[[Scene], None]
COVERS: dict[str, Draw] = {
    "sunglasses": eyewear.draw_sunglasses, "eye band": eyewear.draw_eye_band, "mask": cloth.draw_mask,
    "scarf": cloth.draw_scarf, "hat": cloth.draw_hat, "veil": cloth.draw_veil, "hand": hands.draw_hand,
    "thing": held.draw_thing, "flat": things.draw_flat, "text": things.draw_text, "pixels": things.draw_pixels,
    "most": things.draw_most, "curtain": hair.draw_curtain, "bangs": hair.draw_bangs,
}  # fmt: skip
HARMLESS: dict[str, Draw] = {
    "clear glasses": eyewear.draw_clear_glasses, "free hat": cloth.draw_free_hat, "free bangs": hair.draw_free_bangs,
    "beard": beards.draw_beard, "lipstick": skin.draw_lipstick, "eye make-up": skin.draw_eye_make_up,
    "jewels": skin.draw_jewels, "spots": skin.draw_spots, "wrinkles": skin.draw_wrinkles, "shadow": skin.draw_shadow,
    "sheer veil": cloth.draw_sheer_veil,
}  # fmt: skip
BARE = "bare"
KINDS = (BARE, *COVERS, *HARMLESS)
_COVER_SHARES = {
    "hand": 6.0, "thing": 3.5, "veil": 2.5, "curtain": 2.0, "flat": 1.5, "mask": 1.5, "sunglasses": 1.5, "hat": 1.2,
    "most": 0.6,
}  # fmt: skip
_HARMLESS_SHARES = {"beard": 3.0, "clear glasses": 3.0, "free bangs": 2.0, "sheer veil": 1.5}
_UNDER = ("beard", "lipstick", "eye make-up", "jewels", "spots", "wrinkles")  # drawn before a cover
_BEFORE_EYES = ("sunglasses", "clear glasses", "eye band")
_SHIFT_SHARE, _SIZE_SHARE, _TURN_DEG = 0.05, 0.06, 4.0  # spread of the region in which the mesh is searched
_OPAQUE = 0.5


@dataclass(frozen=True, slots=True)
class Examples:
    """n examples: layout (n, 64, 64, 3); cover (n, 32, 32) share of each cell, 0-255; base, kind (n,) numbers."""

    layout: NDArray[np.uint8]
    cover: NDArray[np.uint8]
    base: NDArray[np.int32]
    kind: NDArray[np.int32]

    def pick(self, rows: NDArray[np.intp]) -> "Examples":
        """Return some of the examples."""
        return Examples(self.layout[rows], self.cover[rows], self.base[rows], self.kind[rows])


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture with a drawing: pixels RGB, cover (h, w) opacity 0-1, kind: name of its main drawing."""

    pixels: NDArray[np.uint8]
    cover: NDArray[np.float32]
    kind: str


def draw_kind(rng: np.random.Generator) -> str:
    """Return what to draw: mostly one of the covers, often something harmless, sometimes nothing."""
    chance = rng.random()
    if chance < 0.1:
        return BARE
    if chance < 0.42:
        return _choose(rng, HARMLESS, _HARMLESS_SHARES)
    return _choose(rng, COVERS, _COVER_SHARES)


def _choose(rng: np.random.Generator, kinds: dict[str, Draw], shares: dict[str, float]) -> str:
    chances = np.array([shares.get(name, 1.0) for name in kinds])
    return str(rng.choice(list(kinds), p=chances / chances.sum()))


def draw_picture(pixels: NDArray[np.uint8], points: NDArray[np.float64], kind: str, rng: np.random.Generator) -> Drawn:
    """Return a face with a drawing of a kind, among harmless ones, taken under random conditions."""
    scene = Scene.of(pixels, points, rng)
    if rng.random() < 0.35:
        skin.change_tone(scene)
    for name in _UNDER:
        if name == kind or rng.random() < 0.1:
            HARMLESS[name](scene)
    if kind != BARE and kind not in _UNDER:
        (COVERS | HARMLESS)[kind](scene)
    if kind in COVERS and rng.random() < 0.12:
        COVERS[str(rng.choice(list(COVERS)))](scene)
    if kind not in _BEFORE_EYES and rng.random() < 0.12:
        eyewear.draw_clear_glasses(scene)
    if kind != "shadow" and rng.random() < 0.2:
        skin.draw_shadow(scene)
    return Drawn(shoot(scene.pixels, rng), scene.cover, kind)


class Looker:
    """The mesh network of the service, on drawn faces; for one thread at a time."""

    def __init__(self, models: Path) -> None:
        self._networks = Networks.load(models)

    def find(
        self, pixels: NDArray[np.uint8], near: NDArray[np.float64], rng: np.random.Generator
    ) -> NDArray[np.float64] | None:
        """Return (478, 3) points of the face in a picture, searched a little off those of its uncovered face.

        None if the network sees no face.
        """
        dx, dy = rng.normal(0, _SHIFT_SHARE, 2)
        size, turn = float(np.exp(rng.normal(0, _SIZE_SHARE))), float(np.radians(rng.normal(0, _TURN_DEG)))
        region = face_region(near).shifted(dx, dy, size, turn)
        mesh = find_landmarks_once(self._networks, image_from_pixels(pixels), region)
        return mesh.points if mesh.presence >= _OPAQUE else None


def lay_out(drawn: Drawn, points: NDArray[np.float64]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a picture in the frontal layout of (478, 3) points, and the covered share of its (32, 32) cells, 0-255."""
    layout = straighten(halve_crop(crop_face(drawn.pixels, crop_matrix(points))), points)
    field = face_layout().place(points[:, :2]).astype(np.float32).reshape(SIDE, SIDE, 2)
    hidden = (drawn.cover > _OPAQUE).astype(np.float32)
    hidden = cv2.GaussianBlur(hidden, (0, 0), 1.2)
    cells = cv2.remap(hidden, field, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    small = cv2.resize(cells, (SIDE // 2, SIDE // 2), interpolation=cv2.INTER_AREA)
    return layout, (small * 255).round().astype(np.uint8)


def make_examples(bases: Bases, models: Path, numbers: Sequence[int]) -> Examples:
    """Return the examples of these numbers, which seed all that is random; those without a face are left out."""
    cv2.setNumThreads(1)
    looker = Looker(models)
    rows = []
    for number in numbers:
        rng = np.random.default_rng([number, 2024])
        base = int(rng.integers(len(bases.person)))
        kind = draw_kind(rng)
        drawn = draw_picture(bases.pixels[base], bases.points[base], kind, rng)
        points = looker.find(drawn.pixels, bases.points[base], rng)
        if points is not None:
            rows.append((*lay_out(drawn, points), base, KINDS.index(kind)))
        if len(rows) % 500 == 0:
            print(f"{number}: {len(rows)} examples", file=sys.stderr, flush=True)
    return Examples(*(np.array(column) for column in zip(*rows, strict=True)))


def load_examples(photos: Path, models: Path, cache: Path, count: int, processes: int) -> tuple[Bases, Examples]:
    """Return the bases and this many examples; both are kept in a folder, in parts of 800."""
    cache.mkdir(parents=True, exist_ok=True)
    bases = load_bases(photos, models, cache / "bases.npz")
    starts = range(0, count, PART)
    missing = [(photos, models, cache, start) for start in starts if not (cache / f"part{start}.npz").exists()]
    if missing:
        with get_context("spawn").Pool(processes) as pool:
            pool.starmap(_write_part, missing, chunksize=1)
    parts = []
    for start in starts:
        with np.load(cache / f"part{start}.npz") as file:
            parts.append([file[name] for name in Examples.__dataclass_fields__])
    return bases, Examples(*(np.concatenate(column) for column in zip(*parts, strict=True)))


PART = 800


def _write_part(photos: Path, models: Path, cache: Path, start: int) -> None:
    bases = load_bases(photos, models, cache / "bases.npz")
    examples = make_examples(bases, models, range(start, start + PART))
    with (cache / f"part{start}.npz").open("wb") as out:
        np.savez(out, allow_pickle=False, **{name: getattr(examples, name) for name in Examples.__dataclass_fields__})
