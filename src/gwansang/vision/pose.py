"""Pose: the rotation that turns a measured face to the front."""

from dataclasses import dataclass

import numpy as np

from gwansang.vision.errors import DegenerateLandmarksError
from gwansang.vision.face import Points, Pose
from gwansang.vision.mesh import canonical_face

_TO_CANONICAL_AXES = np.array([1.0, -1.0, -1.0])  # image y and mesh z point the other way


@dataclass(frozen=True, slots=True)
class Alignment:
    """frontal (468, 3) in the canonical frame; rotation (3, 3) from camera to canonical axes; scale in cm per pixel;

    residual: root mean square distance in cm between the frontal and the canonical face.
    """

    frontal: Points
    rotation: Points
    scale: float
    residual: float
    pose: Pose


def align_to_canonical(points: Points) -> Alignment:
    """Turns (468, 3) image points (pixels, z in the same scale) to the front.

    Weighted Kabsch-Umeyama over the 33 basis points of MediaPipe's face geometry; needs no focal length.
    Raises DegenerateLandmarksError where the points span no face (all in one place, on one line, mirrored).
    """
    if not np.isfinite(points).all():
        raise DegenerateLandmarksError("The landmarks must be finite numbers.")
    face = canonical_face()
    source = points * _TO_CANONICAL_AXES
    weights = face.basis_weights / face.basis_weights.sum()
    moving, fixed = source[face.basis], face.vertices[face.basis]
    moving_mean, fixed_mean = weights @ moving, weights @ fixed
    moving, fixed = moving - moving_mean, fixed - fixed_mean
    spread = float(weights @ (moving**2).sum(axis=1))
    if spread < 1e-9:
        raise DegenerateLandmarksError("The landmarks lie in one place; send the points of a whole face.")
    left, strengths, right = np.linalg.svd(moving.T @ (fixed * weights[:, None]))
    if strengths[1] < 1e-3 * strengths[0]:
        raise DegenerateLandmarksError("The landmarks lie on one line; send the points of a whole face.")
    handedness = np.sign(np.linalg.det(left @ right))
    rotation = (left @ np.diag([1.0, 1.0, handedness]) @ right).T
    scale = float((strengths * (1.0, 1.0, handedness)).sum() / spread)
    frontal = scale * (source - moving_mean) @ rotation.T + fixed_mean
    residual = float(np.sqrt(((frontal - face.vertices) ** 2).sum(axis=1).mean()))
    return Alignment(frontal, rotation, scale, residual, _angles(rotation))


def pose_canonical_face(points: Points) -> Points:
    """The canonical face's (468, 3) vertices, turned, scaled and moved onto the (468, 3) image points of a face."""
    fit = align_to_canonical(points)
    turned = (canonical_face().vertices - fit.frontal.mean(axis=0)) @ fit.rotation / fit.scale
    posed: Points = turned * _TO_CANONICAL_AXES + points.mean(axis=0)
    return posed


def _angles(rotation: Points) -> Pose:
    """Yaw, pitch and roll in degrees of a camera-to-canonical rotation (see `Pose` for the signs)."""
    up, forward = rotation[1], rotation[2]  # the head's axes as seen by the camera
    return Pose(
        yaw_deg=float(np.degrees(np.arctan2(forward[0], forward[2]))),
        pitch_deg=float(np.degrees(np.arcsin(np.clip(forward[1], -1.0, 1.0)))),
        roll_deg=float(np.degrees(np.arctan2(up[0], up[1]))),
    )


def add_canonical_depth(points: Points) -> Points:
    """Gives (468, 2) image points the depth of the canonical face in the same pose: (468, 3).

    Weak-perspective fit of the canonical face to the points; x and y stay as measured.
    """
    face = canonical_face()
    fixed = face.vertices - face.vertices.mean(axis=0)
    moving = (points - points.mean(axis=0)) * _TO_CANONICAL_AXES[:2]
    rows = np.linalg.lstsq(fixed, moving, rcond=None)[0].T
    left, strengths, right = np.linalg.svd(rows, full_matrices=False)
    if not np.isfinite(strengths).all() or strengths[1] < 1e-3 * max(strengths[0], 1e-12):
        raise DegenerateLandmarksError("The landmarks lie in one place or on one line; send the points of a face.")
    facing = left @ right
    depth_axis = np.cross(facing[0], facing[1])
    depth = strengths.mean() * fixed @ depth_axis
    return np.column_stack([points, -depth])


def estimate_aspect_ratio(points: Points) -> float:
    """Width / height of the photo in which (468, 2) points normalised to 0-1 were found, judged by the face itself.

    A face that is neither wide nor narrow tells the aspect to about 5 %.
    """
    face = canonical_face()
    rows = np.linalg.lstsq(face.vertices - face.vertices.mean(axis=0), points - points.mean(axis=0), rcond=None)[0].T
    across, down = np.linalg.norm(rows, axis=1)
    if not np.isfinite(down / max(across, 1e-12)) or across < 1e-9:
        raise DegenerateLandmarksError("The landmarks lie in one place or on one line; send the points of a face.")
    return float(down / across)
