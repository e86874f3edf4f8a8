"""Gate of several photos: evidence that two measured faces are not one person's. No identification.

Evidence is the mean log-likelihood ratio (Neyman & Pearson 1933) of the difference d of two faces' standard scores:
(d' (D^-1 - S^-1) d + log |D| - log |S|) / k, with D the covariance of differences between photos of one person (another
expression, distance, pose, size) and S that between strangers of one sex plus D. It is negative for one face. Photos
with larger errors than those D comes from widen it. A measure that is covered on one photo has no vote: it adds
nothing, and counts in k. knowledge/gate.json has both in squared SDs of the shipped norms.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from gwansang.reading.belief import shipped_validity
from gwansang.reading.covers import SEEN_BELOW
from gwansang.reading.knowledge import load_knowledge
from gwansang.reading.measurements import MEASURES_BY_KEY, Measures
from gwansang.reading.photo_errors import norm_sd

WARN_ABOVE = 0.5  # a reading comes with a word about it, and the profile is left alone
REFUSE_ABOVE = 1.0  # photos are not combined
_MOST_WIDENING = 16.0  # of a variance

_Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Gate:
    """Covariances of differences by `keys`, (k, k) each: same, within people; people, between strangers of one sex.

    sds: of the norms, (k,); usual: errors of the photos that `same` comes from, in SDs, (k,).
    """

    keys: tuple[str, ...]
    same: _Table
    people: _Table
    sds: _Table
    usual: _Table


def evidence_of_another_face(one: Measures, other: Measures) -> float:
    """Return the evidence that two measured faces are two people's; negative for one face."""
    gate = shipped_gate()
    (values, errors), (other_values, other_errors) = (_arrays(measures, gate) for measures in (one, other))
    return evidence(gate, values - other_values, errors**2 + other_errors**2)


def evidence(gate: Gate, difference: _Table, variance: _Table) -> float:
    """Return the evidence of a difference of measures and the sum of both squared errors, (k,), in measures' units."""
    noise = variance / gate.sds**2
    seen = np.flatnonzero(noise < SEEN_BELOW**2)
    z = (difference / gate.sds)[seen]
    widening = np.sqrt(np.clip(noise / (2.0 * gate.usual**2), 1.0, _MOST_WIDENING))[seen]
    block = np.ix_(seen, seen)
    same = gate.same[block] * np.outer(widening, widening)
    strangers = gate.people[block] + same
    squares = z @ (np.linalg.solve(same, z) - np.linalg.solve(strangers, z))
    volumes = np.linalg.slogdet(same)[1] - np.linalg.slogdet(strangers)[1]
    return float((squares + volumes) / len(difference))


@cache
def shipped_gate() -> Gate:
    """Return the gate; the file names its source."""
    keys = tuple(load_knowledge("gate", "keys", list[str]))
    same, people = (np.array(load_knowledge("gate", name, list[list[float]])) for name in ("same", "people"))
    columns = [list(MEASURES_BY_KEY).index(key) for key in keys]
    usual, sds = shipped_validity().sigma[columns], np.array([norm_sd(key) for key in keys])
    for array in (same, people, sds, usual):
        array.setflags(write=False)
    return Gate(keys, same, people, sds, usual)


def _arrays(measures: Measures, gate: Gate) -> tuple[_Table, _Table]:
    rows = [measures.values[key] for key in gate.keys]
    return np.array([row.value for row in rows]), np.array([row.error for row in rows])
