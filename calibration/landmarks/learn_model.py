"""Learning of a whole model from some people; what combines estimates is learned from out-of-fold points."""

import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.landmarks.combining import learn_errors, learn_weights
from calibration.landmarks.expression import learn_relaxer
from calibration.landmarks.learn_cascade import STEPS, learn_cascade
from calibration.landmarks.portraits import NEUTRAL
from calibration.landmarks.training_set import Mask, Rows, TrainingSet
from gwansang.vision.face import Points
from gwansang.vision.measuring.cascade import Cascade
from gwansang.vision.measuring.channels import WIDTH
from gwansang.vision.measuring.combining import Combiner, Errors, Estimator, judge_conditions
from gwansang.vision.measuring.mesh_measures import measure_extras
from gwansang.vision.measuring.model import Geometry, LandmarkModel, Nearness, join_shape
from gwansang.vision.measuring.template import KEYS, POINT_COUNT, UP, fold_halves

_INNER_FOLDS, _INNER_SEED = 4, 7
_NEARNESS_PARTS, _NEARNESS_RIDGE = 30, 20.0
_SPREAD_FLOOR = 0.3  # crop pixels squared, of every coordinate
_NODDED = ("nod8", "up8")
_NEAR_CM = {"near25": 25.0, "near40": 40.0, "near60": 60.0}


@dataclass(frozen=True, slots=True)
class _Group:
    """Some people's takes with points found by cascades that had not seen them.

    ids: (k,) people; rows: fixed takes; points: (n, 189, 2) crop pixels of all takes, NaN for the others.
    """

    training: TrainingSet
    ids: Rows
    rows: Rows
    points: Points

    @property
    def plain(self) -> Rows:
        """Take of each person's neutral photo, (k,)."""
        return self.training.plain[self.ids]

    @property
    def paired(self) -> Rows:
        """People who also have a smiling photo."""
        return self.ids[self.training.smile[self.ids] >= 0]


def learn_model(training: TrainingSet, people: Mask) -> LandmarkModel:
    """Learn a model from some people, (p,) booleans; about two minutes for 90 people on one core."""
    group = _find_out_of_fold(training, people, STEPS)
    cascade = learn_cascade(training, people)
    geometry = _learn_geometry(group)
    with_picture = _learn_estimator(group, geometry)
    without_picture = _learn_estimator(_find_out_of_fold(training, people, 0), geometry)
    print(f"learned from {people.sum()} people", file=sys.stderr, flush=True)
    spread, extra_errors = _learn_spread(training, people), _learn_extra_errors(group, geometry)
    return LandmarkModel(cascade, geometry, with_picture, without_picture, spread, extra_errors)


def find_points(training: TrainingSet, cascade: Cascade, rows: Rows, points: Points) -> None:
    """Fill `points` (n, 189, 2) of some takes, without the picture if the cascade has no steps."""
    for row in rows:
        mesh = training.mesh[row]
        found = cascade.find(training.takes.maps[row], mesh) if cascade.steps else cascade.find_without_picture(mesh)
        points[row] = found


def _find_out_of_fold(training: TrainingSet, people: Mask, steps: int) -> _Group:
    points = np.full((len(training.takes.person), POINT_COUNT, 2), np.nan)
    inner = training.folds(_INNER_FOLDS, _INNER_SEED)
    for fold in range(_INNER_FOLDS):
        cascade = learn_cascade(training, people & (inner != fold), seed=2 + fold, steps=steps)
        find_points(training, cascade, training.fixed_rows(people & (inner == fold)), points)
    return _Group(training, np.flatnonzero(people), training.fixed_rows(people), points)


def _learn_geometry(group: _Group) -> Geometry:
    training = group.training

    def shapes(rows: Rows) -> Points:
        return join_shape(training.frontal[rows], fold_halves(group.points[rows], WIDTH))

    pairs = training.plain[group.paired], training.smile[group.paired]
    relaxer = learn_relaxer(shapes(group.plain), (shapes(pairs[0]), shapes(pairs[1])))
    return Geometry(relaxer, _learn_nearness(group), float(training.pose[group.plain, 1].mean()))


def _learn_nearness(group: _Group) -> Nearness:
    """Learn one over the distance from warped neutral takes: ridge regression on 30 principal components."""
    training, mine = group.training, np.isin(group.training.person, group.ids)
    rows = np.flatnonzero(mine & (training.takes.kind == NEUTRAL))
    near_cm = training.takes.near_cm[rows]
    per_cm = np.where(near_cm > 0, 1 / np.maximum(near_cm, 1), 0.0)
    flat = training.frontal[rows].reshape(len(rows), -1)
    mean = flat.mean(axis=0)
    _, strengths, axes = np.linalg.svd(flat - mean, full_matrices=False)
    axes = axes[:_NEARNESS_PARTS] / (strengths[:_NEARNESS_PARTS, None] / np.sqrt(len(rows)))
    parts = (flat - mean) @ axes.T
    gram = parts.T @ parts + _NEARNESS_RIDGE * np.eye(_NEARNESS_PARTS)
    weights = np.linalg.solve(gram, parts.T @ (per_cm - per_cm.mean())) @ axes
    return Nearness(weights, float(per_cm.mean() - mean @ weights))


