"""Derivation of norms, and of the scales that go with them, from measures of people.

Robust throughout, because a few photos are always wrong: medians; the biweight midvariance for the SD (Mosteller &
Tukey 1977), which needs half as many people for the same certainty as 1.4826 MAD; correlations of standard scores that
are clipped at 3, shrunk towards the shipped ones while there are few people.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from gwansang.reading.calibration import Population, calibrate_scales, correlation_matrix, default_population
from gwansang.reading.measurements import MEASURES_BY_KEY
from gwansang.reading.norms import QUANTILES, Norm, Norms

MIN_PEOPLE = 20
_PRIOR_PEOPLE = 100  # weight of the prior of a percentile or a correlation
_MAX_Z = 3.0
_SEED = 2026
_KEYS = tuple(MEASURES_BY_KEY)

_Vector = NDArray[np.float64]


class TooFewPeopleError(ValueError):
    """There are fewer than MIN_PEOPLE people, or a measure is the same for all of them."""


def derive_norms(
    people: Iterable[Mapping[str, float]], name: str, provenance: str, *, simulated_faces: int = 8000
) -> Norms:
    """Return norms of people's measures by key, one row a person, with scales; raise TooFewPeopleError."""
    people = list(people)
    if len(people) < MIN_PEOPLE:
        raise TooFewPeopleError(f"norms need at least {MIN_PEOPLE} people, and there are {len(people)}")
    table = np.array([[person[key] for key in _KEYS] for person in people])
    measures = {key: _norm(key, table[:, j]) for j, key in enumerate(_KEYS)}
    norms = Norms(name, len(people), provenance, measures)
    return replace(norms, scales=calibrate_scales(name, simulated_faces, _SEED, _population(norms, table)))


def robust_sd(values: _Vector) -> float:
    """Return the root of the biweight midvariance with c = 9, or the plain SD if half of the values are equal."""
    median = float(np.median(values))
    deviations = values - median
    mad = float(np.median(np.abs(deviations)))
    if mad == 0:
        return float(values.std(ddof=1))
    u = deviations / (9 * mad)
    near = np.abs(u) < 1
    numerator = (deviations[near] ** 2 * (1 - u[near] ** 2) ** 4).sum()
    denominator = ((1 - u[near] ** 2) * (1 - 5 * u[near] ** 2)).sum()
    return float(np.sqrt(len(values) * numerator) / abs(denominator))


def _norm(key: str, values: _Vector) -> Norm:
    """Derive one norm; its percentiles are shrunk towards a normal distribution while there are few people."""
    median, sd = float(np.median(values)), robust_sd(values)
    if sd <= 1e-9 * max(abs(median), 1.0):
        name = MEASURES_BY_KEY[key].name
        raise TooFewPeopleError(f"norms need people who differ, and all of these have the same {name}")
    weight = len(values) / (len(values) + _PRIOR_PEOPLE)
    observed = np.quantile(values, QUANTILES)
    normal = [median + sd * NormalDist().inv_cdf(share) for share in QUANTILES]
    low, lower, _, upper, high = (weight * a + (1 - weight) * b for a, b in zip(observed.tolist(), normal, strict=True))
    return Norm(_round(median), _round(sd), (_round(low), _round(lower), _round(median), _round(upper), _round(high)))


def _round(number: float) -> float:
    return float(f"{number:.7g}")


def _population(norms: Norms, table: _Vector) -> Population:
    medians = np.array([norms.measures[key].median for key in _KEYS])
    sds = np.array([norms.measures[key].sd for key in _KEYS])
    z = np.clip((table - medians) / sds, -_MAX_Z, _MAX_Z)
    weight = len(table) / (len(table) + _PRIOR_PEOPLE)
    correlations = weight * np.corrcoef(z.T) + (1 - weight) * correlation_matrix(_KEYS, default_population())
    return {
        "source": f"Correlations of {len(table)} people, drawn towards the shipped ones by {1 - weight:.0%}.",
        "keys": list(_KEYS),
        "correlations": correlations.tolist(),
    }
