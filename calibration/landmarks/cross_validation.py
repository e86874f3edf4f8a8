"""Nested cross-validation by person: everything about a person comes from a model that never saw that person."""

from dataclasses import dataclass

import numpy as np

from calibration.landmarks.learn_model import conditions_of, find_points, learn_model
from calibration.landmarks.retakes import PLAIN
from calibration.landmarks.training_set import Rows, TrainingSet
from gwansang.vision.face import Points
from gwansang.vision.measuring.channels import WIDTH
from gwansang.vision.measuring.combining import ESTIMATES
from gwansang.vision.measuring.mesh_measures import EXTRA_KEYS, measure_extras
from gwansang.vision.measuring.model import FaceMeasures, LandmarkModel
from gwansang.vision.measuring.template import KEYS, POINT_COUNT, measure_template, unfold_halves

FOLDS, _SEED = 5, 0
_DRAWN = 12  # faces a fold
WITHOUT_PICTURE = (PLAIN.name, "near40", "turn10", "nod8")
"""Takes that are also measured from their mesh alone."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Measures of n takes by models that never saw the person.

    estimates: (n, 3, 24); values: (n, 24) on each model's own scale; scores: (n, 24) standard scores on one scale for
    all models; errors: (n, 24) declared; extras: (n, 6); points: (n, 189, 2) crop pixels; without_picture: (n, 24) of
    the takes named above, else NaN; drawn: (k, 24) distance of drawn points' measures from the value, in errors.
    """

    estimates: Points
    values: Points
    scores: Points
    errors: Points
    extras: Points
    points: Points
    without_picture: Points
    drawn: Points


def cross_validate(training: TrainingSet) -> HeldOut:
    """Learn FOLDS models and return what they measure on the people left out; about ten minutes on one core."""
    fold = training.folds(FOLDS, _SEED)
    models = [
        (learn_model(training, fold != one), np.flatnonzero(fold[training.person] == one)) for one in range(FOLDS)
    ]
    held_out = _empty(len(training.takes.person))
    for model, rows in models:
        _measure(training, model, rows, held_out)
    # One model of all people has one middle of the estimates; five models have five, and pooling them costs r.
    middle = held_out.estimates[training.plain].mean(axis=0)
    for model, rows in models:
        combiner = model.with_picture.combiner
        own = (held_out.values[rows] - combiner.hand_mean) / combiner.hand_sd
        held_out.scores[rows] = own - combiner.score(middle)
    drawn = np.concatenate([_draw(training, model, rows, held_out) for model, rows in models])
    return HeldOut(**{name: getattr(held_out, name) for name in HeldOut.__dataclass_fields__} | {"drawn": drawn})


def _empty(count: int) -> HeldOut:
    def table(*shape: int) -> Points:
        return np.full((count, *shape), np.nan)

    keys = len(KEYS)
    return HeldOut(
        estimates=table(len(ESTIMATES), keys),
        values=table(keys),
        scores=table(keys),
        errors=table(keys),
        extras=table(len(EXTRA_KEYS)),
        points=table(POINT_COUNT, 2),
        without_picture=table(keys),
        drawn=np.empty((0, keys)),
    )


def _measure(training: TrainingSet, model: LandmarkModel, rows: Rows, held_out: HeldOut) -> None:
    """Fill the rows of a fold."""
    geometry, picture, alone = model.geometry, model.with_picture, model.without_picture
    frontal, pose = training.frontal[rows], training.pose[rows]
    find_points(training, model.cascade, rows, held_out.points)
    points = held_out.points[rows]
    held_out.estimates[rows] = geometry.estimate(frontal, points)
    per_cm = geometry.nearness.guess(frontal)
    held_out.values[rows] = geometry.combine(picture.combiner, held_out.estimates[rows], pose, per_cm)
    conditions = conditions_of(training, rows, per_cm, geometry.usual_pitch_deg)
    held_out.errors[rows] = picture.errors.declare(conditions)
    held_out.extras[rows] = measure_extras(geometry.relax(frontal, points)[0])
    some = np.isin(training.takes.name[rows], WITHOUT_PICTURE)
    meshes = training.mesh[rows[some]]
    starts = np.array([model.cascade.find_without_picture(mesh) for mesh in meshes])
    estimates = geometry.estimate(frontal[some], starts)
    held_out.without_picture[rows[some]] = geometry.combine(alone.combiner, estimates, pose[some], per_cm[some])


def _draw(training: TrainingSet, model: LandmarkModel, rows: Rows, held_out: HeldOut) -> Points:
    """Return |measure of the drawn points - value| in declared errors for some plain takes of a fold, (k, 24)."""
    plain = rows[training.takes.name[rows] == PLAIN.name][:_DRAWN]
    return np.array([_draw_one(training, model, int(row), held_out) for row in plain])


def _draw_one(training: TrainingSet, model: LandmarkModel, row: int, held_out: HeldOut) -> Points:
    half = model.geometry.relax(training.frontal[row], held_out.points[row])[1]
    values, errors = held_out.values[row], held_out.errors[row]
    relaxed = unfold_halves(half, WIDTH)
    measures = FaceMeasures(
        values, errors, held_out.extras[row], np.zeros(len(EXTRA_KEYS)), held_out.points[row], relaxed, 0.0
    )
    flipped = model.draw(measures) * (1.0, -1.0)
    missing: Points = np.abs(measure_template(flipped) - values) / errors
    return missing
