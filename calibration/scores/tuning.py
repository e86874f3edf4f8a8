"""Tuning of the thresholds of rule_forms.json on simulated people: `tune`.

By part, the objective adds up what rules should do for a simulated crowd: class truth of both photos, agreement of the
two, decided parts, no class that is the answer for a sex, none that is given to nobody, and thresholds near those they
start from. Thresholds move in tenths of an SD, one or two at a time, as long as the objective rises.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TypedDict

import numpy as np

from calibration.scores.rules import (
    UNMARKED_PARTS,
    Labels,
    PartRules,
    RuleBook,
    class_probabilities,
    classify_exactly,
    replace_rules,
)
from calibration.scores.sample import UNMARKED_COLUMNS, Sample, Table
from calibration.scores.simulation import Crowd, simulate_crowd
from gwansang.reading.agreement import kappa
from gwansang.reading.shapes import DECIDED
from gwansang.reading.taxonomy import Part, load_taxonomy

_PEOPLE, _SEED = 2500, 3
_STEPS = (-0.3, -0.2, -0.1, 0.1, 0.2, 0.3)
_SECOND_STEP = 0.4  # probability that two thresholds move at once


class Form(TypedDict, total=False):
    """Rules of a part with numbered thresholds; start: first values; falling: an order in which they must fall."""

    measures: list[str]
    classes: dict[str, str]
    start: list[float]
    falling: list[int]


@dataclass(frozen=True, slots=True)
class Aims:
    """Weights of the objective; truth of smiling photos weighs 1.

    largest: share within a sex, and of all, from which a class is too large; smallest: from which one is too small.
    """

    truth_neutral: float = 0.4
    repeat: float = 1.3
    decided: float = 1.7
    largest: float = 0.36
    largest_bound: float = 0.45
    largest_of_all: float = 0.38
    smallest: float = 0.065
    distance: float = 0.03


@cache
def rule_forms() -> dict[str, Form]:
    """Return the forms of rule_forms.json by part."""
    forms: dict[str, Form] = json.loads(Path(__file__).with_name("rule_forms.json").read_bytes())["parts"]
    return forms


def tune_rules(sample: Sample, tries: int, aims: Aims | None = None) -> RuleBook:
    """Return rules of all parts, tuned on a crowd like the sample; tries: of moves for each threshold."""
    crowd = simulate_crowd(sample, _PEOPLE)
    return {part.key: tune_part(part, rule_forms()[part.key], crowd, tries, aims) for part in load_taxonomy()}


def tune_part(part: Part, form: Form, crowd: Crowd, tries: int, aims: Aims | None = None) -> PartRules:
    """Return the rules of a part with the best thresholds found."""
    random = np.random.default_rng(_SEED)
    best = list(form["start"])
    rules = fill_form(form, best)
    most = _objective(replace_rules(part, rules), crowd, aims or Aims())
    for _ in range(tries * len(best)):
        moved = list(best)
        for index in random.integers(len(best), size=1 + (random.random() < _SECOND_STEP)):
            moved[index] = round(moved[index] + float(random.choice(_STEPS)), 1)
        if not _falls([moved[index] for index in form.get("falling", [])]):
            continue
        tried = fill_form(form, moved)
        value = _objective(replace_rules(part, tried), crowd, aims or Aims())
        value -= (aims or Aims()).distance * float(np.abs(np.array(moved) - form["start"]).sum())
        if value > most:
            best, most, rules = moved, value, tried
    return rules


def fill_form(form: Form, thresholds: Sequence[float]) -> PartRules:
    """Return the rules of a form with thresholds."""
    numbers = [f"{number:.1f}" for number in thresholds]
    return {
        "measures": list(form["measures"]),
        "classes": {name: rule.format(*numbers) for name, rule in form["classes"].items()},
    }


def write_rules(rules: RuleBook, path: Path, source: str) -> None:
    """Write rules in the form of rules.json."""
    path.write_text(json.dumps({"source": source, "parts": rules}, indent=1) + "\n", encoding="utf-8")


def _falls(values: Sequence[float]) -> bool:
    return all(high > low for high, low in pairwise(values))


def _objective(part: Part, crowd: Crowd, aims: Aims) -> float:
    true = crowd.true
    if part.key not in UNMARKED_PARTS:
        true = true.copy()
        true[:, UNMARKED_COLUMNS] = 0.0
    hand = classify_exactly(part, true)
    probabilities = [class_probabilities(part, *belief) for belief in (crowd.neutral, crowd.smiling)]
    neutral, smiling = (table.argmax(axis=1) for table in probabilities)
    decided = float(np.mean([table.max(axis=1) >= DECIDED for table in probabilities]))
    agreement = kappa(smiling, hand) + aims.truth_neutral * kappa(neutral, hand) + aims.repeat * kappa(neutral, smiling)
    return agreement + aims.decided * decided - _imbalance(neutral, probabilities[0], crowd, aims)


def _imbalance(labels: Labels, probabilities: Table, crowd: Crowd, aims: Aims) -> float:
    """Return the penalty of classes that are too large, in a sex or in all, or too small."""
    classes = probabilities.shape[1]
    shares = np.bincount(labels, minlength=classes) / len(labels)
    largest = float(np.mean([np.bincount(labels[sex]).max() / sex.sum() for sex in (crowd.women, ~crowd.women)]))
    return (
        2 * max(0.0, largest - aims.largest)
        + 4 * max(0.0, largest - aims.largest_bound)
        + 10 * max(0.0, aims.smallest - float(shares.min()))
        + 2 * max(0.0, float(shares.max()) - aims.largest_of_all)
    )
