"""Ridge regression of a picture's stretch, and its cross-validation by person."""

import numpy as np
from numpy.typing import NDArray

from calibration.stretch.looks import PLAIN, Looks
from gwansang.vision.face import Points
from gwansang.vision.stretch import MIN_LEVEL

FOLDS, _SEED = 10, 0
_RIDGE = 150.0
_WEIGHT_OF_PLAIN = 3.0  # of a portrait as it is, against a changed one


def learn_weights(looks: Looks, rows: NDArray[np.bool_]) -> Points:
    """Return the weights of the features and the bias, (1490,), learned from some looks."""
    x = looks.features[rows].astype(np.float64)
    y = (looks.stretch * looks.level)[rows]
    weight = np.where((looks.name == PLAIN) & (looks.aspect == 1), _WEIGHT_OF_PLAIN, 1.0)[rows]
    mean, middle = np.average(x, axis=0, weights=weight), np.average(y, weights=weight)
    x -= mean
    gram = (x * weight[:, None]).T @ x + _RIDGE * np.eye(x.shape[1])
    slope = np.linalg.solve(gram, (x * weight[:, None]).T @ (y - middle))
    return np.append(slope, middle - mean @ slope)


def estimate(looks: Looks, weights: Points, rows: NDArray[np.bool_]) -> Points:
    """Return log aspects of some looks, 0 where the head leans too far to say."""
    along = looks.features[rows].astype(np.float64) @ weights[:-1] + weights[-1]
    level = looks.level[rows]
    return np.where(np.abs(level) >= MIN_LEVEL, along / level, 0.0)


def cross_validate(looks: Looks) -> Points:
    """Return the log aspect of every look by a model that never saw its person, (n,); every model saw DRAWN."""
    found = np.empty(len(looks.person))
    people = np.unique(looks.person[looks.portraits])
    fold = dict(zip(people, np.random.default_rng(_SEED).permutation(len(people)) % FOLDS, strict=True))
    folds = np.array([fold.get(person, -1) for person in looks.person])
    for one in range(FOLDS):
        found[folds == one] = estimate(looks, learn_weights(looks, looks.learned & (folds != one)), folds == one)
    found[~looks.portraits] = estimate(looks, learn_weights(looks, looks.learned), ~looks.portraits)
    return found