def _learn_estimator(group: _Group, geometry: Geometry) -> Estimator:
    training, rows = group.training, group.rows
    estimates = np.full((len(training.takes.person), 3, len(KEYS)), np.nan)
    estimates[rows] = geometry.estimate(training.frontal[rows], group.points[rows])
    combiner = _learn_combiner(group, estimates)
    per_cm = geometry.nearness.guess(training.frontal[rows])
    values = geometry.combine(combiner, estimates[rows], training.pose[rows], per_cm)
    deviations = (values - training.hand[training.person[rows]]) / combiner.hand_sd
    conditions = conditions_of(training, rows, per_cm, geometry.usual_pitch_deg)
    return Estimator(combiner, learn_errors(conditions, deviations, np.isin(rows, group.plain), combiner.hand_sd))


def _learn_extra_errors(group: _Group, geometry: Geometry) -> Errors:
    """Learn the errors of the measures that nobody marked from how far other takes of a person are from the plain one.

    The base is their spread between the photos of one person: of what every photo has in common nothing is known.
    """
    training, rows = group.training, group.rows
    extras = measure_extras(geometry.relax(training.frontal[rows], group.points[rows])[0])
    by_row = dict(zip(rows.tolist(), extras, strict=True))
    own = np.array([by_row[training.plain[person]] for person in training.person[rows]])
    pairs = [by_row[training.smile[person]] - by_row[training.plain[person]] for person in group.paired]
    base = np.std(pairs, axis=0) / np.sqrt(2)
    per_cm = geometry.nearness.guess(training.frontal[rows])
    conditions = conditions_of(training, rows, per_cm, geometry.usual_pitch_deg)
    learned = learn_errors(conditions, (extras - own) / base, np.isin(rows, group.plain), base)
    return Errors(base, learned.growth)


def conditions_of(training: TrainingSet, rows: Rows, per_cm: Points, usual_pitch_deg: float) -> Points:
    """Return the conditions (k, 5) of some takes."""
    takes = training.takes
    blendshapes = takes.blendshapes[rows].astype(np.float64)
    return judge_conditions(training.pose[rows], per_cm, blendshapes, takes.face_px[rows], usual_pitch_deg)


def _learn_combiner(group: _Group, estimates: Points) -> Combiner:
    neutral, hand = estimates[group.plain], group.training.hand[group.ids]
    smiling = np.full_like(neutral, np.nan)
    smiling[np.searchsorted(group.ids, group.paired)] = estimates[group.training.smile[group.paired]]
    mean, sd = neutral.mean(axis=0), neutral.std(axis=0)
    hand_mean, hand_sd = hand.mean(axis=0), hand.std(axis=0)
    z, z_smiling, z_hand = (neutral - mean) / sd, (smiling - mean) / sd, (hand - hand_mean) / hand_sd
    columns = [learn_weights(z[:, :, j], z_smiling[:, :, j], z_hand[:, j]) for j in range(len(KEYS))]
    weights = np.stack(columns, axis=1)
    score = ((estimates - mean) / sd * weights).sum(axis=1)
    return Combiner(mean, sd, weights, hand_mean, hand_sd, _pitch_slope(group, score), _near_slope(group, score))


def _pitch_slope(group: _Group, score: Points) -> Points:
    """Return the change of each score per degree of pitch, (24,), from nodded takes."""
    training = group.training
    rows = [training.rows(NEUTRAL, name)[group.ids] for name in _NODDED]
    pitch = np.concatenate([training.pose[nodded, 1] - training.pose[group.plain, 1] for nodded in rows])
    change = np.concatenate([score[nodded] - score[group.plain] for nodded in rows])
    slope: Points = pitch @ change / (pitch @ pitch)
    return slope


def _near_slope(group: _Group, score: Points) -> Points:
    """Return the change of each score per 1/cm, (24,), from takes with a near camera."""
    rows = {cm: group.training.rows(NEUTRAL, name)[group.ids] for name, cm in _NEAR_CM.items()}
    per_cm = np.repeat([1 / cm for cm in rows], len(group.ids))
    change = np.concatenate([score[near] - score[group.plain] for near in rows.values()])
    slope: Points = per_cm @ change / (per_cm @ per_cm)
    return slope


def _learn_spread(training: TrainingSet, people: Mask) -> Points:
    half = fold_halves(training.marks[training.plain[people]], WIDTH) * UP
    covariance: NDArray[np.float64] = np.cov(half.reshape(len(half), -1).T)
    return covariance + _SPREAD_FLOOR * np.eye(len(covariance))
