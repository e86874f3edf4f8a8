"""Figures of issue 11 about classes, probabilities, scores, fairness and the gate, with 90 % intervals over people."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from calibration.scores.fair_weights import center_sexes
from calibration.scores.gate import evidence_of_pairs
from calibration.scores.held_out import Photos, Readings
from calibration.scores.meanings import Weights
from calibration.scores.rules import UNMARKED_PARTS, Labels
from calibration.scores.sample import SCORED_COLUMNS, Mask, Rows, Sample, Table
from gwansang.reading.agreement import (
    bootstrap_interval,
    brier_skill,
    calibration_error,
    correlations,
    kappa,
    mean_kappa,
    reliability_bins,
)
from gwansang.reading.gate import REFUSE_ABOVE, WARN_ABOVE
from gwansang.reading.model import ENERGIES
from gwansang.reading.scores import OVERALL
from gwansang.reading.shapes import DECIDED

SCORES = (*ENERGIES, OVERALL)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, its 90 % interval if it has one, and what issue 11 wants of it."""

    value: float
    interval: tuple[float, float] | None = None
    target: str = ""


Figures = dict[str, Figure]


def _with_interval(figure: Callable[[Rows], float], rows: Rows, target: str = "") -> Figure:
    with np.errstate(all="ignore"):
        interval = bootstrap_interval(lambda draw: figure(rows[draw]), len(rows))
    return Figure(figure(rows), interval, target)


def class_figures(readings: Readings) -> Figures:
    """Return class truth, agreement of two photos, and the largest classes."""
    sample, marked = readings.sample, _marked(readings)
    every, twice = np.arange(len(sample)), np.flatnonzero(sample.twice)
    neutral, smiling, hand = readings.neutral.labels, readings.smiling.labels, readings.hand_labels

    def truth(labels: Labels) -> Callable[[Rows], float]:
        return lambda rows: mean_kappa(labels[rows][:, marked], hand[rows][:, marked])

    def repeat(rows: Rows) -> float:
        return mean_kappa(neutral[rows], smiling[rows])

    women = sample.women
    shares = np.array(
        [[_largest(neutral[sex][:, part]) for sex in (women, ~women)] for part in range(neutral.shape[1])]
    )
    return {
        "class truth, smiling": _with_interval(truth(smiling), twice, ">= 0.38"),
        "class truth, neutral": _with_interval(truth(neutral), every),
        "kappa of two photos": _with_interval(repeat, twice, ">= 0.64"),
        "kappa of two photos, women": _with_interval(repeat, twice[women[twice]], ">= 0.58"),
        "kappa of two photos, men": _with_interval(repeat, twice[~women[twice]], ">= 0.60"),
        "largest class of a part within a sex": Figure(float(shares.mean()), None, "<= 0.45"),
        "largest class of a part, worse sex": Figure(float(shares.max(axis=1).mean())),
        "classes given to nobody": Figure(float(len(unused_classes(readings))), None, "<= 0"),
    }


def unused_classes(readings: Readings) -> list[str]:
    """Return the classes that no photo is given, as `part.class`."""
    twice = readings.sample.twice
    labels = np.concatenate([readings.neutral.labels, readings.smiling.labels[twice]])
    return [
        f"{part.key}.{shape.id}"
        for column, part in enumerate(readings.parts)
        for index, shape in enumerate(part.classes)
        if not (labels[:, column] == index).any()
    ]


def part_kappas(readings: Readings) -> dict[str, dict[str, float]]:
    """Return by part the class truth of smiling photos and the agreement of two photos."""
    rows = np.flatnonzero(readings.sample.twice)
    neutral, smiling, hand = (
        labels[rows] for labels in (readings.neutral.labels, readings.smiling.labels, readings.hand_labels)
    )
    return {
        part.key: {
            "truth": kappa(smiling[:, column], hand[:, column]) if part.key not in UNMARKED_PARTS else float("nan"),
            "repeat": kappa(neutral[:, column], smiling[:, column]),
        }
        for column, part in enumerate(readings.parts)
    }


