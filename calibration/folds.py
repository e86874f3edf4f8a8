"""Cross-validation: each person is corrected by a model trained on other people."""

from collections.abc import Sequence

import numpy as np

from calibration.face_model import Person, train
from gwansang.reading.measurements import Measures, measure_face
from gwansang.services.ml.face_analyzer import capture_of
from gwansang.vision.correction import FaceModel, correct_mesh
from gwansang.vision.face import Face, Points

FOLDS = 10


def measure_with(face: Face, model: FaceModel) -> Measures:
    """Return the measures of a face corrected by another model than the shipped one."""
    return measure_face(correct_mesh(face.frontal, face.pose, face.quality.distance_cm, model), capture_of(face))


def measure_held_out(people: Sequence[Person], averages: Points, noise: float) -> list[tuple[Measures, Measures]]:
    """Return (neutral, smiling) measures of every person, in order, from FOLDS models trained without that person."""
    order = np.random.default_rng(0).permutation(len(people))
    pairs: dict[int, tuple[Measures, Measures]] = {}
    for fold in range(FOLDS):
        tested = {int(index) for index in order[fold::FOLDS]}
        model = train([person for index, person in enumerate(people) if index not in tested], averages, noise)
        for index in tested:
            person = people[index]
            pairs[index] = measure_with(person.neutral, model), measure_with(person.smiling, model)
    return [pairs[index] for index in range(len(people))]
