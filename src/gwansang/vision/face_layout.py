"""Frontal layout of a face: a square of cells, each of which shows the same place of everyone's face."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from gwansang.vision.face import FaceRegion, Points
from gwansang.vision.mesh import canonical_face

SIDE = 64  # cells along each side of the layout
_CELLS_PER_CM = 3.4
_MIDDLE_CM = (0.0, -0.35)  # place of the canonical face in the middle of the layout
_MARGIN = 1.6  # of the layout around the face's outline, from the middle of the outline
FACE_OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
"""Mesh points of the face's outline, clockwise in the frame from the top of the forehead."""
_NOSE = (195, 115, 344, 48, 278, 64, 294, 129, 358, 98, 327, 2)
_FOREHEAD = (103, 67, 109, 10, 338, 297, 332, 63, 105, 66, 107, 336, 296, 334, 293)
_RIGHT: dict[FaceRegion, tuple[int, ...]] = {
    "brows": (70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
    "eyes": (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
    "mouth": (61, 40, 37, 0, 17, 84, 91),
    "cheeks": (116, 117, 118, 100, 36, 205, 207, 187, 147, 123),
    "jaw": (18, 43, 212, 214, 138, 172, 136, 150, 149, 176, 148, 152),
}
"""Mesh points around the parts of the subject's right half."""


@dataclass(frozen=True, slots=True)
class FaceLayout:
    """vertices, weights: (4096, 4) mesh vertices whose weighted mean shows where each cell lies.

    The last of each four stands for the middle of the face's outline, index 468.
    """

    vertices: NDArray[np.intp]
    weights: Points

    def place(self, points: Points) -> Points:
        """Return the (4096, 2) places of the cells, row by row, for (n, 2) points of a mesh."""
        mesh = points[: len(canonical_face().vertices)]
        known = np.vstack([mesh, mesh[list(FACE_OVAL)].mean(axis=0)])
        places = (np.einsum("ij,ij->i", known[:, axis].take(self.vertices), self.weights) for axis in (0, 1))
        return np.column_stack(list(places))


@cache
def face_layout() -> FaceLayout:
    """Return the layout: the triangles of the canonical face, and beyond its outline those of a wider one."""
    face = canonical_face()
    ring = np.roll(np.arange(len(FACE_OVAL)), -1)
    middle = len(face.vertices)
    wide = middle + 1 + np.arange(len(FACE_OVAL))
    oval = np.array(FACE_OVAL)
    bands = np.vstack([np.column_stack([oval, wide, wide[ring]]), np.column_stack([oval, wide[ring], oval[ring]])])
    cells = layout_cells(np.vstack([face.vertices[:, :2], _wide_outline(face.vertices[:, :2])]))
    vertices, weights = np.zeros((SIDE * SIDE, 4), dtype=np.intp), np.zeros((SIDE * SIDE, 4))
    order = face.vertices[face.triangles][:, :, 2].mean(axis=1).argsort()  # the foremost last
    for triangle in (*bands, *face.triangles[order]):
        inside, shares = _inside(cells[triangle])
        vertices[inside, :3], weights[inside, :3] = triangle, shares
    return _without_wide(vertices, weights, oval)


def layout_cells(vertices: Points) -> Points:
    """Return the (n, 2) columns and rows at which the layout shows (n, 2) places of the canonical face, in cm."""
    cells: Points = (vertices - _MIDDLE_CM) * (_CELLS_PER_CM, -_CELLS_PER_CM) + (SIDE - 1) / 2
    return cells


def _wide_outline(vertices: Points) -> Points:
    """Return a frame for the middle of the outline, which no cell uses, and the points of the wider outline."""
    outline = vertices[list(FACE_OVAL)]
    middle = outline.mean(axis=0)
    return np.vstack([middle, middle + _MARGIN * (outline - middle)])


def _inside(corners: Points) -> tuple[NDArray[np.intp], Points]:
    """Return the cells in a triangle, and the (n, 3) barycentric coordinates of each."""
    rows, columns = np.divmod(np.arange(SIDE * SIDE), SIDE)
    matrix = np.vstack([corners.T, np.ones(3)])
    if abs(np.linalg.det(matrix)) < 1e-9:
        return np.zeros(0, dtype=np.intp), np.zeros((0, 3))
    shares = np.column_stack([columns, rows, np.ones(SIDE * SIDE)]) @ np.linalg.inv(matrix).T
    inside = np.flatnonzero((shares >= -1e-9).all(axis=1))
    return inside, shares[inside]


def _without_wide(vertices: NDArray[np.intp], weights: Points, oval: NDArray[np.intp]) -> FaceLayout:
    """Return the layout with points of the wider outline replaced by those of the outline and its middle."""
    middle = len(canonical_face().vertices)
    is_wide = vertices > middle
    vertices = np.where(is_wide, oval[np.maximum(vertices - middle - 1, 0)], vertices)
    weights[:, 3] = ((1 - _MARGIN) * weights * is_wide).sum(axis=1)
    weights = np.where(is_wide, _MARGIN * weights, weights)
    vertices[:, 3] = middle
    return FaceLayout(vertices, weights)


@cache
def region_masks() -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Return names of the face's parts, such as "eyes-left", and their weights (n, 1024) in a map of 32 by 32 cells.

    "face" is the whole; each row adds up to 1.
    """
    mirror = canonical_face().mirror
    rings: dict[str, Sequence[int]] = {"face": FACE_OVAL, "forehead": _FOREHEAD, "nose": _NOSE}
    for name, ring in _RIGHT.items():
        rings |= {f"{name}-right": ring, f"{name}-left": [int(mirror[index]) for index in ring]}
    cells = layout_cells(canonical_face().vertices[:, :2])
    masks = np.array([_mask(cells[list(ring)], with_lids=name.startswith("eyes")) for name, ring in rings.items()])
    return tuple(rings), (masks / masks.sum(axis=1, keepdims=True)).astype(np.float32)


def _mask(ring: Points, *, with_lids: bool) -> Points:
    """Return the share (1024,) of each cell within the convex hull of a ring, with what lies around it as lids do."""
    fine = 8
    hull = cv2.convexHull(((ring + 0.5) * fine).round().astype(np.int32))
    drawn = np.zeros((SIDE * fine, SIDE * fine), np.uint8)
    cv2.fillConvexPoly(drawn, hull, 255)
    if with_lids:
        drawn = cv2.dilate(drawn, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * fine, 2 * fine))).astype(np.uint8)
    size = (SIDE // 2, SIDE // 2)
    shares = cv2.resize(drawn.astype(np.float64), size, interpolation=cv2.INTER_AREA)
    return shares.astype(np.float64, copy=False).ravel()