def probability_figures(readings: Readings, photos: Photos, name: str) -> Figures:
    """Return calibration, skill and decidedness of the probabilities of one kind of photo."""
    rows, marked = np.flatnonzero(np.isfinite(photos.scores[:, 0])), _marked(readings)
    best = photos.probabilities.max(axis=2)
    right = photos.labels == readings.hand_labels

    def ece(draw: Rows) -> float:
        return calibration_error(reliability_bins(best[draw][:, marked].ravel(), right[draw][:, marked].ravel()))

    def right_of_decided(draw: Rows) -> float:
        return float(right[draw][:, marked][best[draw][:, marked] >= DECIDED].mean())

    def skill(draw: Rows) -> float:
        return brier_skill(photos.probabilities[draw][:, marked], readings.hand_labels[draw][:, marked])

    decided = decided_parts(photos.probabilities)
    return {
        f"ECE, {name}": _with_interval(ece, rows, "<= 0.07"),
        f"Brier skill, {name}": _with_interval(skill, rows, "> 0"),
        f"parts decided, {name}": _with_interval(lambda draw: float(decided[draw].mean()), rows, ">= 9"),
        f"right of the decided, {name}": _with_interval(right_of_decided, rows, ">= 0.7"),
    }


def decided_parts(probabilities: Table) -> Table:
    """Return the number of decided parts of each photo, (n,)."""
    decided: Table = (probabilities.max(axis=2) >= DECIDED).sum(axis=1).astype(np.float64)
    return decided


def score_figures(readings: Readings) -> Figures:
    """Return truth, repeatability and difference between the sexes of the scores, and how the energies spread."""
    sample = readings.sample
    twice, every = np.flatnonzero(sample.twice), np.arange(len(sample))
    neutral, smiling, hand = readings.neutral.scores, readings.smiling.scores, readings.hand_scores
    figures: Figures = {}
    for column, name in enumerate(SCORES):
        figures |= {
            f"{name}: r(smiling, hand)": _with_interval(_r(smiling, hand, column), twice, ">= 0.7"),
            f"{name}: r(neutral, smiling)": _with_interval(_r(neutral, smiling, column), twice, ">= 0.85"),
            f"{name}: d women - men": _with_interval(_d(neutral, column, sample.women), every, "meets -0.3..0.3"),
            f"{name}: d women - men, smiling": _with_interval(
                _d(smiling, column, sample.women), twice, "meets -0.3..0.3"
            ),
        }
    between = np.abs(np.asarray(np.corrcoef(neutral[:, :4].T))[np.triu_indices(4, 1)])
    figures["largest correlation of two energies"] = Figure(float(between.max()), None, "<= 0.6")
    steps = [_shares(readings.neutral.steps[sex] - 1, 5).min() for sex in (sample.women, ~sample.women)]
    figures["energy steps, smallest share in a sex"] = Figure(float(min(steps)), None, ">= 0.03")
    return figures


def spread_figures(readings: Readings) -> Figures:
    """Return how part scores, palaces and archetypes spread over people."""
    women = readings.sample.women
    parts, every = readings.part_scores, np.ones(len(women), dtype=np.bool_)
    d = [abs(_d(parts, column, women)(np.arange(len(women)))) for column in range(parts.shape[1])]
    palaces = {name: _shares(readings.palaces[who], 3).min() for name, who in _sexes(women, every).items()}
    low, middle, high = np.quantile(readings.overall, [0.05, 0.5, 0.95])
    return {
        "SD of part scores within a face": Figure(float(parts.std(axis=1, ddof=1).mean()), None, "> 2.9"),
        "part scores, largest d by sex": Figure(float(max(d))),
        "overall score, 5 %": Figure(float(low)),
        "overall score, median": Figure(float(middle)),
        "overall score, 95 %": Figure(float(high)),
        "palace texts, smallest share": Figure(float(palaces["all"]), None, ">= 0.1"),
        "palace texts, smallest share, women": Figure(float(palaces["women"])),
        "palace texts, smallest share, men": Figure(float(palaces["men"])),
        "leading archetype without any reason": Figure(float((readings.reasons == 0).mean())),
    }


def leads(readings: Readings) -> dict[str, dict[str, list[float]]]:
    """Return the shares of people of each sex that each archetype and each element leads for."""
    women = readings.sample.women
    return {
        kind: {
            name: np.round(_shares(leading[who][:, None], 5)[0], 2).tolist()
            for name, who in (("women", women), ("men", ~women))
        }
        for kind, leading in (("archetypes", readings.archetype), ("elements", readings.element))
    }


