"""Pictures that were squeezed or stretched: how far, estimated from the face, and the picture as it was before."""

import math
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import numpy as np

from gwansang.vision.decode import DecodedImage
from gwansang.vision.face import Points
from gwansang.vision.measuring.channels import WIDTH, apply_matrix, compose_matrices, crop_matrix
from gwansang.vision.measuring.face_measures import MeasuredFace
from gwansang.vision.measuring.template import fold_halves
from gwansang.vision.mesh import VERTEX_COUNT
from gwansang.vision.pose import Alignment, calibrated_pose

TOLD, SURE = 0.108, 0.172
"""Log aspects from which a picture is called stretched, and is put right. To a model that never saw the person one
of 140 portraits looks stretched by 0.108, none by 0.14; turned, lit or near ones reach 0.176."""
_MOST = 0.5  # log aspect; stretches up to 0.36 were learned
MIN_LEVEL = 0.7
"""Least cosine of twice the roll: a head that leans by 45 degrees gets no wider and no narrower."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """log_aspect: log of width over height of the picture against those of the scene, with an SD of 0.043."""

    log_aspect: float

    @property
    def is_told(self) -> bool:
        return abs(self.log_aspect) > TOLD

    @property
    def is_sure(self) -> bool:
        return abs(self.log_aspect) > SURE

    @property
    def widening(self) -> Points:
        """The (2, 3) affine from upright pixels of the picture before to those of the stretched one."""
        factor = math.exp(self.log_aspect)
        return np.array([[factor, 0.0, (factor - 1) / 2], [0.0, 1.0, 0.0]])


NO_STRETCH = Stretch(0.0)
"""Also of a face that is partly covered: the points of what can't be seen are guesses."""


def estimate_stretch(landmarks: Points, alignment: Alignment, measured: MeasuredFace) -> Stretch:
    """Estimate how far a picture was stretched from the (478, 3) landmarks of its face and the points found there."""
    level = levelness(landmarks)
    if abs(level) < MIN_LEVEL:
        return NO_STRETCH
    features = stretch_features(landmarks, alignment, measured.found, measured.per_cm)
    weights = _weights()
    log_aspect = float(weights[:-1] @ features + weights[-1]) / level
    return Stretch(min(max(log_aspect, -_MOST), _MOST))


def stretch_features(landmarks: Points, alignment: Alignment, found: Points, per_cm: float) -> Points:
    """Return what the estimate is linear in, (1489,): the shape of the face at one size, and its pose.

    found: (189, 2) crop pixels and per_cm, as in `MeasuredFace`.
    """
    matrix = crop_matrix(landmarks)
    depth = landmarks[:VERTEX_COUNT, 2] * np.hypot(*matrix[:, 0])
    mesh = np.column_stack([apply_matrix(matrix, landmarks[:VERTEX_COUNT, :2]), depth])
    middle, spread = mesh.mean(axis=0), mesh.std(axis=0)
    size = math.sqrt(spread[0] * spread[1])
    marks = fold_halves(found, WIDTH) - ((WIDTH - 1) / 2, middle[1])
    pose = calibrated_pose(alignment.pose)
    yaw, pitch = pose.yaw_deg / 10, pose.pitch_deg / 10
    rest = (math.log(spread[0] / spread[1]), yaw**2, pitch, pitch**2, 100 * per_cm)
    return np.concatenate([3 * (mesh - middle).ravel() / size, 3 * marks.ravel() / size, rest])


def unstretch_image(image: DecodedImage, stretch: Stretch) -> DecodedImage:
    """Return the picture as it was before, of the same pixels."""
    width = max(round(image.width / math.exp(stretch.log_aspect)), 1)
    return replace(image, to_pixels=compose_matrices(image.to_pixels, stretch.widening), width=width)


def levelness(landmarks: Points) -> float:
    """Return the cosine of twice the roll: how much of a picture's stretch widens the face, 1 for an upright one."""
    across = landmarks[263, :2] - landmarks[33, :2]
    return math.cos(2 * math.atan2(across[1], across[0]))


@cache
def _weights() -> Points:
    with files("gwansang.vision").joinpath("stretch.npz").open("rb") as file, np.load(file) as arrays:
        weights: Points = arrays["weights"].astype(np.float64)
    return weights
