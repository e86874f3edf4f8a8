"""The learned model: from a picture and its landmarks to measures with errors."""

from dataclasses import dataclass

import numpy as np

from calibration.landmarks.cascade import Cascade
from calibration.landmarks.channels import WIDTH, apply_matrix, crop_face, crop_matrix, make_channels
from calibration.landmarks.combining import Combiner, Estimator, judge_conditions
from calibration.landmarks.drawing import fit_points
from calibration.landmarks.expression import Relaxer
from calibration.landmarks.hand_template import UP, fold_halves, measure_template, unfold_halves
from calibration.landmarks.landmarker import Landmarks
from calibration.landmarks.mesh_measures import measure_extras, measure_mesh
from gwansang.vision.correction import symmetrize
from gwansang.vision.decode import Pixels
from gwansang.vision.face import Points
from gwansang.vision.mesh import VERTEX_COUNT
from gwansang.vision.pose import align_to_canonical

MESH_UNIT, POINT_UNIT = 2 / np.sqrt(10), 1 / 15  # per cm and per crop pixel: the weight of each in a joint shape
PITCH_SLACK_DEG = 10.0  # within it people's own faces look tilted, so that nothing is taken out
NEAR_SLACK, NEAR_SHARE = 0.009, 0.75  # 1/cm within which people's own faces look near, and the share believed beyond


@dataclass(frozen=True, slots=True)
class FrontalFace:
    """mesh: (468, 3) frontal and symmetric, in cm; pose: (2,) yaw and pitch in degrees."""

    mesh: Points
    pose: Points


@dataclass(frozen=True, slots=True)
class FaceMeasures:
    """values, errors: (24,) in the order of KEYS; extras: (6,) in the order of EXTRA_KEYS.

    points: (189, 2) crop pixels as found; relaxed: (189, 2) crop pixels, symmetric and without the expression;
    per_cm: one over the camera's distance, guessed.
    """

    values: Points
    errors: Points
    extras: Points
    points: Points
    relaxed: Points
    per_cm: float


@dataclass(frozen=True, slots=True)
class Nearness:
    """weights: (1404,) and bias of one over the camera's distance, 1/cm (SD 0.008), from a frontal mesh."""

    weights: Points
    bias: float

    def guess(self, meshes: Points) -> Points:
        """Return 1/cm (...) of frontal symmetric meshes (..., 468, 3)."""
        per_cm: Points = meshes.reshape(*meshes.shape[:-2], -1) @ self.weights + self.bias
        return per_cm


@dataclass(frozen=True, slots=True)
class Geometry:
    """Removal of expressions, nearness, and the usual pitch of faces in the studio; shared by both estimators."""

    relaxer: Relaxer
    nearness: Nearness
    usual_pitch_deg: float

    def estimate(self, meshes: Points, points: Points) -> Points:
        """Return the three estimates (..., 3, 24) of frontal meshes (..., 468, 3) and crop points (..., 189, 2)."""
        mesh, half = self.relax(meshes, points)
        calm = unfold_halves(half, WIDTH)
        return np.stack([measure_mesh(mesh), measure_template(calm), measure_template(points)], axis=-2)

    def relax(self, meshes: Points, points: Points) -> tuple[Points, Points]:
        """Return meshes (..., 468, 3) and points of MODELS (..., 40, 2) without the expression."""
        return split_shape(self.relaxer.relax(join_shape(meshes, fold_halves(points, WIDTH))))

    def combine(self, combiner: Combiner, estimates: Points, pose: Points, per_cm: Points) -> Points:
        """Return measures (..., 24); takes out only what exceeds the range in which people's own faces lie."""
        pitch = pose[..., 1] - self.usual_pitch_deg
        beyond = np.sign(pitch) * np.maximum(np.abs(pitch) - PITCH_SLACK_DEG, 0.0)
        return combiner.combine(estimates, beyond, NEAR_SHARE * np.maximum(per_cm - NEAR_SLACK, 0.0))


@dataclass(frozen=True, slots=True)
class LandmarkModel:
    """Everything that was learned; spread: (80, 80) covariance of hand points between people, crop pixels, y up."""

    cascade: Cascade
    geometry: Geometry
    with_picture: Estimator
    without_picture: Estimator
    spread: Points

    def measure(self, image: Pixels, landmarks: Landmarks) -> FaceMeasures:
        """Return the measures of a face in an RGB picture (h, w, 3)."""
        matrix = crop_matrix(landmarks.points)
        maps = make_channels(crop_face(image, matrix))
        points = self.cascade.find(maps, apply_matrix(matrix, landmarks.points[:, :2]))
        return self._measure(landmarks, points, self.with_picture)

    def measure_landmarks(self, landmarks: Landmarks) -> FaceMeasures:
        """Return the measures of a face without its picture, with larger errors; brows and jaw are hardly known."""
        mesh = apply_matrix(crop_matrix(landmarks.points), landmarks.points[:, :2])
        return self._measure(landmarks, self.cascade.find_without_picture(mesh), self.without_picture)

    def _measure(self, landmarks: Landmarks, points: Points, estimator: Estimator) -> FaceMeasures:
        face = turn_frontal(landmarks.points)
        per_cm = self.geometry.nearness.guess(face.mesh)
        values = self.geometry.combine(estimator.combiner, self.geometry.estimate(face.mesh, points), face.pose, per_cm)
        blendshapes, width = landmarks.blendshapes.astype(np.float64), np.array(landmarks.face_width_px)
        conditions = judge_conditions(face.pose, per_cm, blendshapes, width, self.geometry.usual_pitch_deg)
        mesh, half = self.geometry.relax(face.mesh, points)
        errors = estimator.errors.declare(conditions)
        return FaceMeasures(values, errors, measure_extras(mesh), points, unfold_halves(half, WIDTH), float(per_cm))

    def draw(self, measures: FaceMeasures) -> Points:
        """Return (189, 2) frontal points, crop pixels from the middle of the face, y up, that measure the values."""
        upright = (measures.relaxed - ((WIDTH - 1) / 2, 0.0)) * UP
        return fit_points(upright, measures.values, self.spread, self.with_picture.combiner.hand_sd)


def turn_frontal(points: Points) -> FrontalFace:
    """Return the frontal mesh of (478, 3) pixels."""
    fit = align_to_canonical(points[:VERTEX_COUNT])
    return FrontalFace(symmetrize(fit.frontal), np.array([fit.pose.yaw_deg, fit.pose.pitch_deg]))


def join_shape(meshes: Points, half: Points) -> Points:
    """Return shapes (..., d) of meshes (..., 468, 3) in cm and points of MODELS (..., 40, 2) in crop pixels."""
    flat = meshes.reshape(*meshes.shape[:-2], -1) * MESH_UNIT
    return np.concatenate([flat, half.reshape(*half.shape[:-2], -1) * POINT_UNIT], axis=-1)


def split_shape(shapes: Points) -> tuple[Points, Points]:
    """Return the meshes (..., 468, 3) and points of MODELS (..., 40, 2) of shapes (..., d)."""
    end = VERTEX_COUNT * 3
    mesh = shapes[..., :end].reshape(*shapes.shape[:-1], VERTEX_COUNT, 3) / MESH_UNIT
    return mesh, shapes[..., end:].reshape(*shapes.shape[:-1], -1, 2) / POINT_UNIT
