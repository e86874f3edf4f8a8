"""Covariances of the gate of several photos, which `gwansang.reading.gate` evaluates.

Of photos of one person: another expression, distance, pose, size; retakes count twice, since real photos differ in
more. Of strangers: of one sex.
"""

import numpy as np

from calibration.scores.fair_weights import Vector, center_sexes
from calibration.scores.sample import SCORED, SCORED_COLUMNS, Sample, Table
from gwansang.reading.belief import Validity
from gwansang.reading.gate import Gate, evidence

_SHRINK = 0.3  # of covariances towards their diagonal


def fit_gate(sample: Sample, sds: Vector, truth: Validity) -> Gate:
    """Fit the gate on people with two photos and retakes; sds: of the norms, (31,)."""
    sd = sds[SCORED_COLUMNS]
    measured = sample.measured[:, SCORED_COLUMNS] / sd
    pairs = (sample.smiling[:, SCORED_COLUMNS] / sd - measured)[sample.twice]
    same = pairs.T @ pairs / len(pairs)
    moments = [_moments(table[:, SCORED_COLUMNS] / sd - measured) for table in sample.retakes.values()]
    if moments:
        same = same + 2 * np.mean(moments, axis=0)
    people = 2 * np.cov(center_sexes(measured, sample.women).T)
    return Gate(SCORED, _shrink(same), _shrink(people), sd, truth.sigma[SCORED_COLUMNS])


def evidence_of_pairs(gate: Gate, one: Table, other: Table, error: Table, other_error: Table) -> Vector:
    """Return the evidence for each pair of rows, (n,): of measures (n, 31) and their errors, in the measures' units."""
    columns = SCORED_COLUMNS
    differences = one[:, columns] - other[:, columns]
    variances = error[:, columns] ** 2 + other_error[:, columns] ** 2
    return np.array([evidence(gate, row, variance) for row, variance in zip(differences, variances, strict=True)])


def _moments(differences: Table) -> Table:
    known = differences[np.isfinite(differences[:, 0])]
    moments: Table = known.T @ known / len(known)
    return moments


def _shrink(matrix: Table) -> Table:
    shrunk: Table = (1 - _SHRINK) * matrix + _SHRINK * np.diag(np.diag(matrix))
    return shrunk
