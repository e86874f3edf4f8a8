"""Limits of the view of a face, beyond which it is not read."""

from gwansang.vision.errors import FaceBlurredError, FaceTurnedError
from gwansang.vision.face import Pose

MAX_YAW_DEG, MAX_PITCH_DEG = 32.0, 30.0
MIN_SHARPNESS = 3.5


def check_view(pose: Pose, sharpness: float | None = None) -> None:
    """Raise FaceTurnedError or FaceBlurredError; sharpness: of the picture, None without one."""
    if abs(pose.yaw_deg) > MAX_YAW_DEG or abs(pose.pitch_deg) > MAX_PITCH_DEG:
        raise FaceTurnedError(
            "The face is turned too far; look straight into the camera.",
            yaw_deg=round(pose.yaw_deg, 1),
            pitch_deg=round(pose.pitch_deg, 1),
        )
    if sharpness is not None and sharpness < MIN_SHARPNESS:
        raise FaceBlurredError("The face is too blurred; hold the camera still and focus on the face.")
