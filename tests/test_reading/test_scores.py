"""Scores, energies and elements: fair scales over simulated faces, and weights that rest on known measures only."""

from collections import Counter
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gwansang.reading.calibration import calibrate_scales, correlation_matrix, default_population, weight_rows
from gwansang.reading.composer import compose
from gwansang.reading.elements import ELEMENTS, classify_elements
from gwansang.reading.measurements import MEASURES_BY_KEY
from gwansang.reading.model import ENERGIES
from gwansang.reading.norms import default_norms
from gwansang.reading.palaces import PALACE_WEIGHTS
from gwansang.reading.scores import (
    FaceScores,
    default_scales,
    energy_value,
    overall_score,
    part_score,
    place_sums,
    round_energy,
    score_face,
    shipped_weights,
)
from gwansang.reading.shapes import classify_measured
from gwansang.reading.taxonomy import load_taxonomy
from gwansang.reading.texts import places_text
from tests.support.factories import IDEAL, USUAL_SIGMA, face_of, measures_at, simulate_faces
from tests.test_reading.days import A_DAY

KEYS = sorted(MEASURES_BY_KEY)
UNMARKED = {"FW", "FH", "TP", "NR", "CF", "U"}
z_scores = st.fixed_dictionaries({key: st.floats(-6, 6) for key in KEYS})


def scored(z: dict[str, float], errors: float = 1.0) -> FaceScores:
    sigma = {key: errors * usual for key, usual in USUAL_SIGMA.items()}
    return score_face(z, sigma, classify_measured(z, sigma))


@given(z_scores)
def test_scores_stay_within_their_bounds(z: dict[str, float]) -> None:
    found = scored(z)
    assert 60 <= found.overall <= 98
    assert all(1 <= round_energy(value) <= 5 for value in found.energy_values.values())
    assert all(60 <= points <= 98 for points in found.parts.values())
    assert all(0 < trust <= 1 for trust in found.reliability.values())


def test_the_scales_map_normal_quantiles() -> None:
    assert [overall_score(place) for place in (-9.0, 0.0, 1.0, 9.0)] == [60, 79, 86, 98]
    assert [energy_value(place) for place in (-9.0, 0.0, 9.0)] == [1, 3, 5]
    places = np.random.default_rng(1).normal(size=20000)
    steps = Counter(round_energy(energy_value(place)) for place in places.tolist())
    assert [steps[step] / 20000 for step in range(1, 6)] == pytest.approx([0.1, 0.2, 0.4, 0.2, 0.1], abs=0.01)


