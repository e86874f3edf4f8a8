"""Scores, energies and elements: fair scales over simulated faces."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gwansang.reading.asymmetry import ASYMMETRY_REGIONS
from gwansang.reading.calibration import calibrate_scales, simulate_faces
from gwansang.reading.composer import compose
from gwansang.reading.elements import ELEMENT_PROTOTYPES, ELEMENTS, classify_elements
from gwansang.reading.measurement_error import measurement_error
from gwansang.reading.measurements import MEASURES_BY_KEY
from gwansang.reading.model import ENERGIES
from gwansang.reading.norms import default_norms
from gwansang.reading.scores import FaceScores, default_scales, round_energy, score_face
from gwansang.reading.shapes import classify_shapes
from gwansang.reading.taxonomy import load_taxonomy
from tests.support.factories import IDEAL, measures_at
from tests.test_reading.days import A_DAY

KEYS = sorted(MEASURES_BY_KEY)
SIGMA = {key: measurement_error(key, IDEAL) / norm.sd for key, norm in default_norms().measures.items()}
z_scores = st.fixed_dictionaries({key: st.floats(-6, 6) for key in KEYS})


def scored(z: dict[str, float], asymmetry: dict[str, float] | None = None) -> FaceScores:
    return score_face(z, SIGMA, classify_shapes(z, SIGMA), asymmetry or dict.fromkeys(ASYMMETRY_REGIONS, 0.008))


@given(z_scores, st.floats(0.0, 0.5))
def test_scores_stay_within_their_bounds(z: dict[str, float], asymmetry: float) -> None:
    found = scored(z, dict.fromkeys(ASYMMETRY_REGIONS, asymmetry))
    assert 50 <= found.overall <= 98
    assert all(1 <= round_energy(value) <= 5 for value in found.energy_values.values())
    assert all(66 <= points <= 90 for points in found.parts.values())
    assert all(0 < trust <= 1 for trust in found.reliability.values())


def test_simulated_faces_are_distributed_over_the_scales_as_documented() -> None:
    found = [scored(z) for z in simulate_faces(1500, seed=11)]
    overall = sorted(face.overall for face in found)
    assert 76 <= overall[len(overall) // 2] <= 83
    for energy in ENERGIES:
        steps = Counter(round_energy(face.energy_values[energy]) for face in found)
        shares = [steps[step] / len(found) for step in range(1, 6)]
        assert shares == pytest.approx([0.10, 0.20, 0.40, 0.20, 0.10], abs=0.05)


def test_a_single_term_of_the_harmony_is_clipped() -> None:
    usual = dict.fromkeys(KEYS, 0.0)
    far, farther = scored({**usual, "U": 6.0}), scored({**usual, "U": 12.0})
    assert scored(usual).overall > far.overall == farther.overall > 50


def test_a_part_that_agrees_with_the_energies_of_the_face_scores_higher() -> None:
    usual = dict.fromkeys(KEYS, 0.0)
    nose_of_wealth = {**usual, "NL": 1.0, "NA": 0.6}
    alone, supported = scored({**nose_of_wealth, "MC": 2.0, "CJ": -2.0}), scored({**nose_of_wealth, "MC": -2.0})
    assert supported.energy_values["wealth"] > alone.energy_values["wealth"]
    assert supported.parts["nose"] > alone.parts["nose"]


def test_no_shape_has_a_higher_mean_part_score() -> None:
    """Over many faces the mean score of a part is nearly the same whatever its shape."""
    points: dict[tuple[str, str], list[int]] = {}
    for z in simulate_faces(3000, seed=5):
        shapes = classify_shapes(z, SIGMA)
        parts = score_face(z, SIGMA, shapes, dict.fromkeys(ASYMMETRY_REGIONS, 0.008)).parts
        for key, shape in shapes.items():
            points.setdefault((key, shape.shape.id), []).append(parts[key])
    means = {shape: sum(found) / len(found) for shape, found in points.items() if len(found) >= 50}
    assert max(means.values()) - min(means.values()) <= 8.0


def test_a_part_with_larger_errors_is_less_reliable() -> None:
    z = {**dict.fromkeys(KEYS, 0.0), "MC": 3.0}
    clear, blurred = (
        scored(z),
        score_face(z, {**SIGMA, "MC": 3.0}, classify_shapes(z, SIGMA), dict.fromkeys(ASYMMETRY_REGIONS, 0.008)),
    )
    assert blurred.reliability["mouth"] < clear.reliability["mouth"]


def test_the_shipped_scales_match_a_new_calibration() -> None:
    fresh, shipped = calibrate_scales(default_norms(), 1200, seed=99), default_scales()
    for energy in ENERGIES:
        assert fresh["energies"][energy][1:-1] == pytest.approx(shipped["energies"][energy][1:-1], abs=0.04)
    for name, centre in shipped["harmony"].items():
        assert fresh["harmony"][name]["mean"] == pytest.approx(centre["mean"], abs=0.2 * centre["sd"])
    assert fresh["asymmetry"] == shipped["asymmetry"]
    assert fresh["element_offsets"] == pytest.approx(shipped["element_offsets"], abs=0.15)


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


@pytest.mark.parametrize("name", ELEMENTS)
def test_the_prototype_of_an_element_is_of_that_element(name: str) -> None:
    z = {**dict.fromkeys(KEYS, 0.0), **{key: 2 * value for key, value in ELEMENT_PROTOTYPES[name].items()}}
    assert classify_elements(z).primary == name


def test_the_weights_of_the_parts_are_those_of_the_tradition() -> None:
    sums = {energy: sum(part.weights[energy] for part in load_taxonomy()) for energy in ENERGIES}
    assert sums == pytest.approx({"wealth": 1.16, "love": 1.12, "health": 1.18, "social": 1.32})


def test_a_strong_nose_raises_its_energy() -> None:
    usual, strong = (compose(measures_at(**z), IDEAL, A_DAY) for z in ({"NA": -0.5}, {"NL": 1.0, "NA": 0.6}))
    assert strong.energy_values["wealth"] > usual.energy_values["wealth"]
