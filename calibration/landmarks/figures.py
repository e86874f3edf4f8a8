"""Figures of the agreement with hand marks; definitions as in `gwansang.reading.truth`, with 90 % intervals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from calibration.landmarks.cross_validation import WITHOUT_PICTURE, HeldOut
from calibration.landmarks.portraits import NEUTRAL
from calibration.landmarks.retakes import CHANGED, PLAIN
from calibration.landmarks.training_set import Rows, TrainingSet
from gwansang.reading import agreement as a
from gwansang.reading.hand_marks import complete_scores
from gwansang.reading.measurements import MEASURES_BY_KEY
from gwansang.reading.shapes import classify_shapes
from gwansang.reading.truth_sample import MARKED_PARTS, PART_KEYS
from gwansang.vision.face import Points
from gwansang.vision.measuring.combining import ESTIMATES
from gwansang.vision.measuring.mesh_measures import EXTRA_KEYS
from gwansang.vision.measuring.template import KEYS

Interval = tuple[float, float, float]  # figure, lower and upper end
_ALL_KEYS = tuple(MEASURES_BY_KEY)
_HAIRLINE, _EYES, _BROW_HEADS = 139, (18, 27), (75, 76, 77, 78)


@dataclass(frozen=True, slots=True)
class Sample:
    """p people with hand marks, as (p, 24) standard scores: hand, neutral, smiling; sex, groups: (p,)."""

    hand: Points
    neutral: Points
    smiling: Points
    sex: NDArray[np.str_]
    groups: NDArray[np.str_]

    def pick(self, rows: Rows) -> "Sample":
        """Return the sample of some people, each as often as named."""
        return Sample(self.hand[rows], self.neutral[rows], self.smiling[rows], self.sex[rows], self.groups[rows])


def _within(table: Points, sample: Sample) -> float:
    return a.nan_median(
        a.correlations(a.center_within(table, sample.groups), a.center_within(sample.hand, sample.groups))
    )


def _standard(table: Points, by: Points) -> Points:
    scores: Points = (table - by.mean(axis=0)) / by.std(axis=0)
    return scores


def classify(scores: Points) -> a.Labels:
    """Return the classes that the rules give (n, 24) standard scores, of the parts with hand marks: (n, 13)."""
    exact = dict.fromkeys(_ALL_KEYS, 0.0)
    rows = []
    for row in scores.tolist():
        shapes = classify_shapes(complete_scores(dict(zip(KEYS, row, strict=True)), _ALL_KEYS), exact)
        rows.append([shapes[PART_KEYS[part]].best for part in MARKED_PARTS])
    return np.array(rows, dtype=np.intp)


OF_MEASURES: Mapping[str, Callable[[Sample], float]] = {
    "same_median": lambda s: a.nan_median(a.correlations(s.neutral, s.hand)),
    "across_median": lambda s: a.nan_median(a.correlations(s.smiling, s.hand)),
    "across_within": lambda s: _within(s.smiling, s),
    "across_worst": lambda s: float(a.correlations(s.smiling, s.hand).min()),
    "directions": lambda s: a.shared_directions(s.neutral, s.smiling),
    "icc_median": lambda s: a.nan_median(a.pair_icc(s.neutral, s.smiling)),
}


def _of_rows(figure: Callable[[Sample], float], sample: Sample, rows: Rows) -> float:
    return figure(sample.pick(rows))


def _kappa(first: a.Labels, second: a.Labels, rows: Rows) -> float:
    return a.mean_kappa(first[rows], second[rows])


def _with_interval(figure: Callable[[Rows], float], people: int) -> Interval:
    """Return a figure of all people and its 90 % bootstrap interval."""
    return figure(np.arange(people)), *a.bootstrap_interval(figure, people)


def summarize(sample: Sample) -> dict[str, Interval]:
    """Return each figure of a sample with its 90 % bootstrap interval over people; classes and ranks included."""
    people = len(sample.hand)
    figures = {name: _with_interval(partial(_of_rows, of, sample), people) for name, of in OF_MEASURES.items()}
    labels = {name: classify(getattr(sample, name)) for name in ("hand", "neutral", "smiling")}
    for name, first, second in (
        ("class_truth", "smiling", "hand"),
        ("class_truth_neutral", "neutral", "hand"),
        ("kappa_neutral_smiling", "neutral", "smiling"),
    ):
        figures[name] = _with_interval(partial(_kappa, labels[first], labels[second]), people)
    hits = a.nearest_is_own(sample.smiling, sample.hand, sample.sex)
    figures["rank_1"] = _with_interval(lambda rows: a.nan_mean(hits[rows]), people)
    return figures


def sample_of(training: TrainingSet, table: Points) -> Sample:
    """Return the people with two photos, measured as in an (n, 24) table of all takes; all people make the scale."""
    paired = np.flatnonzero(training.smile >= 0)
    groups = np.array([f"{sex} {origin}" for sex, origin in zip(training.sex, training.origin, strict=True)])
    plain = table[training.plain]
    hand, neutral = _standard(training.hand, training.hand), _standard(plain, plain)
    smiling = _standard(table[training.smile[paired]], plain)
    return Sample(hand[paired], neutral[paired], smiling, training.sex[paired], groups[paired])


def make_figures(training: TrainingSet, held_out: HeldOut) -> dict[str, object]:
    """Return all figures as JSON: of the pooled values, on one scale, of each estimate, and of meshes alone."""
    plain = {name: held_out.estimates[:, i] for i, name in enumerate(ESTIMATES)}
    samples = {name: sample_of(training, table) for name, table in plain.items()}
    scale = sample_of(training, held_out.scores)
    return {
        "people": len(training.people),
        "pairs": int((training.smile >= 0).sum()),
        "values": summarize(sample_of(training, held_out.values)),
        "one_scale": summarize(scale),
        "without_picture": summarize(sample_of(training, held_out.without_picture)),
        "estimates": {
            name: {figure: of(sample) for figure, of in OF_MEASURES.items()} for name, sample in samples.items()
        },
        "measures": _measures(training, held_out, scale),
        "retakes": _retakes(training, held_out),
        "actual_over_declared": _error_ratios(training, held_out),
        "extras_icc": _extras_icc(training, held_out),
        "hairline_r": _hairline(training, held_out),
        "drawn_over_declared": {
            "median": float(np.median(held_out.drawn)),
            "worst measure, 95 %": float(np.quantile(held_out.drawn, 0.95, axis=0).max()),
        },
    }


def _measures(training: TrainingSet, held_out: HeldOut, sample: Sample) -> dict[str, dict[str, object]]:
    """Return the figures of each measure; declared: median error in SDs of the hand measure."""
    within = a.correlations(a.center_within(sample.smiling, sample.groups), a.center_within(sample.hand, sample.groups))
    declared = np.median(held_out.errors[training.plain], axis=0) / training.hand.std(axis=0)
    columns = {
        "same": a.correlations(sample.neutral, sample.hand),
        "across": a.correlations(sample.smiling, sample.hand),
        "within": within,
        "declared": declared,
    }
    sexes = _sex_differences(training, held_out)
    return {key: {name: float(v[i]) for name, v in columns.items()} | {"sex": sexes[i]} for i, key in enumerate(KEYS)}


def _sex_differences(training: TrainingSet, held_out: HeldOut) -> list[Interval]:
    """Return women - men of measured - hand, in SDs of the hand measure, with 90 % intervals, for each measure."""
    difference = held_out.scores[training.plain] - _standard(training.hand, training.hand)
    women = training.sex == "female"

    def gap(key: int, rows: Rows) -> float:
        column, female = difference[rows, key], women[rows]
        return float(column[female].mean() - column[~female].mean())

    return [_with_interval(partial(gap, key), len(women)) for key in range(len(KEYS))]


def _retakes(training: TrainingSet, held_out: HeldOut) -> dict[str, dict[str, float]]:
    """Return median r with the marks of all people's changed photos, and the median shift of the mean in SDs."""
    plain = held_out.values[training.plain]
    figures = {}
    for name in CHANGED:
        rows = training.rows(NEUTRAL, name)
        have = rows >= 0
        values, scores = held_out.values[rows[have]], held_out.scores[rows[have]]
        shift = np.abs((values - plain[have]).mean(axis=0)) / plain.std(axis=0)
        figures[name] = {
            "values": a.nan_median(a.correlations(values, training.hand[have])),
            "one_scale": a.nan_median(a.correlations(scores, training.hand[have])),
            "shift": float(np.median(shift)),
        }
        if name in WITHOUT_PICTURE:
            alone = held_out.without_picture[rows[have]]
            figures[name]["without_picture"] = a.nan_median(a.correlations(alone, training.hand[have]))
    return figures


