"""Head pose: alignment of a measured face with the canonical face."""

from dataclasses import dataclass

import numpy as np

from gwansang.vision.errors import DegenerateLandmarksError
from gwansang.vision.face import Points, Pose
from gwansang.vision.mesh import canonical_face

_TO_CANONICAL_AXES = np.array([1.0, -1.0, -1.0])  # image y and mesh z point the other way


@dataclass(frozen=True, slots=True)
class Alignment:
    """Fit of a face to the canonical face.

    frontal: (468, 3) in the canonical frame; rotation: (3, 3) from camera to canonical axes; scale in cm per pixel;
    residual: root mean square distance in cm between the frontal and the canonical face.
    """

    frontal: Points
    rotation: Points
    scale: float
    residual: float
    pose: Pose


def align_to_canonical(points: Points) -> Alignment:
    """Rotate, scale and move (468, 3) image points (pixels, z in the same scale) onto the canonical face.

    Weighted Kabsch-Umeyama (Umeyama 1991) over the 33 basis points of MediaPipe's face geometry; needs no focal length.
    Raises DegenerateLandmarksError if the points are not finite, lie in one place or on one line.
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
    left, singular, right = np.linalg.svd(moving.T @ (fixed * weights[:, None]))
    if singular[1] < 1e-3 * singular[0]:
        raise DegenerateLandmarksError("The landmarks lie on one line; send the points of a whole face.")
    handedness = np.sign(np.linalg.det(left @ right))
    rotation = (left @ np.diag([1.0, 1.0, handedness]) @ right).T
    scale = float((singular * (1.0, 1.0, handedness)).sum() / spread)
    frontal = scale * (source - moving_mean) @ rotation.T + fixed_mean
    residual = float(np.sqrt(((frontal - face.vertices) ** 2).sum(axis=1).mean()))
    return Alignment(frontal, rotation, scale, residual, _angles(rotation))


YAW_SCALE, USUAL_PITCH_DEG = 1.22, -1.7
"""How the mesh of Face Landmarker v2 shows a head: portraits that are warped to 10 degrees of yaw are measured at 8.2,
and the mean of 90 straight portraits seems to nod by 1.7 (`python -m calibration.landmarks`)."""


def calibrated_pose(pose: Pose) -> Pose:
    """Return the pose of a head whose mesh, aligned to the canonical face, has the pose `pose`."""
    return Pose(YAW_SCALE * pose.yaw_deg, pose.pitch_deg - USUAL_PITCH_DEG, pose.roll_deg)


def pose_canonical_face(points: Points) -> Points:
    """Return the canonical face's (468, 3) vertices in the pose, scale and position of (468, 3) image points."""
    fit = align_to_canonical(points)
    turned = (canonical_face().vertices - fit.frontal.mean(axis=0)) @ fit.rotation / fit.scale
    posed: Points = turned * _TO_CANONICAL_AXES + points.mean(axis=0)
    return posed


def _angles(rotation: Points) -> Pose:
    """Return yaw, pitch and roll in degrees of a camera-to-canonical rotation (signs as in `Pose`).

    The direction of the camera in the head's own axes gives yaw and pitch, so that turning the picture changes the roll
    alone. A head that nods by the pitch, then turns by the yaw and leans by the roll has exactly these angles.
    """
    x, y, z = rotation[:, 2]  # the way to the camera in the head's axes
    across = rotation[0]  # the head's axis from ear to ear in camera coordinates
    return Pose(
        yaw_deg=float(np.degrees(np.arctan2(-x, np.copysign(np.hypot(y, z), z)))),
        pitch_deg=float(np.degrees(np.arctan2(-y, abs(z)))),
        roll_deg=float(np.degrees(np.arctan2(-across[1], across[0]))),
    )


def add_canonical_depth(points: Points) -> Points:
    """Return (468, 2) image points with the depth of the canonical face in the same pose, as (468, 3).

    Weak-perspective fit of the canonical face; x and y stay as measured. Raises DegenerateLandmarksError.
    """
    face = canonical_face()
    fixed = face.vertices - face.vertices.mean(axis=0)
    moving = (points - points.mean(axis=0)) * _TO_CANONICAL_AXES[:2]
    rows = np.linalg.lstsq(fixed, moving, rcond=None)[0].T
    left, singular, right = np.linalg.svd(rows, full_matrices=False)
    if not np.isfinite(singular).all() or singular[1] < 1e-3 * max(singular[0], 1e-12):
        raise DegenerateLandmarksError("The landmarks lie in one place or on one line; send the points of a face.")
    facing = left @ right
    depth_axis = np.cross(facing[0], facing[1])
    depth = singular.mean() * fixed @ depth_axis
    return np.column_stack([points, -depth])


def estimate_aspect_ratio(points: Points) -> float:
    """Estimate width / height of a photo from the (468, 2) points of its face, normalised to 0-1.

    Least-squares fit of the canonical face; accurate to about 5 % for a face of average width. Raises
    DegenerateLandmarksError.
    """
    face = canonical_face()
    rows = np.linalg.lstsq(face.vertices - face.vertices.mean(axis=0), points - points.mean(axis=0), rcond=None)[0].T
    across, down = np.linalg.norm(rows, axis=1)
    if not np.isfinite(down / max(across, 1e-12)) or min(across, down) < 1e-9:
        raise DegenerateLandmarksError("The landmarks lie in one place or on one line; send the points of a face.")
    return float(down / across)
