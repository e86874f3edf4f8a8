"""Everybody is corrected by a model that has not seen them: what a stranger may expect."""

from collections.abc import Sequence

import numpy as np

from calibration.face_model import Person, train
from gwansang.reading.measurements import Measures, measure_face
from gwansang.services.ml.face_analyzer import capture_of
from gwansang.vision.correction import FaceModel, correct_mesh
from gwansang.vision.face import Face, Points

FOLDS = 10


def measured(face: Face, model: FaceModel) -> Measures:
    """The measures of a face under a model other than the shipped one."""
    return measure_face(correct_mesh(face.frontal, face.pose, face.quality.distance_cm, model), capture_of(face))


def held_out(people: Sequence[Person], averages: Points, noise: float) -> list[tuple[Measures, Measures]]:
    """(neutral, smiling) of every person, in order, from ten models of nine tenths of the people each."""
    order = np.random.default_rng(0).permutation(len(people))
    pairs: dict[int, tuple[Measures, Measures]] = {}
    for fold in range(FOLDS):
        tested = {int(index) for index in order[fold::FOLDS]}
        model = train([person for index, person in enumerate(people) if index not in tested], averages, noise)
        for index in tested:
            person = people[index]
            pairs[index] = measured(person.neutral, model), measured(person.smiling, model)
    return [pairs[index] for index in range(len(people))]