def gate_figures(readings: Readings) -> Figures:
    """Return how often an honest second photo is stopped and strangers pass, each by a gate fitted on others."""
    evidence = {name: np.concatenate(parts) for name, parts in _gate_evidence(readings).items() if parts}
    figures: Figures = {}
    for name, values in evidence.items():
        honest = name.startswith("honest")
        for limit, word in (
            (WARN_ABOVE, "warned" if honest else "not warned"),
            (REFUSE_ABOVE, "refused" if honest else "passed"),
        ):
            share = float((values > limit).mean()) if honest else float((values <= limit).mean())
            figures[f"{name}: {word}"] = Figure(share, None, "<= 0.03" if honest else "")
    return figures


def _gate_evidence(readings: Readings) -> dict[str, list[Table]]:
    sample = readings.sample
    result: dict[str, list[Table]] = {
        "honest smile": [],
        "honest retake": [],
        "strangers": [],
        "strangers of one sex": [],
    }
    twice = np.flatnonzero(sample.twice)
    for index in twice:
        gate = readings.gates[readings.fold[index]]
        others = twice[twice != index]
        rows = np.concatenate([[index], others])
        values = evidence_of_pairs(
            gate,
            np.repeat(sample.measured[[index]], len(rows), axis=0),
            sample.smiling[rows],
            np.repeat(sample.measured_error[[index]], len(rows), axis=0),
            sample.smiling_error[rows],
        )
        result["honest smile"].append(values[:1])
        result["strangers"].append(values[1:])
        result["strangers of one sex"].append(values[1:][sample.women[others] == sample.women[index]])
        retakes = np.array([table[index] for table in sample.retakes.values() if np.isfinite(table[index, 0])])
        if len(retakes):
            smile, error, smile_error = (
                np.repeat(table[[index]], len(retakes), axis=0)
                for table in (sample.smiling, sample.measured_error, sample.smiling_error)
            )
            result["honest retake"].append(evidence_of_pairs(gate, smile, retakes, smile_error, error))
    return result


def group_figures(
    sample: Sample, names: tuple[str, ...], means: Table, weights: Weights
) -> dict[str, dict[str, float]]:
    """Return predicted d between mean faces of groups by sum: largest and median of all pairs, and by group.

    SDs are those within sex and origin of the reference people, measured on the mesh alone as the mean faces are.
    """
    own = sample.mesh[sample.reference][:, SCORED_COLUMNS]
    women, group = sample.women[sample.reference], sample.group[sample.reference]
    for origin in np.unique(group):
        own[group == origin] = center_sexes(own[group == origin], women[group == origin])
    cells = len(np.unique(np.char.add(group, women.astype(str))))
    covariance = own.T @ own / (len(own) - cells)
    sd = np.sqrt(np.diag(covariance))
    standard = means[:, SCORED_COLUMNS] / sd
    within = covariance / np.outer(sd, sd)
    result = {}
    for kind, rows in (("", weights.scores), ("element ", weights.elements), ("archetype ", weights.archetypes)):
        for name, row in rows.items():
            places = standard @ row / np.sqrt(row @ within @ row)
            pairs = np.abs(places[:, None] - places[None])[np.triu_indices(len(names), 1)]
            by_group = dict(zip(names, (places - places.mean()).tolist(), strict=True))
            result[kind + name] = {"largest": float(pairs.max()), "median": float(np.median(pairs)), **by_group}
    return result


def _marked(readings: Readings) -> list[int]:
    return [column for column, part in enumerate(readings.parts) if part.key not in UNMARKED_PARTS]


def _largest(labels: Labels) -> float:
    return float(np.bincount(labels).max() / len(labels))


def _shares(labels: Labels, classes: int) -> Table:
    """Return the share of each class in each column, (columns, classes)."""
    return np.array([np.bincount(column, minlength=classes) / len(labels) for column in labels.T])


def _sexes(women: Mask, every: Mask) -> dict[str, Mask]:
    return {"all": every, "women": women, "men": ~women}


def _r(first: Table, second: Table, column: int) -> Callable[[Rows], float]:
    return lambda rows: float(correlations(first[rows][:, [column]], second[rows][:, [column]])[0])


def _d(scores: Table, column: int, women: Mask) -> Callable[[Rows], float]:
    """Return Cohen's d of women minus men."""

    def figure(rows: Rows) -> float:
        one, other = (scores[rows[sex], column] for sex in (women[rows], ~women[rows]))
        return float((one.mean() - other.mean()) / np.sqrt((one.var(ddof=1) + other.var(ddof=1)) / 2))

    return figure
