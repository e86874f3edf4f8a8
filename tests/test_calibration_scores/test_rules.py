"""Rules of the parts: complete, reachable, tunable."""

import numpy as np
import pytest
from calibration.scores.rules import (
    Labels,
    PartRules,
    all_probabilities,
    classify_exactly,
    mute_unmarked,
    rated_parts,
    replace_rules,
    shipped_rules,
)
from calibration.scores.sample import INDEX, KEYS, UNMARKED_COLUMNS
from calibration.scores.simulation import simulate_crowd
from calibration.scores.tuning import fill_form, rule_forms, tune_part

from gwansang.reading.taxonomy import Part, load_taxonomy
from tests.test_calibration_scores.simulated import simulate_sample

Z = np.random.default_rng(1).normal(size=(4000, len(KEYS)))


def labels(part: Part) -> Labels:
    return classify_exactly(part, Z)


def test_rules_name_the_classes_of_the_taxonomy_in_their_order() -> None:
    assert len(rated_parts()) == 15
    for part, shipped in zip(rated_parts(), load_taxonomy(), strict=True):
        assert [shape.id for shape in part.classes] == [shape.id for shape in shipped.classes]
        assert part.classes[-1].rule == shipped_rules()[part.key]["classes"][part.classes[-1].id]


@pytest.mark.parametrize("part", rated_parts(), ids=lambda part: part.key)
def test_every_class_is_given_to_one_of_fifty_faces_at_least(part: Part) -> None:
    shares = np.bincount(labels(part), minlength=len(part.classes)) / len(Z)
    assert shares.min() > 0.02
    assert shares.max() < 0.5


@pytest.mark.parametrize("part", load_taxonomy(), ids=lambda part: part.key)
def test_every_class_of_the_forms_can_be_reached_from_the_start(part: Part) -> None:
    form = rule_forms()[part.key]
    rated = replace_rules(part, fill_form(form, form["start"]))
    assert set(labels(rated)) == set(range(len(part.classes)))


def test_rules_with_other_classes_are_refused() -> None:
    part = load_taxonomy()[0]
    rules: PartRules = {"measures": ["FL"], "classes": {f"class{index}": "otherwise" for index in range(7)}}
    with pytest.raises(ValueError, match="face_shape"):
        replace_rules(part, rules)


def test_probabilities_sum_to_one_and_agree_with_the_rules_where_there_is_no_doubt() -> None:
    probabilities = all_probabilities(rated_parts(), Z[:50], np.full_like(Z[:50], 1e-9))
    assert probabilities.sum(axis=2) == pytest.approx(np.ones((50, 15)))
    exact = np.stack([labels(part)[:50] for part in rated_parts()], axis=1)
    assert (probabilities.argmax(axis=2) == exact).all()


def test_unmarked_measures_of_hand_marks_speak_for_no_side() -> None:
    muted = mute_unmarked(Z)
    assert (muted[:, UNMARKED_COLUMNS] == 0).all()
    assert (muted[:, INDEX["M"]] == -muted[:, INDEX["L"]]).all()


def test_tuning_keeps_the_order_of_thresholds_and_spreads_the_classes() -> None:
    crowd = simulate_crowd(simulate_sample(80), 400)
    assert crowd.women.mean() == 0.5
    part = next(part for part in load_taxonomy() if part.key == "glabella")
    form = rule_forms()["glabella"]
    form = {**form, "start": [2.5, 0.0, -0.7]}
    tuned = replace_rules(part, tune_part(part, form, crowd, 15))
    high, even, low = (float(tuned.classes[index].rule.split()[-1]) for index in (0, 2, 3))
    assert high > even > low
    assert high < 2.5
