"""Tables of measured and hand-marked people, from which the figures of `truth` are made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gwansang.reading.agreement import Labels, Table, nearest_is_own
from gwansang.reading.hand_marks import MARKED_KEYS, comparable_values, complete_scores, shows_part
from gwansang.reading.measurements import MEASURES_BY_KEY, Measures
from gwansang.reading.norms import Norms
from gwansang.reading.shapes import classify_measured, classify_shapes
from gwansang.reading.taxonomy import load_taxonomy

KEYS = tuple(MEASURES_BY_KEY)
PART_KEYS = tuple(part.key for part in load_taxonomy())
MARKED_PARTS = tuple(i for i, part in enumerate(load_taxonomy()) if shows_part(part.measures))
MIN_PEOPLE = 3
_CLASS_COUNT = max(len(part.classes) for part in load_taxonomy())


@dataclass(frozen=True, slots=True)
class MarkedPerson:
    """One person with a hand-marked photo.

    hand: measures of the marks by key; photo, other: measures of that photo and of another one; drawn: by key as
    `hand`, measured on the detail points that the overlays join; retakes: measures of changed copies of the photo, None
    if refused; sex, origin: as reported, empty if unknown.
    """

    hand: Mapping[str, float]
    photo: Measures
    drawn: Mapping[str, float]
    other: Measures | None = None
    retakes: Mapping[str, Measures | None] = field(default_factory=dict)
    sex: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class TruthSample:
    """The people as tables of n rows.

    hand, photo, other, drawn: (n, 24) measures in the order of MARKED_KEYS; errors: (n, 24) of photo; photo_all,
    other_all: (n, 31) in the order of KEYS; outcomes: (n, 13) classes of the marks in MARKED_PARTS; probabilities:
    (n, 2, 15, classes) of the photo and of the other one; own_nearest: (n,) 1 if the other photo finds the person's
    own marks among people of the sex; groups: (n,) sex and origin. NaN without another photo, sex or origin.
    """

    hand: Table
    photo: Table
    other: Table
    drawn: Table
    errors: Table
    photo_all: Table
    other_all: Table
    outcomes: Labels
    probabilities: Table
    own_nearest: Table
    groups: NDArray[np.str_]

    @property
    def paired(self) -> NDArray[np.bool_]:
        """Rows of people with another photo, (n,)."""
        paired: NDArray[np.bool_] = np.isfinite(self.other.sum(axis=1))
        return paired

    def pick(self, rows: Labels) -> "TruthSample":
        """Return the sample of some rows, each as often as it is named."""
        return TruthSample(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


def sample_people(people: Sequence[MarkedPerson], norms: Norms | None = None) -> TruthSample:
    """Return the tables of people; raise ValueError for fewer than three.

    norms: for the classes of the measures; None for mean and SD of these people's hand-marked photos. The classes of
    the marks always come from the mean and SD of the marks, because no other norms exist for them.
    """
    if len(people) < MIN_PEOPLE:
        raise ValueError(f"it takes {MIN_PEOPLE} people with hand-marked photos, and there are {len(people)}")
    hand = np.array([[person.hand[key] for key in MARKED_KEYS] for person in people])
    photo, other = comparable_table([one.photo for one in people]), comparable_table([one.other for one in people])
    photo_all = _all_values([person.photo for person in people])
    center, spread = _scale(photo_all) if norms is None else _norm_scale(norms)
    middle, sd = _scale(photo)
    return TruthSample(
        hand=hand,
        photo=photo,
        other=other,
        drawn=np.array([[person.drawn[key] for key in MARKED_KEYS] for person in people]),
        errors=np.array([_comparable_errors(person.photo) for person in people]),
        photo_all=photo_all,
        other_all=_all_values([person.other for person in people]),
        outcomes=_outcomes(_standard(hand)),
        probabilities=np.stack(
            [_probabilities([one.photo for one in people], center, spread),
             _probabilities([one.other for one in people], center, spread)], axis=1,
        ),
        own_nearest=nearest_is_own((other - middle) / sd, _standard(hand), np.array([one.sex for one in people])),
        groups=np.array([f"{one.sex} {one.origin}".strip() for one in people]),
    )  # fmt: skip


def comparable_table(measures: Sequence[Measures | None]) -> Table:
    """Return measures as an (n, 24) table in the order of MARKED_KEYS; rows of None are NaN."""
    empty = [np.nan] * len(MARKED_KEYS)
    return np.array([empty if one is None else comparable_values(_values(one)) for one in measures])


def _all_values(measures: Sequence[Measures | None]) -> Table:
    empty = [np.nan] * len(KEYS)
    return np.array([empty if one is None else [one.values[key].value for key in KEYS] for one in measures])


def _values(measures: Measures) -> dict[str, float]:
    return {key: measured.value for key, measured in measures.values.items()}


def _comparable_errors(measures: Measures) -> list[float]:
    """Return the errors in the order of MARKED_KEYS; that of a difference of zones is the root of both squares."""
    errors = {key: measured.error for key, measured in measures.values.items()}
    zones = float(np.hypot(errors["L"], errors["M"]))
    return [errors.get(key, zones) for key in MARKED_KEYS]


def _scale(table: Table) -> tuple[Table, Table]:
    """Return mean and SD of each column; an SD of 1 if it does not vary."""
    sd = table.std(axis=0, ddof=1)
    return table.mean(axis=0), np.where(sd > 0, sd, 1.0)


def _norm_scale(norms: Norms) -> tuple[Table, Table]:
    rows = [norms.measures[key] for key in KEYS]
    return np.array([row.median for row in rows]), np.array([row.sd for row in rows])


def _standard(table: Table) -> Table:
    center, spread = _scale(table)
    return (table - center) / spread


def _outcomes(hand_z: Table) -> Labels:
    """Return the classes that the rules give the marks, without any error, (n, 13)."""
    exact = dict.fromkeys(KEYS, 0.0)
    rows = []
    for row in hand_z.tolist():
        shapes = classify_shapes(complete_scores(dict(zip(MARKED_KEYS, row, strict=True)), KEYS), exact)
        rows.append([shapes[PART_KEYS[part]].best for part in MARKED_PARTS])
    return np.array(rows, dtype=np.intp)


def _probabilities(measures: Sequence[Measures | None], center: Table, spread: Table) -> Table:
    """Return the probability of each class of each part, (n, 15, classes); NaN in rows of None."""
    table = np.full((len(measures), len(PART_KEYS), _CLASS_COUNT), np.nan)
    for row, one in enumerate(measures):
        if one is None:
            continue
        z = (np.array([one.values[key].value for key in KEYS]) - center) / spread
        sigma = np.array([one.values[key].error for key in KEYS]) / spread
        shapes = classify_measured(dict(zip(KEYS, z, strict=True)), dict(zip(KEYS, sigma, strict=True)))
        table[row] = 0.0
        for part, key in enumerate(PART_KEYS):
            probabilities = shapes[key].probabilities
            table[row, part, : len(probabilities)] = probabilities
    return table
