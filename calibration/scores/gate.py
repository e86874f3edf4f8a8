"""Gate of several photos: evidence that two measured faces are not one person's. No identification.

Evidence is the mean log-likelihood ratio (Neyman & Pearson 1933) of the difference d of two faces' standard scores:
(d' (D^-1 - S^-1) d + log |D| - log |S|) / k, with D the covariance of differences between photos of one person (another
expression, distance, pose, size; retakes count twice, since real photos differ in more) and S that between strangers of
one sex plus D. It is negative for one face. Photos with larger errors than those D comes from widen it.
"""

from dataclasses import dataclass

import numpy as np

from calibration.scores.belief import Truth
from calibration.scores.fair_weights import Vector, center_sexes
from calibration.scores.sample import SCORED_COLUMNS, Sample, Table

WARN_ABOVE = 0.5  # a reading comes with a warning, and the profile is left alone
REFUSE_ABOVE = 1.0  # photos are not combined
_MOST_WIDENING = 16.0  # of a variance
_SHRINK = 0.3  # of covariances towards their diagonal


@dataclass(frozen=True, slots=True)
class Gate:
    """same: covariance of differences within people; people: of those between strangers of one sex; (k, k) each.

    sds: of the norms; usual: declared errors of the photos that `same` comes from, in SDs.
    """

    same: Table
    people: Table
    sds: Vector
    usual: Vector


def fit_gate(sample: Sample, sds: Vector, truth: Truth) -> Gate:
    """Fit the gate on people with two photos and retakes; sds: of the norms, (31,)."""
    sd = sds[SCORED_COLUMNS]
    measured = sample.measured[:, SCORED_COLUMNS] / sd
    pairs = (sample.smiling[:, SCORED_COLUMNS] / sd - measured)[sample.twice]
    same = pairs.T @ pairs / len(pairs)
    moments = [_moments(table[:, SCORED_COLUMNS] / sd - measured) for table in sample.retakes.values()]
    if moments:
        same = same + 2 * np.mean(moments, axis=0)
    people = 2 * np.cov(center_sexes(measured, sample.women).T)
    return Gate(_shrink(same), _shrink(people), sd, truth.sigma[SCORED_COLUMNS])


def evidence_of_another_face(gate: Gate, one: Table, other: Table, error: Table, other_error: Table) -> Vector:
    """Return the evidence for each pair of rows, (n,): of measures (n, 31) and their errors, in the measures' units."""
    columns = SCORED_COLUMNS
    differences = (one[:, columns] - other[:, columns]) / gate.sds
    variances = (error[:, columns] ** 2 + other_error[:, columns] ** 2) / gate.sds**2 / (2 * gate.usual**2)
    roots = np.sqrt(np.clip(variances, 1.0, _MOST_WIDENING))
    return np.array([_evidence(gate, row, root) for row, root in zip(differences, roots, strict=True)])


def _evidence(gate: Gate, difference: Vector, root: Vector) -> float:
    same = gate.same * np.outer(root, root)
    strangers = gate.people + same
    squares = difference @ (np.linalg.solve(same, difference) - np.linalg.solve(strangers, difference))
    volumes = np.linalg.slogdet(same)[1] - np.linalg.slogdet(strangers)[1]
    return float((squares + volumes) / len(difference))


def _moments(differences: Table) -> Table:
    known = differences[np.isfinite(differences[:, 0])]
    moments: Table = known.T @ known / len(known)
    return moments


def _shrink(matrix: Table) -> Table:
    shrunk: Table = (1 - _SHRINK) * matrix + _SHRINK * np.diag(np.diag(matrix))
    return shrunk
