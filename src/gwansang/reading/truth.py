"""Agreement of the product with what people mark by hand: of measures, classes and probabilities.

"Same": from the hand-marked photo itself. "Across": from another photo of the person, so that only what is both steady
and true counts. "Within": less the mean of the person's sex and origin.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gwansang.reading import agreement as a
from gwansang.reading.hand_marks import MARKED_KEYS
from gwansang.reading.norms import Norms
from gwansang.reading.shapes import DECIDED
from gwansang.reading.taxonomy import load_taxonomy
from gwansang.reading.truth_sample import (
    KEYS,
    MARKED_PARTS,
    PART_KEYS,
    MarkedPerson,
    TruthSample,
    comparable_table,
    sample_people,
)

DECISIVE_R = 0.35  # across photos: a measure below it decides no class on its own
_OTHER = 1  # index of the other photo in TruthSample.probabilities


@dataclass(frozen=True, slots=True)
class MeasureTruth:
    """Agreement of one measure with the marks: r on the same photo and across photos, plain and within groups.

    icc: between the two photos; drawn: r of the drawn lines with the value; drawn_difference: median distance of the
    two in declared errors.
    """

    same: float
    across: float
    same_within: float
    across_within: float
    icc: float
    drawn: float
    drawn_difference: float


@dataclass(frozen=True, slots=True)
class PartTruth:
    """Agreement of a part's class with the class of the marks: kappa, and the measures that reach DECISIVE_R."""

    same: float
    across: float
    decisive: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RetakeTruth:
    """Median r of the measures of changed photos with the marks; photos: number that were not refused."""

    median: float
    photos: int


@dataclass(frozen=True, slots=True)
class Truth:
    """All figures; summary and intervals (90 %) by name, with_norms: of the classes, with the norms given."""

    people: int
    pairs: int
    summary: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    with_norms: Mapping[str, float]
    measures: Mapping[str, MeasureTruth]
    icc: Mapping[str, float]
    parts: Mapping[str, PartTruth]
    bins: Sequence[a.Bin]
    retakes: Mapping[str, RetakeTruth]


def measure_truth(people: Sequence[MarkedPerson], norms: Norms) -> Truth:
    """Return the figures of people; raise ValueError for fewer than three.

    Classes are judged with mean and SD of the people themselves as norms, and again with `norms`.
    """
    sample = sample_people(people)
    given = sample_people(people, norms)
    measures = _measures(sample)
    return Truth(
        people=len(people),
        pairs=int(sample.paired.sum()),
        summary={name: figure(sample) for name, figure in FIGURES.items()},
        intervals={name: _interval(figure, sample) for name, figure in FIGURES.items()},
        with_norms={name: FIGURES[name](given) for name in OF_CLASSES},
        measures=measures,
        icc=dict(zip(KEYS, _pair_icc(sample).tolist(), strict=True)),
        parts=_parts(sample, measures),
        bins=_bins(sample),
        retakes=_retakes(people, sample.hand),
    )


def _interval(figure: Callable[[TruthSample], float], sample: TruthSample) -> tuple[float, float]:
    return a.bootstrap_interval(lambda rows: figure(sample.pick(rows)), len(sample.hand))


def _within(table: a.Table, sample: TruthSample) -> a.Table:
    """Return r within groups of a table with the marks of the same people, (24,)."""
    hand = np.where(np.isfinite(table), sample.hand, np.nan)
    return a.correlations(a.center_within(table, sample.groups), a.center_within(hand, sample.groups))


def _pair_icc(sample: TruthSample) -> a.Table:
    return a.pair_icc(sample.photo_all[sample.paired], sample.other_all[sample.paired])


def _classes(sample: TruthSample, photo: int) -> a.Labels:
    """Return the most probable classes of MARKED_PARTS on one of the two photos; 0 without it."""
    classes: a.Labels = np.nan_to_num(sample.probabilities[:, photo, MARKED_PARTS]).argmax(axis=2)
    return classes


def _class_truth(sample: TruthSample) -> float:
    return a.mean_kappa(_classes(sample, _OTHER)[sample.paired], sample.outcomes[sample.paired])


def _forecasts(sample: TruthSample) -> tuple[a.Table, a.Labels]:
    """Return the (photos, 13, classes) probabilities of all photos, and the (photos, 13) classes of the marks."""
    photos = sample.probabilities[:, :, MARKED_PARTS].reshape(-1, len(MARKED_PARTS), sample.probabilities.shape[3])
    measured = np.isfinite(photos).all(axis=(1, 2))
    return photos[measured], np.repeat(sample.outcomes, 2, axis=0)[measured]


