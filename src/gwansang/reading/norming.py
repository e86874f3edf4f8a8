"""Norms from people's measures: what is usual among them, and the scales that keep scores fair among them.

Robust throughout, because a few photos are always wrong: medians; the biweight midvariance for the spread (Mosteller &
Tukey 1977), which needs half as many people for the same certainty as 1.4826 MAD; correlations of standard scores that
are cut off at 3, drawn towards the shipped ones while there are few people.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from gwansang.reading.calibration import Population, calibrate_scales, default_population
from gwansang.reading.measurements import MEASURES_BY_KEY
from gwansang.reading.norms import QUANTILES, Norm, Norms
from gwansang.reading.scores import Moments

MIN_PEOPLE = 20
_ENOUGH = 100  # people from which on a tail or a correlation is believed more than its prior
_FARTHEST = 3.0
_SIMULATED, _SEED = 8000, 2026
_KEYS = tuple(MEASURES_BY_KEY)

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MeasuredPerson:
    """One person's measures by key, and their left-right differences by region where those are known."""

    values: Mapping[str, float]
    asymmetry: Mapping[str, float] | None = None


class TooFewPeopleError(ValueError):
    """Fewer than MIN_PEOPLE, or all of them alike."""


def derive_norms(people: Iterable[MeasuredPerson], name: str, provenance: str) -> Norms:
    """Norms and scales of people, each seen once; raises TooFewPeopleError."""
    neighbours = list(people)
    if len(neighbours) < MIN_PEOPLE:
        raise TooFewPeopleError(f"norms need at least {MIN_PEOPLE} people, and there are {len(neighbours)}")
    table = np.array([[one.values[key] for key in _KEYS] for one in neighbours])
    rows = {key: _norm(key, table[:, j]) for j, key in enumerate(_KEYS)}
    bare = Norms(name, len(neighbours), provenance, rows)
    population = _population(bare, table, neighbours)
    return replace(bare, scales=calibrate_scales(bare, _SIMULATED, _SEED, population))


def robust_sd(values: Vector) -> float:
    """The SD of the middle of the values: the root of the biweight midvariance with c = 9."""
    middle = float(np.median(values))
    away = values - middle
    mad = float(np.median(np.abs(away)))
    if mad == 0:
        return float(values.std(ddof=1))
    u = away / (9 * mad)
    near = np.abs(u) < 1
    top = (away[near] ** 2 * (1 - u[near] ** 2) ** 4).sum()
    bottom = ((1 - u[near] ** 2) * (1 - 5 * u[near] ** 2)).sum()
    return float(np.sqrt(len(values) * top) / abs(bottom))


def _norm(key: str, values: Vector) -> Norm:
    """Percentiles lean on the normal distribution while there are few people."""
    middle, sd = float(np.median(values)), robust_sd(values)
    if sd <= 1e-9 * max(abs(middle), 1.0):
        raise TooFewPeopleError(
            f"norms need people who differ, and all of these have the same {MEASURES_BY_KEY[key].name}"
        )
    own = len(values) / (len(values) + _ENOUGH)
    seen = np.quantile(values, QUANTILES)
    usual = [middle + sd * NormalDist().inv_cdf(share) for share in QUANTILES]
    low, lower, _, upper, high = (own * a + (1 - own) * b for a, b in zip(seen.tolist(), usual, strict=True))
    return Norm(
        _figure(middle), _figure(sd), (_figure(low), _figure(lower), _figure(middle), _figure(upper), _figure(high))
    )


def _figure(number: float) -> float:
    return float(f"{number:.7g}")


def _population(norms: Norms, table: Vector, people: Sequence[MeasuredPerson]) -> Population:
    shipped = default_population()
    order = [shipped["keys"].index(key) for key in _KEYS]
    prior = np.array(shipped["correlations"])[np.ix_(order, order)]
    middles = np.array([norms.measures[key].median for key in _KEYS])
    sds = np.array([norms.measures[key].sd for key in _KEYS])
    z = np.clip((table - middles) / sds, -_FARTHEST, _FARTHEST)
    own = len(table) / (len(table) + _ENOUGH)
    together = own * np.corrcoef(z.T) + (1 - own) * prior
    return {
        "source": f"Correlations of {len(table)} people, drawn towards the shipped ones by {1 - own:.0%}.",
        "keys": list(_KEYS),
        "correlations": together.tolist(),
        "asymmetry": {region: _centre(region, people, centre) for region, centre in shipped["asymmetry"].items()},
    }


def _centre(region: str, people: Sequence[MeasuredPerson], shipped: Moments) -> Moments:
    """Of the logarithm of the left-right difference; the shipped one where too few are known."""
    known = [one.asymmetry[region] for one in people if one.asymmetry is not None]
    logs = np.log(np.maximum(known, 1e-6))
    if len(known) < MIN_PEOPLE or robust_sd(logs) <= 0:
        return shipped
    return {"mean": round(float(np.median(logs)), 3), "sd": round(robust_sd(logs), 3)}