def _error_ratios(training: TrainingSet, held_out: HeldOut) -> dict[str, float]:
    """Return the median over measures of the root mean square of (measured - hand) / declared error."""

    def ratio(rows: Rows) -> float:
        rows = rows[rows >= 0]
        deviations = (held_out.values[rows] - training.hand[training.person[rows]]) / held_out.errors[rows]
        return float(np.median(np.sqrt((deviations**2).mean(axis=0))))

    takes = training.takes
    random = np.flatnonzero((takes.kind == NEUTRAL) & ~takes.is_fixed)
    named = {name: ratio(training.rows(NEUTRAL, name)) for name in (PLAIN.name, *CHANGED)}
    return named | {"smiling": ratio(training.smile), "random": ratio(random)}


def _extras_icc(training: TrainingSet, held_out: HeldOut) -> dict[str, float]:
    paired = training.smile >= 0
    extras = held_out.extras
    icc = a.pair_icc(extras[training.plain[paired]], extras[training.smile[paired]])
    return dict(zip(EXTRA_KEYS, icc.tolist(), strict=True))


def _hairline(training: TrainingSet, held_out: HeldOut) -> dict[str, float]:
    """Return r of the height of the hairline over the brows, in eye spans, with that of the marks."""

    def height(points: Points) -> Points:
        brows = points[:, list(_BROW_HEADS), 1].mean(axis=1)
        eyes = np.linalg.norm(points[:, _EYES[1]] - points[:, _EYES[0]], axis=1)
        heights: Points = ((brows - points[:, _HAIRLINE, 1]) / eyes)[:, None]
        return heights

    paired = training.smile >= 0
    plain, smile = training.plain[paired], training.smile[paired]
    hand = height(training.marks[plain])
    rows = {"same": height(held_out.points[plain]), "across": height(held_out.points[smile])}
    return {name: float(a.correlations(table, hand)[0]) for name, table in rows.items()}