def test_simulated_faces_are_distributed_over_the_scales_as_documented() -> None:
    found = [scored(z) for z in simulate_faces(1500, seed=11)]
    overall = sorted(face.overall for face in found)
    assert 77 <= overall[len(overall) // 2] <= 81
    for energy in ENERGIES:
        steps = Counter(round_energy(face.energy_values[energy]) for face in found)
        shares = [steps[step] / len(found) for step in range(1, 6)]
        assert shares == pytest.approx([0.10, 0.20, 0.40, 0.20, 0.10], abs=0.05)


def test_scores_are_linear_in_the_measures() -> None:
    weights, moments = shipped_weights().scores, default_scales()["scores"]
    one, other = face_of(1), face_of(2)
    middle = {key: (one[key] + other[key]) / 2 for key in KEYS}
    first, second, between = (place_sums(weights, moments, z) for z in (one, other, middle))
    assert between == pytest.approx({name: (first[name] + second[name]) / 2 for name in first})
    assert set(place_sums(weights, moments, dict.fromkeys(KEYS, 0.0)).values()) == {0.0}


@pytest.mark.parametrize("kind", ["scores", "elements", "archetypes"])
def test_no_sum_rests_on_a_measure_that_nobody_marked(kind: str) -> None:
    rows = asdict(shipped_weights())[kind]
    assert rows
    for name, row in rows.items():
        assert not set(row) & UNMARKED, name
        assert set(row) <= set(MEASURES_BY_KEY), name
        assert all(weight != 0 for weight in row.values()) or len(row) > 1


def test_the_four_energies_are_four_and_not_one() -> None:
    rows = weight_rows({energy: shipped_weights().scores[energy] for energy in ENERGIES})
    covariance = rows @ correlation_matrix(tuple(MEASURES_BY_KEY), default_population()) @ rows.T
    sds = np.sqrt(np.diag(covariance))
    between = (covariance / np.outer(sds, sds))[np.triu_indices(4, 1)]
    assert np.abs(between).max() < 0.3


def test_a_part_scores_by_what_the_face_is_strong_in() -> None:
    nose = next(part for part in load_taxonomy() if part.key == "nose")
    index = next(i for i, shape in enumerate(nose.classes) if shape.effects["wealth"] >= 2.5)
    probabilities = [float(i == index) for i in range(len(nose.classes))]
    rich = part_score(nose, probabilities, {"wealth": 5.0, "love": 3.0, "health": 3.0, "social": 3.0})
    even = part_score(nose, probabilities, dict.fromkeys(ENERGIES, 3.0))
    poor = part_score(nose, probabilities, {"wealth": 1.0, "love": 3.0, "health": 3.0, "social": 3.0})
    assert rich > even == 83 > poor


def test_part_scores_differ_within_a_face() -> None:
    spreads = [float(np.std(list(scored(z).parts.values()), ddof=1)) for z in simulate_faces(200, seed=8)]
    assert np.mean(spreads) > 2.9


def test_a_part_with_larger_errors_is_less_reliable() -> None:
    z = dict.fromkeys(KEYS, 0.0)
    blurred = score_face(z, {**USUAL_SIGMA, "MC": 3.0}, classify_measured(z, USUAL_SIGMA))
    assert blurred.reliability["mouth"] < scored(z).reliability["mouth"]
    assert blurred.reliability["jaw"] == scored(z).reliability["jaw"]


def test_the_shipped_scales_are_those_of_the_shipped_weights_and_population() -> None:
    fresh, shipped = calibrate_scales(default_norms().id, 8000, seed=2026), default_scales()
    assert fresh["source"].startswith("8000 simulated faces in the norms")
    for kind in ("scores", "palaces", "elements", "archetypes"):
        for name, moments in shipped[kind].items():
            assert fresh[kind][name]["sd"] == pytest.approx(moments["sd"], rel=0.01), name
            assert moments["mean"] == 0
    for kind in ("element_offsets", "archetype_offsets"):
        assert fresh[kind] == pytest.approx(shipped[kind], abs=0.05)


def test_each_element_is_primary_in_about_a_fifth_of_all_faces() -> None:
    leads = Counter(classify_elements(z).primary for z in simulate_faces(4000, seed=3))
    assert {name: leads[name] / 4000 for name in ELEMENTS} == pytest.approx(dict.fromkeys(ELEMENTS, 0.2), abs=0.03)


@given(z_scores)
def test_the_element_shares_sum_to_one(z: dict[str, float]) -> None:
    found = classify_elements(z)
    assert sum(found.shares.values()) == pytest.approx(1.0)
    assert found.primary == max(found.shares, key=lambda name: found.shares[name])
    assert found.secondary is None or 0.25 <= found.shares[found.secondary] <= found.shares[found.primary]
    assert 0.0 <= found.clarity <= 1.0


def test_each_level_of_a_palace_is_told_to_a_tenth_of_all_faces() -> None:
    texts, told = places_text("ko")["palaces"], Counter[tuple[str, str]]()
    for z in simulate_faces(1500, seed=21):
        palaces = compose(measures_at(**z), IDEAL, A_DAY).palaces
        told.update((palace.id, palace.meaning) for palace in palaces if palace.z is not None)
    for palace in PALACE_WEIGHTS:
        lists = [texts[palace]["low"], texts[palace]["middle"], texts[palace]["high"]]
        shares = [sum(told[palace, text] for text in level) / 1500 for level in lists]
        assert sum(shares) == pytest.approx(1)
        assert min(shares) >= 0.1, palace


def test_a_wider_nose_raises_the_energy_of_wealth() -> None:
    narrow, wide = (compose(measures_at(NA=value), IDEAL, A_DAY) for value in (-1.0, 1.0))
    assert wide.energy_values["wealth"] > narrow.energy_values["wealth"]
