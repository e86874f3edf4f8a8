"""Photos with drawings on them for `gwansang evaluate quality`: what is said of each beside what is so."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Literal

import cv2
import numpy as np

from gwansang.core.exceptions import AppError
from gwansang.reading.covers import REGIONS_OF_PART, is_told
from gwansang.reading.norms import Norms
from gwansang.reading.taxonomy import load_taxonomy
from gwansang.services.ml.face_analyzer import compose_reading, merge_faces
from gwansang.texts import OPERATOR_LOCALE
from gwansang.vision.decode import Pixels
from gwansang.vision.drawn.catalog import COVERS, HARMLESS, HIDDEN, MOSTLY_HIDDEN, FaceDrawing, draw_on_photo, seeded
from gwansang.vision.drawn.changes import CHANGES, STEADY_CHANGES, PictureChange, encode_picture
from gwansang.vision.drawn.compositions import GROUNDS, compose_person
from gwansang.vision.errors import CorruptImageError, FaceCoveredError, MultipleFacesError, NoFaceError
from gwansang.vision.face import Face
from gwansang.vision.gates.headers import inspect_image
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo

Kind = Literal["cover", "harmless", "change", "steady change", "composition"]
KINDS: tuple[Kind, ...] = ("cover", "harmless", "change", "steady change", "composition")
_SHAPES = {part.key: frozenset(shape.id for shape in part.classes) for part in load_taxonomy()}
_LONG_SIDE = 1000  # px of a photo that is drawn on
_TILE = 200  # px of a contact sheet


@dataclass(frozen=True, slots=True)
class SaidOfPhoto:
    """Warnings of a photo, the shapes of its parts, and which of them are decided; refused: code of an error."""

    warnings: frozenset[str] = frozenset()
    shapes: Mapping[str, str] | None = None
    decided: frozenset[str] = frozenset()
    refused: str | None = None

    @property
    def codes(self) -> frozenset[str]:
        """Return the warnings, or the code of the error."""
        return self.warnings if self.refused is None else frozenset({self.refused})


@dataclass(frozen=True, slots=True)
class DrawnOutcome:
    """What was said of one drawn picture.

    right: a wanted warning was given, or none was where none is due. wrong: codes that are neither wanted, nor true of
    what was drawn, nor given to the bare photo. told, kept: parts that have a shape, and those of them that have it on
    the bare photo too; None if one of the two was refused. covered, decided: parts that can't be seen, and those of
    them that are told as decided. tile: a small JPEG, if it was asked for.
    """

    kind: Kind
    name: str
    right: bool
    wrong: frozenset[str]
    refused: str | None
    told: int | None = None
    kept: int | None = None
    covered: int = 0
    decided: int = 0
    tile: bytes | None = None


@dataclass(frozen=True, slots=True)
class DrawnSession:
    """What was said of the bare photo and of everything drawn on it."""

    bare: SaidOfPhoto
    outcomes: tuple[DrawnOutcome, ...]


@dataclass(frozen=True, slots=True)
class DrawingPlan:
    """Options of an evaluation; compositions: number for each photo; times: drawings of each kind on each photo."""

    norms: Norms
    seed: int
    kinds: frozenset[Kind]
    times: int = 1
    compositions: int = 10
    tiles: bool = False


def evaluate_drawings(plan: DrawingPlan, photo: bytes, networks: Networks) -> DrawnSession:
    """Draw everything that is planned on a photo and read each picture; raises as `read_photo` does."""
    pixels = _decode(photo)
    small = _shrink(pixels)
    said = partial(_say, plan.norms, networks)
    bare, bare_small = said(photo), said(encode_picture(small))
    try:
        face = read_photo(encode_picture(small), networks)
    except FaceCoveredError:
        return DrawnSession(bare_small, ())
    seed = plan.seed * 2**32 + zlib.crc32(photo)
    outcomes: list[DrawnOutcome] = []
    for time in range(plan.times):
        seeds = seed + time * 2**64
        outcomes += _draw_on(plan, small, face, bare_small, said, seeds)
        outcomes += _change(plan, pixels, bare, said, seeds)
    if "composition" in plan.kinds:
        outcomes += _compose(plan, small, face, networks, seed)
    return DrawnSession(bare, tuple(outcomes))


def _decode(photo: bytes) -> Pixels:
    inspect_image(photo)  # refuses what is no photo
    decoded = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR_RGB)
    if decoded is None:
        raise CorruptImageError("The image is damaged; send the original file.")
    return decoded.astype(np.uint8, copy=False)


def _shrink(pixels: Pixels) -> Pixels:
    scale = min(1.0, _LONG_SIDE / max(pixels.shape))
    return cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _say(norms: Norms, networks: Networks, photo: bytes) -> SaidOfPhoto:
    try:
        observation = merge_faces([read_photo(photo, networks)])
    except AppError as error:
        return SaidOfPhoto(refused=error.code)
    day = date(2026, 1, 1)  # of the fortune, which is not looked at
    reading = compose_reading(observation, day, OPERATOR_LOCALE, None, norms, None).reading
    return SaidOfPhoto(
        warnings=frozenset(observation.quality.warnings),
        shapes={part.part: part.shape_id for part in reading.parts if part.shape_id in _SHAPES[part.part]},
        decided=frozenset(part.part for part in reading.parts if part.decided),
    )


def _draw_on(
    plan: DrawingPlan, pixels: Pixels, face: Face, bare: SaidOfPhoto, said: Callable[[bytes], SaidOfPhoto], seed: int
) -> Iterator[DrawnOutcome]:
    """Yield what is said of each cover and each harmless thing."""
    lists: tuple[tuple[Kind, tuple[FaceDrawing, ...]], ...] = (("cover", COVERS), ("harmless", HARMLESS))
    for kind, drawing in ((kind, drawing) for kind, drawings in lists if kind in plan.kinds for drawing in drawings):
        drawn = draw_on_photo(pixels, face.points, drawing, seed)
        told = said(encode_picture(drawn.pixels))
        true: set[str] = {*drawing.wanted, *drawn.allowed()} if drawing.wanted else set()
        refusable = bool(drawing.wanted) and drawn.area >= MOSTLY_HIDDEN
        if refusable:
            true.add(FaceCoveredError.code)
        hidden = {region for region, share in drawn.hidden.items() if share >= HIDDEN}
        covered = {part for part in REGIONS_OF_PART if not is_told(part, hidden)} if drawing.wanted else set()
        wrong = told.codes - true - bare.codes
        wanted = bool(told.codes & ({*drawing.wanted, FaceCoveredError.code} if refusable else drawing.wanted))
        yield DrawnOutcome(
            kind=kind,
            name=drawing.name,
            right=wanted if drawing.wanted else not wrong,
            wrong=frozenset(wrong),
            refused=told.refused,
            told=None if told.shapes is None or bare.shapes is None else len(told.shapes),
            kept=_kept(told, bare),
            covered=len(covered) if told.shapes else 0,
            decided=len(covered & told.decided),
            tile=_tile(drawn.pixels, face, told) if plan.tiles else None,
        )


def _change(
    plan: DrawingPlan, pixels: Pixels, bare: SaidOfPhoto, said: Callable[[bytes], SaidOfPhoto], seed: int
) -> Iterator[DrawnOutcome]:
    """Yield what is said of each change of the picture."""
    lists: tuple[tuple[Kind, tuple[PictureChange, ...]], ...] = (("change", CHANGES), ("steady change", STEADY_CHANGES))
    for kind, change in ((kind, change) for kind, changes in lists if kind in plan.kinds for change in changes):
        changed = change.apply(pixels, seeded(seed, change.name))
        told = said(changed)
        wrong = told.codes - change.wanted - change.allowed - bare.codes
        yield DrawnOutcome(
            kind=kind,
            name=change.name,
            right=bool(told.codes & change.wanted) if change.wanted else not wrong,
            wrong=frozenset(wrong),
            refused=told.refused,
            told=None if told.shapes is None or bare.shapes is None else len(told.shapes),
            kept=_kept(told, bare),
            tile=_tile(_decode(changed), None, told) if plan.tiles else None,
        )


def _compose(plan: DrawingPlan, pixels: Pixels, face: Face, networks: Networks, seed: int) -> Iterator[DrawnOutcome]:
    """Yield whether each composition of one person is counted as one; every other ground is plain."""
    for number in range(plan.compositions):
        ground = "plain" if number % 2 == 0 else GROUNDS[1 + number // 2 % (len(GROUNDS) - 1)]
        composed = compose_person(pixels, face.points, ground, seeded(seed, f"composition {number}"))
        said = _say(plan.norms, networks, encode_picture(composed))
        miscounted = said.refused in (NoFaceError.code, MultipleFacesError.code)
        yield DrawnOutcome(
            kind="composition",
            name=f"ground: {ground}",
            right=not miscounted,
            wrong=frozenset({said.refused or ""}) if miscounted else frozenset(),
            refused=said.refused,
            tile=_tile(composed, None, said) if plan.tiles else None,
        )


def _kept(said: SaidOfPhoto, bare: SaidOfPhoto) -> int | None:
    if said.shapes is None or bare.shapes is None:
        return None
    return sum(bare.shapes.get(part) == shape for part, shape in said.shapes.items())


def _tile(pixels: Pixels, face: Face | None, said: SaidOfPhoto) -> bytes:
    """Return the picture, cut around a face, as a square with the codes below."""
    height, width = pixels.shape[:2]
    x, y, side = width / 2, height / 2, float(max(height, width))
    if face is not None:
        x, y = face.points[:, :2].mean(axis=0).tolist()
        side = 1.9 * float(np.ptp(face.points[:, 0]))
    scale = _TILE / side
    move = np.array([[scale, 0, _TILE / 2 - scale * x], [0, scale, _TILE / 2 - scale * y]])
    tile = cv2.warpAffine(pixels, move, (_TILE, _TILE), flags=cv2.INTER_AREA, borderValue=(255, 255, 255))
    for line, code in enumerate(sorted(said.codes)):
        cv2.putText(tile, code, (2, _TILE - 4 - 10 * line), cv2.FONT_HERSHEY_PLAIN, 0.7, (200, 0, 0), 1, cv2.LINE_AA)
    return encode_picture(tile.astype(np.uint8, copy=False))
