"""What is decided of a face: numbers and ids alone, which `composer.tell` describes on any day and in any language.

A kept reading is this and its day. All numbers are rounded, so that a face that was stored reads as it did at first.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

_DECIMALS: Final = 6


class DecidedMeasure(NamedTuple):
    """A measure's value and error (one SD) in its unit, its standard score in the norms, and its percentile, 1-99."""

    value: float
    error: float
    z: float
    percentile: int


class DecidedPart(NamedTuple):
    """The shape of a part, with the second most probable one; covered: regions that hide something of it.

    shape_id: covers.UNSEEN_SHAPE if the part can't be seen; score: 60-98; reliability: 0-1.
    """

    shape_id: str
    probability: float
    runner_up: str | None
    runner_up_probability: float
    score: int
    reliability: float
    covered: tuple[str, ...]


class DecidedZone(NamedTuple):
    """A zone's share of the height of the face, its place on the curve of life, and one SD below and above it."""

    share: float
    level: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class DecidedFace:
    """A face as numbers and ids.

    measures: by key; unseen: keys of those that were covered; parts, zones, palaces, archetypes: by id, archetypes in
    shares of 100; smiling: enough to change the mouth; without_picture: from points alone; norms_id: of the norms that
    it was compared with.
    """

    engine_version: str
    norms_id: str
    measures: dict[str, DecidedMeasure]
    unseen: tuple[str, ...]
    parts: dict[str, DecidedPart]
    overall_score: int
    energies: dict[str, float]
    element: str
    second_element: str | None
    element_shares: dict[str, float]
    element_clarity: float
    zones: dict[str, DecidedZone]
    palaces: dict[str, float]
    archetypes: dict[str, int]
    smiling: bool
    without_picture: bool

    @property
    def z(self) -> dict[str, float]:
        """The standard scores by measure."""
        return {key: measure.z for key, measure in self.measures.items()}


def rounded(number: float) -> float:
    """Round a number as all numbers of a decided face are."""
    return round(number, _DECIMALS)