def _bins(sample: TruthSample) -> list[a.Bin]:
    forecasts, outcomes = _forecasts(sample)
    right = forecasts.argmax(axis=2) == outcomes
    return a.reliability_bins(forecasts.max(axis=2).ravel(), right.ravel())


def _brier_skill(sample: TruthSample) -> float:
    return a.brier_skill(*_forecasts(sample))


def _parts_decided(sample: TruthSample) -> float:
    """Return the mean number of decided parts of a photo, of all fifteen."""
    best = sample.probabilities.max(axis=3).reshape(-1, len(PART_KEYS))
    best = best[np.isfinite(best).all(axis=1)]
    return float((best >= DECIDED).sum(axis=1).mean())


def _decided_right(sample: TruthSample) -> float:
    """Return the share of decided parts, among those with marks, whose class is that of the marks."""
    forecasts, outcomes = _forecasts(sample)
    decided = forecasts.max(axis=2) >= DECIDED
    return a.nan_mean((forecasts.argmax(axis=2) == outcomes)[decided].astype(np.float64))


FIGURES: Mapping[str, Callable[[TruthSample], float]] = {
    "same_median": lambda s: a.nan_median(a.correlations(s.photo, s.hand)),
    "same_within": lambda s: a.nan_median(_within(s.photo, s)),
    "across_median": lambda s: a.nan_median(a.correlations(s.other, s.hand)),
    "across_within": lambda s: a.nan_median(_within(s.other, s)),
    "across_worst": lambda s: float(np.fmin.reduce(a.correlations(s.other, s.hand))),
    "directions": lambda s: a.shared_directions(s.photo_all[s.paired], s.other_all[s.paired]),
    "icc_median": lambda s: a.nan_median(_pair_icc(s)),
    "class_truth": _class_truth,
    "rank_1": lambda s: a.nan_mean(s.own_nearest),
    "ece": lambda s: a.calibration_error(_bins(s)),
    "brier_skill": _brier_skill,
    "parts_decided": _parts_decided,
    "decided_right": _decided_right,
}
"""The figures of the summary; all are recomputed for every bootstrap draw."""

OF_CLASSES = ("class_truth", "ece", "brier_skill", "parts_decided", "decided_right")


def _measures(sample: TruthSample) -> dict[str, MeasureTruth]:
    difference = np.median(np.abs(sample.drawn - sample.photo) / sample.errors, axis=0)
    columns = (
        a.correlations(sample.photo, sample.hand),
        a.correlations(sample.other, sample.hand),
        _within(sample.photo, sample),
        _within(sample.other, sample),
        a.pair_icc(sample.photo[sample.paired], sample.other[sample.paired]),
        a.correlations(sample.drawn, sample.photo),
        difference,
    )
    rows = np.column_stack(columns).tolist()
    return {key: MeasureTruth(*row) for key, row in zip(MARKED_KEYS, rows, strict=True)}


def _parts(sample: TruthSample, measures: Mapping[str, MeasureTruth]) -> dict[str, PartTruth]:
    paired = sample.paired
    same, across = _classes(sample, 0), _classes(sample, _OTHER)
    parts = {}
    for column, index in enumerate(MARKED_PARTS):
        part = load_taxonomy()[index]
        outcomes = sample.outcomes[:, column]
        parts[part.key] = PartTruth(
            same=a.kappa(same[:, column], outcomes),
            across=a.kappa(across[paired, column], outcomes[paired]),
            decisive=tuple(key for key in _marked(part.measures) if measures[key].across >= DECISIVE_R),
        )
    return parts


def _marked(keys: Sequence[str]) -> list[str]:
    """Return the marked measures among a part's; the zones are marked by their ratio."""
    return [key for key in MARKED_KEYS if set(key.split("-")) & set(keys)]


def _retakes(people: Sequence[MarkedPerson], hand: a.Table) -> dict[str, RetakeTruth]:
    retakes = {}
    for name in people[0].retakes:
        table = comparable_table([person.retakes.get(name) for person in people])
        photos = int(np.isfinite(table).all(axis=1).sum())
        retakes[name] = RetakeTruth(a.nan_median(a.correlations(table, hand)), photos)
    return retakes
