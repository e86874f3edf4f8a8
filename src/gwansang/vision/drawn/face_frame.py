"""Places on a photographed face in the centimetres of the canonical face, however the head is turned."""

from collections.abc import Sequence

import numpy as np

from gwansang.vision.face import Points
from gwansang.vision.mesh import VERTEX_COUNT, canonical_face

Places = Points | Sequence[tuple[float, float]]
_REACH_CM, _WIDE_REACH_CM = 1.2, 2.5  # of a vertex's influence on the surface around it


class FaceFrame:
    """Map from the canonical face, x to the subject's left and y up in cm, to pixels of an upright photo.

    points: (478, 3) landmarks. The map follows depth and the face's own shape; beside the face it goes on with the
    shape of its edge.
    """

    def __init__(self, points: Points) -> None:
        self.points = points
        self._vertices = canonical_face().vertices
        solid = np.column_stack([self._vertices, np.ones(VERTEX_COUNT)])
        self._affine = np.linalg.lstsq(solid, points[:VERTEX_COUNT, :2], rcond=None)[0]
        self._rest = points[:VERTEX_COUNT, :2] - solid @ self._affine
        self.px_per_cm = float(np.sqrt(abs(np.linalg.det(self._affine[:2]))))

    def place(self, places: Places, lift: float = 0.0) -> Points:
        """Return the (n, 2) pixels of (n, 2) places on the face, or `lift` cm in front of it."""
        cm = np.asarray(places, dtype=np.float64)
        weights = self._weights(cm, _REACH_CM)
        return self._project(cm, weights @ self._vertices[:, 2] + lift, weights)

    def place_at(self, places: Places, depth: float | Points) -> Points:
        """Return the (n, 2) pixels of places `depth` cm before the centre of the head."""
        cm = np.asarray(places, dtype=np.float64)
        return self._project(cm, np.broadcast_to(depth, len(cm)), self._weights(cm, _WIDE_REACH_CM))

    def _weights(self, cm: Points, reach: float) -> Points:
        """Return the (n, 468) influence of the vertices on places; the nearest one counts as 1 before they sum to 1."""
        flat = self._vertices[:, :2]
        squares = (cm**2).sum(axis=1)[:, None] + (flat**2).sum(axis=1) - 2 * cm @ flat.T
        nearest = squares.min(axis=1, keepdims=True)
        weights: Points = np.exp(((nearest - squares) / (2 * reach**2)).astype(np.float32)).astype(np.float64)
        weights /= weights.sum(axis=1, keepdims=True)
        return weights

    def _project(self, cm: Points, depth: Points, weights: Points) -> Points:
        pixels: Points = np.column_stack([cm, depth, np.ones(len(cm))]) @ self._affine + weights @ self._rest
        return pixels

    def cm_of(self, x: Points, y: Points, depth: float = 4.0) -> tuple[Points, Points]:
        """Return the rough canonical x and y in cm of pixels, taken at one depth."""
        inverse = np.linalg.inv(self._affine[:2].T)
        origin = self._affine[3] + depth * self._affine[2]
        dx, dy = x - origin[0], y - origin[1]
        return inverse[0, 0] * dx + inverse[0, 1] * dy, inverse[1, 0] * dx + inverse[1, 1] * dy
