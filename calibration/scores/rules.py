"""Classes of the fifteen parts by the rules of rules.json, for many people at once."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from calibration.scores.sample import INDEX, UNMARKED_COLUMNS, Table
from gwansang.reading.rule_parser import Predicate, compile_rule
from gwansang.reading.shapes import standard_draws
from gwansang.reading.taxonomy import Part, load_taxonomy

Labels = NDArray[np.intp]
UNMARKED_PARTS = ("forehead", "nose_root")  # they rest on measures that nobody marked


class PartRules(TypedDict):
    """Measures that decide a part, and the rules by class id; the first that holds wins."""

    measures: list[str]
    classes: dict[str, str]


RuleBook = Mapping[str, PartRules]


@cache
def shipped_rules() -> RuleBook:
    """Return the rules of rules.json by part."""
    return load_rules(Path(__file__).with_name("rules.json"))


def load_rules(path: Path) -> RuleBook:
    """Return the rules of a file in the form of rules.json by part."""
    rules: dict[str, PartRules] = json.loads(path.read_bytes())["parts"]
    return rules


def apply_rules(rules: RuleBook) -> tuple[Part, ...]:
    """Return the parts of the taxonomy with other measures and rules; raise ValueError if classes do not match."""
    return tuple(replace_rules(part, rules[part.key]) for part in load_taxonomy())


@cache
def rated_parts() -> tuple[Part, ...]:
    """Return the parts of the taxonomy with the rules of rules.json."""
    return apply_rules(shipped_rules())


def replace_rules(part: Part, rules: PartRules) -> Part:
    """Return a part with other measures and rules; raise ValueError if the classes are not those of the taxonomy."""
    classes = [
        replace(shape, rule=rule)
        for shape, (name, rule) in zip(part.classes, rules["classes"].items(), strict=True)
        if shape.id == name
    ]
    if len(classes) != len(part.classes):
        raise ValueError(f"the classes of {part.key} are not those of the taxonomy")
    return replace(part, measures=tuple(rules["measures"]), classes=tuple(classes))


def class_probabilities(part: Part, mean: Table, sd: Table) -> Table:
    """Return the share of the fixed draws around each belief in each class, (n, classes)."""
    draws = standard_draws()
    columns = [INDEX[key] for key in part.measures]
    samples = {
        key: mean[:, [column]] + sd[:, [column]] * draws[row]
        for row, (key, column) in enumerate(zip(part.measures, columns, strict=True))
    }
    return np.stack([hits.mean(axis=1) for hits in _first_hits(_predicates(part), samples)], axis=1)


def all_probabilities(parts: Sequence[Part], mean: Table, sd: Table) -> Table:
    """Return probabilities of all parts, (n, parts, most classes), 0 beyond the classes of a part."""
    result = np.zeros((len(mean), len(parts), max(len(part.classes) for part in parts)))
    for index, part in enumerate(parts):
        result[:, index, : len(part.classes)] = class_probabilities(part, mean, sd)
    return result


def classify_exactly(part: Part, z: Table) -> Labels:
    """Return the class of each row of standard scores without any error, (n,)."""
    samples = {key: z[:, INDEX[key]] for key in part.measures}
    labels: Labels = np.stack(list(_first_hits(_predicates(part), samples)), axis=1).argmax(axis=1)
    return labels


def classify_hand(parts: Sequence[Part], z: Table) -> Labels:
    """Return the classes of hand marks, (n, parts); unmarked measures are usual, and M follows from L."""
    return np.stack([classify_exactly(part, z) for part in parts], axis=1)


def mute_unmarked(z: Table) -> Table:
    """Return standard scores of hand marks with the unmarked measures at 0 and M as the opposite of L."""
    muted = z.copy()
    muted[:, UNMARKED_COLUMNS] = 0.0
    muted[:, INDEX["M"]] = -muted[:, INDEX["L"]]
    return muted


@cache
def _compile(rules: tuple[str, ...], measures: frozenset[str]) -> tuple[Predicate, ...]:
    return tuple(compile_rule(rule, measures) for rule in rules)


def _predicates(part: Part) -> tuple[Predicate, ...]:
    return _compile(tuple(shape.rule for shape in part.classes), frozenset(part.measures))


def _first_hits(predicates: Sequence[Predicate], samples: Mapping[str, Table]) -> Iterator[NDArray[np.bool_]]:
    """Yield for each class the samples whose first rule that holds is its own."""
    free = np.ones_like(next(iter(samples.values())), dtype=np.bool_)
    for predicate in predicates:
        hits = free & predicate(samples)
        yield hits
        free = free & ~hits
