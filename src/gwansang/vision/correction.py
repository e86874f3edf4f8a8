"""What the photo did to the face, taken out again: the turn of the head, the nearness of the camera, the expression.

Each step is linear in the mesh, was learned once from portraits of people who are in no other way part of the product
(`python -m calibration`; figures and evidence in docs/how-a-reading-is-made.md), and costs microseconds.
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
    """How faces differ, and how photos of one face differ; cm in the canonical frame, symmetric to the middle.

    mean: (468, 3) the middle of the people it was learned from.
    identity: (k, 468, 3) the ways in which people differ, each scaled to one SD.
    expression: (m, 468, 3) the ways from a neutral to a smiling face, scaled to one root mean square of a smile.
    pitch: (468, 3) what a degree of pitch leaves behind after the mesh was turned to the front.
    nearness: (468, 3) what a camera 1/cm nearer does.
    solver: (k + m, 1404) from a mesh's difference to the mean to its most probable coefficients (`map_solver`).
    """

    mean: Points
    identity: Points
    expression: Points
    pitch: Points
    nearness: Points
    solver: Points


def map_solver(identity: Points, expression: Points, noise: float) -> Points:
    """Most probable coefficients under standard normal ones and independent `noise` (cm^2 a coordinate): (k + m, 1404).

    Probabilistic PCA (Tipping & Bishop 1999) with the expression as a second subspace.
    """
    basis = np.concatenate([identity, expression]).reshape(len(identity) + len(expression), -1)
    solver: Points = np.linalg.solve(basis @ basis.T + noise * np.eye(len(basis)), basis)
    return solver


@cache
def face_model() -> FaceModel:
    """The shipped model; docs/how-a-reading-is-made.md names the portraits it was learned from."""
    data = files("gwansang.vision").joinpath("face_model.npz").read_bytes()
    with np.load(io.BytesIO(data)) as stored:
        arrays = {name: stored[name].astype(np.float64) for name in stored.files}
    noise = float(arrays.pop("noise"))
    return FaceModel(**arrays, solver=map_solver(arrays["identity"], arrays["expression"], noise))


def symmetrize(mesh: Points) -> Points:
    """The mean of a (468, 3) mesh and its mirror image: a turn of the head to the side cancels out of it."""
    mean: Points = (mesh + mesh[canonical_face().mirror] * (-1.0, 1.0, 1.0)) / 2
    return mean


def remove_pitch(mesh: Points, pitch_deg: float, model: FaceModel) -> Points:
    """Takes out what nodding leaves in the frontal mesh."""
    return mesh - model.pitch * pitch_deg


def remove_perspective(mesh: Points, distance_cm: float | None, model: FaceModel) -> Points:
    """Takes out the nearness of the camera, where it is known."""
    return mesh if distance_cm is None else mesh - model.nearness / max(distance_cm, _NEAREST_CM)


_NEAREST_CM = 15.0


def remove_expression(mesh: Points, model: FaceModel) -> Points:
    """Splits a symmetric mesh into who it is and what it does, and keeps who it is."""
    coefficients = model.solver @ (mesh - model.mean).reshape(-1)
    who: Points = np.tensordot(coefficients[: len(model.identity)], model.identity, axes=1)
    return model.mean + who


def correct_mesh(frontal: Points, pose: Pose, distance_cm: float | None, model: FaceModel | None = None) -> Points:
    """The face (468, 3) as it would measure relaxed, level and from afar, from a frontal mesh of `pose.align`.

    The difference of left and right is kept as it was seen.
    """
    model = model or face_model()
    even = symmetrize(frontal)
    relaxed = remove_expression(
        remove_perspective(remove_pitch(even, pose.pitch_deg, model), distance_cm, model), model
    )
    return relaxed + (frontal - even)
