"""Uncovered faces to draw on: every portrait at one size, as it is and turned."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.landmarks.landmarker import Landmarker, NoFaceError
from calibration.landmarks.portraits import find_portraits, read_picture
from gwansang.vision.decode import Pixels
from gwansang.vision.drawn_face import draw_face
from gwansang.vision.face import Points
from gwansang.vision.face_layout import FACE_OVAL
from gwansang.vision.measuring.channels import apply_matrix, crop_matrix
from gwansang.vision.mesh import VERTEX_COUNT, canonical_face
from gwansang.vision.pose import align_to_canonical
from gwansang.vision.warp import PictureWarp

WIDTH, HEIGHT = 338, 390  # of a base
_SCALE = 0.65  # of a base against the eye-level crop
_SHIFT = (52.0, 71.5)  # of the crop's corner in the base
_TURNS_DEG = ((0.0, 0.0), (-14.0, 5.0), (24.0, -8.0))  # yaw, pitch; examples are mirrored when learning
_DRAWN_STEP = 25  # photos for one whose shape a drawn face gets
_SAME_WOMAN = "lisa"  # in the sets of distances and selfies


@dataclass(frozen=True, slots=True)
class Bases:
    """n faces.

    person, name: (n,); pixels: (n, 390, 338, 3) RGB; points: (n, 478, 3) of the mesh; turn: (n,) number of the turn.
    """

    person: NDArray[np.str_]
    name: NDArray[np.str_]
    pixels: NDArray[np.uint8]
    points: Points
    turn: NDArray[np.intp]


def load_bases(folder: Path, models: Path, cache: Path | None) -> Bases:
    """Return the bases of the cache file, or make them of the portraits in a folder and write it."""
    if cache is not None and cache.exists():
        with np.load(cache) as file:
            return Bases(**{name: file[name] for name in Bases.__dataclass_fields__})
    landmarker = Landmarker(models)
    rows = [
        row
        for person, photo in list_photos(folder)
        for row in _make(person, photo.stem, read_picture(photo), landmarker)
    ]
    rows += _draw_faces(rows, landmarker)
    bases = Bases(*(np.array(column) for column in zip(*rows, strict=True)))
    if cache is not None:
        with cache.open("wb") as out:
            np.savez(out, allow_pickle=False, **{name: getattr(bases, name) for name in Bases.__dataclass_fields__})
    return bases


def list_photos(folder: Path) -> list[tuple[str, Path]]:
    """Return person and file of every portrait; those of distances and selfies show one woman."""
    marked = [(portrait.person, portrait.photo) for portrait in find_portraits(folder)]
    averages = [(path.stem, path) for path in sorted((folder / "composite").glob("*.jpg"))]
    woman = [(_SAME_WOMAN, path) for group in ("distance", "selfie") for path in sorted((folder / group).glob("*.jpg"))]
    return marked + averages + woman


Row = tuple[str, str, Pixels, Points, int]


def _draw_faces(rows: list[Row], landmarker: Landmarker) -> list[Row]:
    """Return drawn faces in the shapes of some people; the tests show such to the networks."""
    meshes = [row[3] for row in rows if row[4] == 0][::_DRAWN_STEP]
    shapes = [None, *(align_to_canonical(points[:VERTEX_COUNT]).frontal for points in meshes)]
    drawn: list[Row] = []
    for number, shape in enumerate(shapes):
        drawn += _make(f"drawn{number}", f"drawn{number}", draw_face(vertices=shape), landmarker)
    return drawn


def _make(person: str, name: str, picture: Pixels, landmarker: Landmarker) -> Iterator[Row]:
    """Yield the rows of a face, plain and turned."""
    try:
        found = landmarker.find(picture)
    except NoFaceError:
        print(f"no face: {name}", file=sys.stderr)
        return
    matrix = crop_matrix(found.points) * _SCALE
    matrix[:, 2] += _SHIFT
    scale = float(np.hypot(*matrix[:, 0]))
    if scale < 0.7:  # shrinking alone would alias
        picture = cv2.GaussianBlur(picture, (0, 0), 0.4 / scale).astype(np.uint8, copy=False)
    pixels = cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)
    points = np.column_stack([apply_matrix(matrix, found.points[:, :2]), found.points[:, 2] * scale])
    for number, (yaw, pitch) in enumerate(_TURNS_DEG):
        turned = turn_picture(pixels, points, yaw, pitch)
        try:
            yield person, name, turned, landmarker.find(turned).points, number
        except NoFaceError:
            print(f"no face: {name} turned by {yaw:.0f} degrees", file=sys.stderr)


def turn_picture(pixels: Pixels, points: Points, yaw_deg: float, pitch_deg: float) -> Pixels:
    """Return the picture of a face with (478, 3) points turned by angles."""
    if not yaw_deg and not pitch_deg:
        return pixels
    mesh = points[:VERTEX_COUNT]
    centre = mesh.mean(axis=0)
    yaw, pitch = np.radians((yaw_deg, pitch_deg))
    turn = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    nod = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
    moved = (mesh - centre) @ (nod @ turn).T + centre
    oval = list(FACE_OVAL)
    around = PictureWarp(WIDTH, HEIGHT, mesh[oval, :2], moved[oval, :2]).move_picture(pixels)
    sources, shown = _render_places(mesh, moved)
    face = cv2.remap(pixels, sources[..., 0], sources[..., 1], cv2.INTER_LINEAR)
    weight = cv2.GaussianBlur(cv2.erode(shown, np.ones((3, 3), np.uint8)).astype(np.float32), (0, 0), 1.5)[..., None]
    return (around + weight * (face.astype(np.float32) - around)).astype(np.uint8)


def _render_places(mesh: Points, moved: Points) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return which source pixel (h, w, 2) each pixel of the moved mesh shows, and where it shows one (h, w)."""
    sources, shown = np.zeros((HEIGHT, WIDTH, 2), np.float32), np.zeros((HEIGHT, WIDTH), np.uint8)
    triangles = canonical_face().triangles
    order = moved[triangles][:, :, 2].mean(axis=1).argsort()[::-1]  # the nearest last
    for triangle in triangles[order]:
        old, new = mesh[triangle, :2], moved[triangle, :2]
        if _signed_area(old) * _signed_area(new) <= 0.0 or abs(_signed_area(new)) < 0.5:
            continue  # turned away
        x0, y0 = np.maximum(np.floor(new.min(axis=0)).astype(int) - 1, 0)
        x1, y1 = np.minimum(np.ceil(new.max(axis=0)).astype(int) + 2, (WIDTH, HEIGHT))
        rows, columns = np.mgrid[y0:y1, x0:x1]
        shares = (
            np.stack([columns, rows, np.ones_like(rows)], axis=-1) @ np.linalg.inv(np.vstack([new.T, np.ones(3)])).T
        )
        inside = (shares >= -0.05).all(axis=2)
        sources[y0:y1, x0:x1][inside] = (shares @ old)[inside]
        shown[y0:y1, x0:x1][inside] = 1
    return sources, shown


def _signed_area(corners: Points) -> float:
    (ax, ay), (bx, by) = corners[1] - corners[0], corners[2] - corners[0]
    return float(ax * by - ay * bx) / 2


def cm_per_pixel(points: Points) -> float:
    """Return the size of a pixel at a face with (478, 3) points."""
    return float(align_to_canonical(points[:VERTEX_COUNT]).scale)
