"""Correction of points that a client found: by fewer looks, or by an older mesh, than those of the service.

The service takes the mean of two looks of Face Landmarker v2. A client's points differ from it by a smooth field, which
was learned from portraits on which both were found (`python -m calibration.landmarks clients`; figures in
docs/decisions/0001). What the field does not explain is kept; `added_error` says how much it moves the measures.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from gwansang.vision.errors import DegenerateLandmarksError
from gwansang.vision.face import Points
from gwansang.vision.mesh import LANDMARK_COUNT, VERTEX_COUNT, mirrored_landmarks

ClientKind = Literal["one_look", "older_mesh"]
"""one_look: 478 points of one look of Face Landmarker v2; older_mesh: 468 points of the mesh before it."""
CLIENT_KINDS: tuple[ClientKind, ...] = get_args(ClientKind)
EYE_SPAN = 150.0
"""Distance of the outer eye corners of the mean face in the frame of the fields."""
_EYES = ((33, 133, 159, 145), (263, 362, 386, 374))  # corners and middles of the lids, about which irises start
_IRIS_POINTS = 5  # of each eye, the subject's right one first
_FLIP = np.array([-1.0, 1.0, 1.0])


def mirror_order(count: int) -> NDArray[np.intp]:
    """Return the index of each point's counterpart on the other half, of 468 or 478 points."""
    return mirrored_landmarks()[:count]


@cache
def half_order(count: int) -> NDArray[np.intp]:
    """Return the points of one half and of the middle, of 468 or 478 points; the others mirror them."""
    order = mirror_order(count)
    return np.flatnonzero(np.arange(count) <= order)


@dataclass(frozen=True, slots=True)
class Frame:
    """Similarity from photo pixels to the frame of a field: y = scale * R x + shift, depth from its own mean.

    matrix: (2, 2) scaled rotation; shift: (2,); scale: frame units per pixel; depth: mean depth in pixels.
    """

    matrix: Points
    shift: Points
    scale: float
    depth: float

    def enter(self, points: Points) -> Points:
        """Return (n, 3) points of the photo in the frame."""
        flat = points[:, :2] @ self.matrix.T + self.shift
        return np.column_stack([flat, (points[:, 2] - self.depth) * self.scale])

    def leave(self, points: Points) -> Points:
        """Return (n, 3) points of the frame in the photo."""
        flat = (points[:, :2] - self.shift) @ np.linalg.inv(self.matrix).T
        return np.column_stack([flat, points[:, 2] / self.scale + self.depth])


def fit_frame(points: Points, target: Points) -> Frame:
    """Return the frame in which (n, 3) points lie nearest to (n, 3) targets across and down (Umeyama 1991).

    Raises DegenerateLandmarksError if the points are not finite or lie in one place.
    """
    if not np.isfinite(points).all():
        raise DegenerateLandmarksError("The landmarks must be finite numbers.")
    middle, goal = points[:, :2].mean(axis=0), target[:, :2].mean(axis=0)
    here, there = points[:, :2] - middle, target[:, :2] - goal
    spread = float((here**2).sum())
    if spread < 1e-9:
        raise DegenerateLandmarksError("The landmarks lie in one place; send the points of a whole face.")
    along = float((here * there).sum()) / spread
    across = float((here[:, 0] * there[:, 1] - here[:, 1] * there[:, 0]).sum()) / spread
    matrix = np.array([[along, -across], [across, along]])
    scale = float(np.hypot(along, across))
    if scale < 1e-9:
        raise DegenerateLandmarksError("The landmarks form no face; send them in the order of the face mesh.")
    return Frame(matrix, goal - matrix @ middle, scale, float(points[:, 2].mean()))


def add_irises(points: Points) -> Points:
    """Return (478, 3) points; those of irises that (468, 3) points lack start in the middle of the lids and corners."""
    if len(points) == LANDMARK_COUNT:
        return points
    middles = np.array([points[list(eye)].mean(axis=0) for eye in _EYES])
    return np.vstack([points, np.repeat(middles, _IRIS_POINTS, axis=0)])


