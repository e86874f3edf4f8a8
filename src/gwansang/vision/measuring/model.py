"""The learned model: from a picture and its landmarks to measures with errors."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gwansang.vision.decode import Pixels
from gwansang.vision.face import Points
from gwansang.vision.measuring.cascade import Cascade
from gwansang.vision.measuring.channels import WIDTH, apply_matrix, crop_face, crop_matrix, make_channels
from gwansang.vision.measuring.combining import Combiner, Errors, Estimator, judge_conditions
from gwansang.vision.measuring.drawing import Drawing
from gwansang.vision.measuring.expression import Relaxer
from gwansang.vision.measuring.mesh_measures import measure_extras, measure_mesh
from gwansang.vision.measuring.template import UP, fold_halves, measure_template, unfold_halves
from gwansang.vision.mesh import VERTEX_COUNT, symmetrize
from gwansang.vision.pose import Alignment, align_to_canonical

MESH_UNIT, POINT_UNIT = 2 / np.sqrt(10), 1 / 15  # per cm and per crop pixel: the weight of each in a joint shape
PITCH_SLACK_DEG = 10.0  # within it people's own faces look tilted, so that nothing is taken out
NEAR_SLACK, NEAR_SHARE = 0.009, 0.75  # 1/cm within which people's own faces look near, and the share believed beyond


@dataclass(frozen=True, slots=True)
class Landmarks:
    """points: (478, 3) pixels, x right, y down, z in the same scale; blendshapes: (52,) 0-1 in MediaPipe's order.

    width_px: width of the face in pixels that were decoded; alignment: of the points, if it is known already.
    """

    points: Points
    blendshapes: NDArray[np.float64]
    width_px: float
    alignment: Alignment | None = None


@dataclass(frozen=True, slots=True)
class FrontalFace:
    """mesh: (468, 3) frontal and symmetric, in cm; pose: (2,) yaw and pitch in degrees."""

    mesh: Points
    pose: Points


@dataclass(frozen=True, slots=True)
class FaceMeasures:
    """values, errors: (24,) in the order of KEYS; extras, extra_errors: (6,) in the order of EXTRA_KEYS.

    points: (189, 2) crop pixels as found; relaxed: (189, 2) crop pixels, symmetric and without the expression;
    per_cm: one over the camera's distance, guessed.
    """

    values: Points
    errors: Points
    extras: Points
    extra_errors: Points
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
    """Everything that was learned.

    spread: (80, 80) covariance of hand points between people, crop pixels, y up; extra_errors: of the six measures that
    nobody marked; drawing: of points, made of the others.
    """

    cascade: Cascade
    geometry: Geometry
    with_picture: Estimator
    without_picture: Estimator
    spread: Points
    extra_errors: Errors
    drawing: Drawing = field(init=False)

    def __post_init__(self) -> None:
        mean = split_shape(self.geometry.relaxer.mean)[1]
        points = (unfold_halves(mean, WIDTH) - ((WIDTH - 1) / 2, 0.0)) * UP
        drawing = Drawing.around(points, self.spread, self.with_picture.combiner.hand_sd)
        object.__setattr__(self, "drawing", drawing)

    def measure(self, image: Pixels, landmarks: Landmarks) -> FaceMeasures:
        """Return the measures of a face in an RGB picture (h, w, 3)."""
        return self.measure_crop(crop_face(image, crop_matrix(landmarks.points)), landmarks)

    def measure_crop(self, crop: Pixels, landmarks: Landmarks) -> FaceMeasures:
        """Return the measures of a face in its crop, which `crop_face` made with the `crop_matrix` of its landmarks."""
        mesh = apply_matrix(crop_matrix(landmarks.points), landmarks.points[:, :2])
        points = self.cascade.find(make_channels(crop), mesh)
        return self.measure_points(landmarks, points, with_picture=True)

    def measure_landmarks(self, landmarks: Landmarks) -> FaceMeasures:
        """Return the measures of a face without its picture, with larger errors; brows and jaw are hardly known."""
        mesh = apply_matrix(crop_matrix(landmarks.points), landmarks.points[:, :2])
        return self.measure_points(landmarks, self.cascade.find_without_picture(mesh), with_picture=False)

    def measure_points(self, landmarks: Landmarks, points: Points, *, with_picture: bool) -> FaceMeasures:
        """Return the measures of landmarks and (189, 2) crop points, which were found with or without the picture."""
        estimator = self.with_picture if with_picture else self.without_picture
        face = turn_frontal(landmarks.points, landmarks.alignment)
        per_cm = self.geometry.nearness.guess(face.mesh)
        mesh, half = self.geometry.relax(face.mesh, points)
        relaxed = unfold_halves(half, WIDTH)
        estimates = np.stack([measure_mesh(mesh), measure_template(relaxed), measure_template(points)])
        values = self.geometry.combine(estimator.combiner, estimates, face.pose, per_cm)
        width = np.array(landmarks.width_px)
        conditions = judge_conditions(face.pose, per_cm, landmarks.blendshapes, width, self.geometry.usual_pitch_deg)
        return FaceMeasures(
            values,
            estimator.errors.declare(conditions),
            measure_extras(mesh),
            self.extra_errors.declare(conditions),
            points,
            relaxed,
            float(per_cm),
        )

    def draw(self, measures: FaceMeasures) -> Points:
        """Return (189, 2) crop points that measure the values: those found, moved like the frontal relaxed ones."""
        middle = (WIDTH - 1) / 2, 0.0
        upright = (measures.relaxed - middle) * UP
        drawn = self.drawing.fit_points(upright, measures.values) * UP + middle
        found = unfold_halves(fold_halves(measures.points, WIDTH), WIDTH)
        moved: Points = measures.points + (drawn - found)
        return moved


def turn_frontal(points: Points, alignment: Alignment | None = None) -> FrontalFace:
    """Return the frontal mesh of (478, 3) pixels; alignment: theirs, if it is known already."""
    fit = alignment or align_to_canonical(points[:VERTEX_COUNT])
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
