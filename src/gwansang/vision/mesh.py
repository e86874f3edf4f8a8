"""The canonical face mesh, whose coordinate frame all faces are measured in."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from gwansang.vision.face import Points

VERTEX_COUNT = 468
LANDMARK_COUNT = 478  # the vertices, then centre and four rim points of the right iris, then of the left one
_IRIS_MIRROR = (473, 476, 475, 474, 477, 468, 471, 470, 469, 472)


@dataclass(frozen=True, slots=True)
class CanonicalFace:
    """vertices: (468, 3) in cm, x to the subject's left, y up, z to the camera; basis: the 33 points for alignment."""

    vertices: Points
    triangles: NDArray[np.intp]
    basis: NDArray[np.intp]
    basis_weights: Points
    mirror: NDArray[np.intp]  # (468,) index of each vertex' counterpart on the other half of the face


@cache
def canonical_face() -> CanonicalFace:
    """Return the canonical face of MediaPipe, read once from the package's data file, which names its source."""
    data = json.loads(files("gwansang.vision").joinpath("canonical_face.json").read_text(encoding="utf-8"))
    vertices = np.array(data["vertices"], dtype=np.float64)
    flipped = vertices * (-1.0, 1.0, 1.0)
    distances = np.linalg.norm(flipped[:, None, :] - vertices[None, :, :], axis=2)
    arrays = (vertices, np.array(data["triangles"]), np.array(data["basis"]["vertices"]))
    weights = np.array(data["basis"]["weights"], dtype=np.float64)
    for array in (*arrays, weights):
        array.setflags(write=False)
    mirror = distances.argmin(axis=1)
    mirror.setflags(write=False)
    return CanonicalFace(*arrays, basis_weights=weights, mirror=mirror)


@cache
def mirrored_landmarks() -> NDArray[np.intp]:
    """Return the (478,) index of each landmark's counterpart on the other half of the face."""
    mirrored = np.concatenate([canonical_face().mirror, _IRIS_MIRROR])
    mirrored.setflags(write=False)
    return mirrored


def symmetrize(mesh: Points) -> Points:
    """Return the mean of a frontal (468, 3) mesh and its mirror image, in which the effect of yaw cancels out."""
    mean: Points = (mesh + mesh[canonical_face().mirror] * (-1.0, 1.0, 1.0)) / 2
    return mean