@dataclass(frozen=True, slots=True)
class ClientField:
    """Field that maps a client's points to those of the service, linear in the client's shape.

    mean: (n, 3) mean shape of the client's points, symmetric; bias: (478, 3) mean difference of the service's points;
    axes: (k, n, 3) directions of the shape, each symmetric or antisymmetric; response: (k, 478, 3) further difference
    per unit along an axis; errors: SD that the rest adds to each measure, in its units.
    """

    mean: Points
    bias: Points
    axes: Points
    response: Points
    errors: Mapping[str, float]

    def correct(self, points: Points) -> Points:
        """Return the (478, 3) pixels of the service's points, given (n, 3) of the client's."""
        if points.shape != self.mean.shape:
            raise DegenerateLandmarksError(f"These landmarks must be {len(self.mean)} points of [x, y, z].")
        frame = fit_frame(points, self.mean)
        shape = frame.enter(points)
        places = np.tensordot(self.axes, shape - self.mean, axes=2)
        return frame.leave(add_irises(shape) + self.bias + np.tensordot(places, self.response, axes=1))


def join_symmetric(half: Points, count: int, sign: float) -> Points:
    """Return (..., count, 3) points of a half's (..., half_order, 3) that mirror it (sign 1) or oppose it (-1)."""
    order, own = mirror_order(count), half_order(count)
    whole = np.empty((*half.shape[:-2], count, 3))
    whole[..., order[own], :] = half * (_FLIP * sign)
    whole[..., own, :] = half
    return whole


def read_fields(data: bytes) -> dict[ClientKind, ClientField]:
    """Return the fields of a file that `calibration.landmarks.client_fields.save_fields` wrote."""
    with np.load(io.BytesIO(data)) as stored:
        keys = stored["keys"].astype(str).tolist()
        arrays = {name: stored[name].astype(np.float64) for name in stored.files if name != "keys"}
    return {kind: _field(kind, arrays, keys) for kind in CLIENT_KINDS}


def _field(kind: ClientKind, arrays: Mapping[str, Points], keys: list[str]) -> ClientField:
    mean, signs = arrays[f"{kind}_mean"], arrays[f"{kind}_signs"]
    count = VERTEX_COUNT if kind == "older_mesh" else LANDMARK_COUNT

    def join(name: str, size: int) -> Points:
        halves = zip(arrays[f"{kind}_{name}"], signs, strict=True)
        return np.array([join_symmetric(half, size, float(sign)) for half, sign in halves]).reshape(-1, size, 3)

    return ClientField(
        join_symmetric(mean, count, 1.0),
        join_symmetric(arrays[f"{kind}_bias"], LANDMARK_COUNT, 1.0),
        join("axes", count),
        join("response", LANDMARK_COUNT),
        dict(zip(keys, arrays[f"{kind}_errors"].tolist(), strict=True)),
    )


@cache
def client_fields() -> dict[ClientKind, ClientField]:
    """Return the shipped fields, read once."""
    return read_fields(files("gwansang.vision").joinpath("client_points.npz").read_bytes())


def correct_client_points(points: Points, kind: str) -> Points:
    """Return the (478, 3) pixels that the service would find, given a client's (n, 3) pixels.

    points: x right, y down, z in the same scale; 478 of "one_look", 468 of "older_mesh". Points of any other kind are
    those of the service and returned as they are. Raises DegenerateLandmarksError for another number of points, or
    points that are no face.
    """
    field = _field_of(kind)
    return points if field is None else field.correct(points)


def added_error(kind: str) -> dict[str, float]:
    """Return the SD that a client's points add to each measure, in its units, by key; nothing for any other kind."""
    field = _field_of(kind)
    return {} if field is None else dict(field.errors)


def _field_of(kind: str) -> ClientField | None:
    return next((field for name, field in client_fields().items() if name == kind), None)
