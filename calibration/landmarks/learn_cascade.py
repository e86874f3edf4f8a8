"""Learning of the cascade: ridge steps, each trained on out-of-fold results of the one before it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.landmarks.least_squares import fit_ridge
from calibration.landmarks.portraits import SMILING
from calibration.landmarks.retakes import PLAIN
from calibration.landmarks.training_set import Mask, Rows, TrainingSet
from gwansang.vision.face import Points
from gwansang.vision.measuring.cascade import GRID_OFFSETS, Cascade, RidgeStep, start_places
from gwansang.vision.measuring.channels import CHANNELS, MIRRORED_CHANNELS, STRIDE, WIDTH
from gwansang.vision.measuring.template import MODELS

STEPS = 2
_FOLDS = 4
_RIDGE_START, _RIDGE_STEP = 20.0, 300.0  # the latter for a thousand takes
_JITTER_PX, _JITTER_DECAY = 1.5, 0.6  # of a step's starts
_PLAIN_WEIGHT, _SMILE_WEIGHT = 2.0, 1.5
_LEFT_OUT = "photo200"  # a few pixels a face: tests only

Fit = tuple[Points, Points]  # weights and bias of one model


@dataclass(frozen=True, slots=True)
class _Samples:
    """Every chosen take twice, as seen and mirrored: take, half (0 or 1), weight and fold, (k,) each."""

    rows: Rows
    half: Rows
    weight: NDArray[np.float32]
    fold: Rows

    @property
    def takes(self) -> int:
        """Number of takes."""
        return len(self.rows) // 2


def learn_cascade(training: TrainingSet, people: Mask, seed: int = 1, steps: int = STEPS) -> Cascade:
    """Learn a cascade from some people (p,); without steps it can only start from a mesh."""
    rng = np.random.default_rng(seed)
    near = training.nearest_vertices(people)
    goals = training.goals_with_smiles(near)
    samples = _choose_samples(training, people, rng)
    fits = [
        _learn_point(training, samples, near[model], goals[samples.half, samples.rows, model], (model, steps), rng)
        for model in range(len(MODELS))
    ]
    start, *rest = (
        RidgeStep(np.array([fit[0] for fit in step], np.float32), np.array([fit[1] for fit in step], np.float32))
        for step in zip(*fits, strict=True)
    )
    return Cascade(near, start, tuple(rest))


def _choose_samples(training: TrainingSet, people: Mask, rng: np.random.Generator) -> _Samples:
    takes, ids = training.takes, np.flatnonzero(people)
    inner = np.full(len(people), -1)
    inner[rng.permutation(ids)] = np.arange(len(ids)) % _FOLDS
    chosen = np.flatnonzero(people[training.person] & (takes.name != _LEFT_OUT))
    rows, half = np.tile(chosen, 2), np.repeat([0, 1], len(chosen))
    weight = np.where(takes.name == PLAIN.name, _PLAIN_WEIGHT, 1.0)
    weight = weight * np.where(takes.kind == SMILING, _SMILE_WEIGHT, 1.0)
    return _Samples(rows, half, weight[rows].astype(np.float32), inner[training.person[rows]])


def _learn_point(
    training: TrainingSet, samples: _Samples, near: Rows, goal: Points, which: tuple[int, int], rng: np.random.Generator
) -> list[Fit]:
    """Return the start and the steps of one model; which: its index and the number of steps."""
    model, steps = which
    places, shapes = start_places(training.halves[samples.half, samples.rows], near)
    weights, bias, moved = fit_ridge(shapes, goal - places, samples.weight, _RIDGE_START, samples.fold)
    fits = [(weights, bias)]
    places = places + moved
    for step in range(steps):
        here = places + rng.normal(0, _JITTER_PX * _JITTER_DECAY**step, places.shape)
        features = _sample(training, samples, model, here)
        ridge = _RIDGE_STEP * samples.takes / 1000
        weights, bias, moved = fit_ridge(features, goal - here, samples.weight, ridge, samples.fold)
        fits.append((weights, bias))
        places = here + moved
    return fits


def _sample(training: TrainingSet, samples: _Samples, model: int, places: Points) -> NDArray[np.float32]:
    """Return the (k, features) of one model at (k, 2) places of many takes; the same as `cascade.sample_grids`."""
    maps = training.takes.maps
    height, width = maps.shape[1:3]
    grid = places[:, None] + GRID_OFFSETS[model]
    mirrored = samples.half == 1
    across = np.where(mirrored[:, None], WIDTH - 1 - grid[..., 0], grid[..., 0])
    x = np.clip((across + 0.5) / STRIDE - 0.5, 0, width - 1.001)
    y = np.clip((grid[..., 1] + 0.5) / STRIDE - 0.5, 0, height - 1.001)
    i, j = y.astype(np.intp), x.astype(np.intp)
    fy, fx = (y - i)[..., None].astype(np.float32), (x - j)[..., None].astype(np.float32)
    flat, first = maps.reshape(-1, CHANNELS), (samples.rows[:, None] * height + i) * width + j
    top = flat[first] * (1 - fx) + flat[first + 1] * fx
    low = flat[first + width] * (1 - fx) + flat[first + width + 1] * fx
    values: NDArray[np.float32] = ((top * (1 - fy) + low * fy) / np.float32(64)).astype(np.float32, copy=False)
    values[mirrored] = values[mirrored][..., MIRRORED_CHANNELS]
    return values.reshape(len(samples.rows), -1)
