"""Correction of a mesh for the pitch of the head, the perspective of a near camera, and the expression.

Each step is linear in the mesh, was learned from portraits that are not part of the product (`python -m calibration`;
figures and evidence in docs/how-a-reading-is-made.md), and takes microseconds.
"""

import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from gwansang.vision.face import Points, Pose
from gwansang.vision.mesh import canonical_face


@dataclass(frozen=True, slots=True)
class FaceModel:
    """Linear model of identity, expression and camera effects; cm in the canonical frame, symmetric.

    mean: (468, 3) mean of the people it was learned from.
    identity: (k, 468, 3) principal directions in which people differ, each scaled to one SD.
    expression: (m, 468, 3) principal directions from neutral to smiling, scaled to the root mean square of a smile.
    pitch: (468, 3) residual per degree of pitch after the mesh was turned to the front.
    nearness: (468, 3) effect of perspective, per 1/cm of distance to the camera.
    solver: (k + m, 1404) maps a mesh's difference to the mean to its most probable coefficients (`map_solver`).
    """

    mean: Points
    identity: Points
    expression: Points
    pitch: Points
    nearness: Points
    solver: Points


def map_solver(identity: Points, expression: Points, noise: float) -> Points:
    """Return the (k + m, 1404) matrix of maximum a posteriori coefficients.

    Probabilistic PCA (Tipping & Bishop 1999) with the expression as a second subspace: standard normal coefficients,
    independent noise of variance `noise` (cm^2) in each coordinate.
    """
    basis = np.concatenate([identity, expression]).reshape(len(identity) + len(expression), -1)
    solver: Points = np.linalg.solve(basis @ basis.T + noise * np.eye(len(basis)), basis)
    return solver


@cache
def face_model() -> FaceModel:
    """Return the shipped model, read once; docs/how-a-reading-is-made.md names the portraits it was learned from."""
    data = files("gwansang.vision").joinpath("face_model.npz").read_bytes()
    with np.load(io.BytesIO(data)) as stored:
        arrays = {name: stored[name].astype(np.float64) for name in stored.files}
    noise = float(arrays.pop("noise"))
    return FaceModel(**arrays, solver=map_solver(arrays["identity"], arrays["expression"], noise))


def symmetrize(mesh: Points) -> Points:
    """Return the mean of a (468, 3) mesh and its mirror image, in which the effect of yaw cancels out."""
    mean: Points = (mesh + mesh[canonical_face().mirror] * (-1.0, 1.0, 1.0)) / 2
    return mean


def remove_pitch(mesh: Points, pitch_deg: float, model: FaceModel) -> Points:
    """Return a frontal mesh (468, 3) without the residual of its pitch."""
    return mesh - model.pitch * pitch_deg


def remove_perspective(mesh: Points, distance_cm: float | None, model: FaceModel) -> Points:
    """Return a mesh (468, 3) as seen from afar; unchanged if the distance to the camera is unknown."""
    return mesh if distance_cm is None else mesh - model.nearness / max(distance_cm, _NEAREST_CM)


_NEAREST_CM = 15.0


def remove_expression(mesh: Points, model: FaceModel) -> Points:
    """Return the identity component of a symmetric mesh (468, 3)."""
    coefficients = model.solver @ (mesh - model.mean).reshape(-1)
    identity: Points = np.tensordot(coefficients[: len(model.identity)], model.identity, axes=1)
    return model.mean + identity


def correct_mesh(frontal: Points, pose: Pose, distance_cm: float | None, model: FaceModel | None = None) -> Points:
    """Return a frontal mesh (468, 3) corrected for pitch, perspective and expression.

    frontal, pose: of `align_to_canonical`; distance_cm: to the camera, None if unknown; model: the shipped one if None.

    The asymmetry of the mesh is kept as measured.
    """
    model = model or face_model()
    symmetric = symmetrize(frontal)
    relaxed = remove_expression(
        remove_perspective(remove_pitch(symmetric, pose.pitch_deg, model), distance_cm, model), model
    )
    return relaxed + (frontal - symmetric)
