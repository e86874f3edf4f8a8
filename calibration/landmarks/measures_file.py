"""File of the held-out measures, MEASURES.npz, that `calibration.scores` reads; data of people, for no repository."""

from pathlib import Path

import numpy as np

from calibration.landmarks.cross_validation import HeldOut
from calibration.landmarks.retakes import PLAIN
from calibration.landmarks.training_set import TrainingSet
from gwansang.vision.measuring.mesh_measures import EXTRA_KEYS, measure_extras, measure_mesh
from gwansang.vision.measuring.template import KEYS


def save_measures(training: TrainingSet, held_out: HeldOut, path: Path) -> None:
    """Write the measures of the plain photos and the fixed retakes; `calibration.scores.sample` documents the file."""
    takes = training.takes
    rows = np.flatnonzero(takes.is_fixed)
    person = training.person[rows]
    plain = takes.name[rows] == PLAIN.name
    arrays = {
        "person": takes.person[rows],
        "photo": np.where(plain, takes.kind[rows], takes.name[rows]),
        "sex": training.sex[person],
        "group": training.origin[person],
        "studio": np.where(training.london[person], "london", "canada"),
        "keys": np.array(KEYS),
        "extra_keys": np.array(EXTRA_KEYS),
        "measured": training.hand.mean(axis=0) + training.hand.std(axis=0) * held_out.scores[rows],
        "error": held_out.errors[rows],
        "hand": training.hand[person],
        "extras": held_out.extras[rows],
        "mesh": measure_mesh(training.frontal[rows]),
        "mesh_extras": measure_extras(training.frontal[rows]),
    }
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
