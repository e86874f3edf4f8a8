"""Weights of sums that keep their meaning, agree with hand marks, and are silent about sexes and origins.

For a wanted direction b (weights of standard scores), the weights w minimise, with C the covariance within the sexes,

    (w - b)' C (w - b) + truth w' E w + repeat w' F w + sexes (w' d)^2 + origins sum ((w' g)^2 + v w' C w) / 3

E: covariance of measured minus hand; F: of smiling minus neutral; d: difference of the sexes; g: difference of an
origin from the rest and v its variance, so that what is hardly known counts as spread (ridge regression, Hoerl &
Kennard 1970). The solution is (C + penalties)^-1 C b. Differences are taken from measured values, hand marks and
vertices of the mesh alone, so that points without a picture are treated alike. Origins are few among the licensed
portraits: their differences are drawn to published figures by precision (Lindley & Smith 1972).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.scores.sample import SCORED_COLUMNS, Mask, Sample, Table

Vector = NDArray[np.float64]

_SHRINK = 0.2  # of covariances towards their diagonal
_REPEATABLE = 0.91  # correlation of a sum between two photos
_MOST_PASSES = 3
_REFERENCE_GROUP = "white"  # the one with enough people to centre each sex on
_SPREAD_OF_A_GROUP = 30.0  # people beyond which more of one studio say no more about an origin


@dataclass(frozen=True, slots=True)
class People:
    """Standard scores of people, (n, k): measured, of a smiling photo, of hand marks, of the mesh alone.

    NaN without such a photo or mesh; reference: people among whom origins are compared.
    """

    measured: Table
    smiling: Table
    hand: Table
    mesh: Table
    women: Mask
    group: NDArray[np.str_]
    reference: Mask


@dataclass(frozen=True, slots=True)
class Origin:
    """Published difference of an origin from the others, (k,), in SDs within a group; variance: of its error."""

    name: str
    difference: Vector
    variance: float


@dataclass(frozen=True, slots=True)
class Strengths:
    """Weights of the penalties; mesh: of differences on vertices against those of measured values."""

    truth: float = 6.0
    repeat: float = 30.0
    sexes: float = 60.0
    origins: float = 10.0
    mesh: float = 3.0
    floor: float = 0.1


def standardize_people(sample: Sample) -> People:
    """Return the scored measures of a sample, each kind of measure in its own standard scores."""

    def z(values: Table, reference: Table) -> Table:
        scores: Table = (values - np.median(reference, axis=0)) / reference.std(axis=0)
        return scores

    columns = SCORED_COLUMNS
    measured, hand, mesh = sample.measured[:, columns], sample.hand[:, columns], sample.mesh[:, columns]
    smiling = z(sample.smiling[:, columns], measured)
    return People(
        z(measured, measured), smiling, z(hand, hand), z(mesh, mesh), sample.women, sample.group, sample.reference
    )


def shrunk_covariance(values: Table) -> Table:
    """Return the covariance, drawn towards its diagonal."""
    matrix = np.atleast_2d(np.cov(values.T))
    shrunk: Table = (1 - _SHRINK) * matrix + _SHRINK * np.diag(np.diag(matrix))
    return shrunk


def center_sexes(values: Table, women: Mask) -> Table:
    """Return the values without the mean of each sex."""
    centred = values.copy()
    for group in (women, ~women):
        centred[group] -= centred[group].mean(axis=0)
    return centred


def sex_difference(values: Table, women: Mask) -> Vector:
    """Return women minus men, (k,), over the rows that are known."""
    known = np.isfinite(values[:, 0])
    difference: Vector = values[known & women].mean(axis=0) - values[known & ~women].mean(axis=0)
    return difference


def balanced_covariance(people: People) -> Table:
    """Return the covariance of measured scores in a population of as many women as men."""
    difference = sex_difference(people.measured, people.women)
    balanced: Table = (
        shrunk_covariance(center_sexes(people.measured, people.women)) + np.outer(difference, difference) / 4
    )
    return balanced


def origin_differences(values: Table, people: People, origins: Sequence[Origin]) -> list[tuple[Vector, float]]:
    """Return the difference of each origin within the sexes, in units of `values`, and its variance in squared SDs."""
    base = people.reference & (people.group == _REFERENCE_GROUP)
    centred = values.copy()
    for sex in (people.women, ~people.women):
        centred[sex] -= centred[base & sex].mean(axis=0)
    sd = np.sqrt((centred[base] ** 2).mean(axis=0))
    centred = centred / sd
    differences = []
    for origin in origins:
        members = people.reference & (people.group == origin.name)
        count = int(members.sum())
        precision = count / (1.0 + count / _SPREAD_OF_A_GROUP)
        mean = centred[members].mean(axis=0) if count else np.zeros(values.shape[1])
        total = precision + 1.0 / origin.variance
        posterior = (mean * precision + origin.difference / origin.variance) / total
        differences.append((posterior * sd, 1.0 / total))
    return differences


def penalties(people: People, origins: Sequence[Origin], strengths: Strengths) -> Table:
    """Return the matrix of all penalties, (k, k)."""
    seen = np.isfinite(people.smiling[:, 0])
    truth = shrunk_covariance((people.smiling - people.hand)[seen])
    repeat = shrunk_covariance((people.smiling - people.measured)[seen])
    matrix = strengths.truth * truth + strengths.repeat * repeat + strengths.floor * np.eye(len(truth))
    with_mesh = [(people.mesh, strengths.mesh)] if np.isfinite(people.mesh).all() else []
    for values, weight in ((people.measured, 1.0), (people.hand, 1.0), (people.smiling, 1.0), *with_mesh):
        difference = sex_difference(values, people.women)
        matrix += weight * strengths.sexes / 2 * np.outer(difference, difference)
    for values, weight in ((people.measured, 1.0), *with_mesh):
        spread = np.diag(np.diag(shrunk_covariance(center_sexes(values, people.women))))
        for difference, variance in origin_differences(values, people, origins):
            matrix += weight * strengths.origins / 3 * (np.outer(difference, difference) + variance * spread)
    return matrix


def fit_fair_weights(
    wanted: Table, people: People, origins: Sequence[Origin], strengths: Strengths | None = None
) -> Table:
    """Return weights (s, k) near the wanted ones, of variance 1 in a balanced population.

    A sum that does not repeat from photo to photo is made fair, true and steady once more.
    """
    within, whole = shrunk_covariance(center_sexes(people.measured, people.women)), balanced_covariance(people)
    system = within + penalties(people, origins, strengths or Strengths())
    weights, again = wanted, np.ones(len(wanted), np.bool_)
    for _ in range(_MOST_PASSES):
        target = np.asarray(np.linalg.solve(system, within @ scale_rows(weights[again], within).T).T)
        weights = weights.copy()
        weights[again] = scale_rows(target, whole)
        again = again & (repeatability(weights, people) < _REPEATABLE)
        if not again.any():
            break
    return weights


def repeatability(weights: Table, people: People) -> Vector:
    """Return the correlation of each sum between two photos of a person."""
    seen = np.isfinite(people.smiling[:, 0])
    first, second = (values[seen] @ weights.T for values in (people.measured, people.smiling))
    first, second = first - first.mean(axis=0), second - second.mean(axis=0)
    together: Vector = (first * second).sum(axis=0) / np.sqrt((first**2).sum(axis=0) * (second**2).sum(axis=0))
    return together


def scale_rows(weights: Table, covariance: Table) -> Table:
    """Scale each row of weights to a sum of variance 1."""
    result: Table = weights / np.sqrt(np.einsum("si,ij,sj->s", weights, covariance, weights))[:, None]
    return result


def decorrelate(weights: Table, covariance: Table) -> Table:
    """Return weights of uncorrelated sums that are nearest to the given ones (Loewdin 1950)."""
    values, vectors = np.linalg.eigh(weights @ covariance @ weights.T)
    root = (vectors * np.maximum(values, 1e-9) ** -0.5) @ vectors.T
    result: Table = root @ weights
    return result
