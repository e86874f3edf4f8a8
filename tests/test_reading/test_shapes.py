"""From standard scores to shapes: the rules, and memberships that move gently."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gwansang.reading.measurements import MEASURES_BY_KEY
from gwansang.reading.rule_parser import RuleSyntaxError, compile_rule
from gwansang.reading.shapes import DRAW_COUNT, classify_measured, classify_shapes, standard_draws
from gwansang.reading.taxonomy import load_taxonomy, rule_measures
from tests.support.factories import USUAL_SIGMA, simulate_faces

KEYS = sorted(MEASURES_BY_KEY)
SIGMA = dict.fromkeys(KEYS, 0.35)
PROMISED = {
    *("face_shape", "forehead", "eyebrows", "glabella", "eyes", "nose", "philtrum", "mouth", "lips"),
    *("cheekbones", "jaw"),
}
z_scores = st.fixed_dictionaries({key: st.floats(-3, 3) for key in KEYS})


def test_the_taxonomy_has_fifteen_parts_with_eighty_two_shapes() -> None:
    parts = load_taxonomy()
    assert len(parts) == 15
    assert sum(len(part.classes) for part in parts) == 82
    assert {part.key for part in parts} >= PROMISED


def test_the_effects_of_every_shape_sum_to_six() -> None:
    for part in load_taxonomy():
        for shape in part.classes:
            assert sum(shape.effects.values()) == pytest.approx(6.0), (part.key, shape.id)
            assert min(shape.effects.values()) >= 0


@given(z_scores)
def test_the_probabilities_of_a_part_sum_to_one(z: dict[str, float]) -> None:
    for shape in classify_shapes(z, SIGMA).values():
        assert sum(shape.probabilities) == pytest.approx(1.0)
        assert min(shape.probabilities) >= 0.0


def test_every_shape_is_told_to_somebody() -> None:
    reached: set[tuple[str, str]] = set()
    for z in simulate_faces(3000, seed=7):
        reached |= {(key, shape.shape.id) for key, shape in classify_measured(z, USUAL_SIGMA).items()}
    assert reached == {(part.key, shape.id) for part in load_taxonomy() for shape in part.classes}


def test_the_table_of_all_rules_counts_as_the_rules_one_by_one() -> None:
    draws, sd = standard_draws(), dict(zip(KEYS, np.linspace(0.1, 1.0, len(KEYS)), strict=True))
    rules = {
        part.key: [compile_rule(shape.rule, frozenset(part.measures)) for shape in part.classes]
        for part in load_taxonomy()
    }
    for z in simulate_faces(100, seed=3):
        for key, shape in classify_shapes(z, sd).items():
            samples = {one: z[one] + sd[one] * draws[row] for row, one in enumerate(shape.part.measures)}
            so_far = np.logical_or.accumulate([rule(samples) for rule in rules[key]])
            expected = np.diff(np.count_nonzero(so_far, axis=1), prepend=0) / DRAW_COUNT
            assert shape.probabilities == tuple(expected.tolist()), key


@given(z_scores, st.sampled_from(KEYS))
def test_a_small_change_of_a_measure_changes_probabilities_by_a_few_draws(z: dict[str, float], key: str) -> None:
    before, after = classify_shapes(z, SIGMA), classify_shapes({**z, key: z[key] + 1e-4}, SIGMA)
    for part in before:
        change = np.abs(np.subtract(before[part].probabilities, after[part].probabilities)).max()
        assert change <= 2 / DRAW_COUNT


def test_probabilities_are_one_within_a_shape_and_half_on_its_border() -> None:
    usual = dict.fromkeys(KEYS, 0.0)
    middle = classify_shapes({**usual, "BG": 3.0}, SIGMA)["glabella"]
    edge = classify_shapes({**usual, "BG": 1.0}, SIGMA)["glabella"]
    assert (middle.shape.id, middle.probability, middle.runner_up) == ("open", 1.0, None)
    assert edge.probabilities[0] == pytest.approx(0.5, abs=0.05)
    assert {edge.shape.id, edge.part.classes[edge.runner_up or 0].id} == {"open", "wide"}


def test_larger_errors_give_less_probable_shapes() -> None:
    z = {**dict.fromkeys(KEYS, 0.0), "PL": 1.0}
    sharp, blurred = classify_shapes(z, dict.fromkeys(KEYS, 0.1)), classify_shapes(z, dict.fromkeys(KEYS, 1.0))
    assert blurred["philtrum"].probability < sharp["philtrum"].probability == 1.0


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("A > 0.5", [False, False, True]),
        ("-0.5 <= A <= 0.5", [False, True, False]),
        ("|A| >= 1 and B < 0", [True, False, False]),
        ("max(|A|,|B|) < 0.7", [False, True, False]),
        ("A >= B and A >= 0", [False, True, True]),
        ("otherwise", [True, True, True]),
    ],
)
def test_a_rule_evaluates_its_comparisons(rule: str, expected: list[bool]) -> None:
    z = {"A": np.array([-1.0, 0.0, 1.0]), "B": np.array([-0.5, -0.2, 0.3])}
    assert compile_rule(rule, frozenset("AB"))(z).tolist() == expected


@pytest.mark.parametrize(
    "rule",
    [
        *("", "A", "A >", "> 1", "A > 1 and", "A > 1 or B > 1", "C > 1", "|A > 1", "max(A > 1", "A == 1", "A > 1 B"),
        *("__import__('os')", "A.real > 1", "A > 1; B > 1", "lambda: 1"),
    ],
)
def test_text_outside_the_grammar_is_a_syntax_error(rule: str) -> None:
    with pytest.raises(RuleSyntaxError):
        compile_rule(rule, frozenset("AB"))


@pytest.mark.parametrize("key", ["PW", "UL"])
def test_a_measure_that_is_hardly_true_decides_no_shape_alone(key: str) -> None:
    for part in load_taxonomy():
        for shape in part.classes:
            assert rule_measures(shape) != {key}, (part.key, shape.id)
