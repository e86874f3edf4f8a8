"""Norms: those that are shipped, those that an operator makes, and the file between."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gwansang.reading.composer import compose
from gwansang.reading.measurements import MEASURES_BY_KEY
from gwansang.reading.model import ENERGIES
from gwansang.reading.norming import TooFewPeopleError, derive_norms, robust_sd
from gwansang.reading.norms import Norms, default_norms
from gwansang.reading.norms_file import NormsFileError, format_norms, load_norms, parse_norms
from gwansang.reading.scores import round_energy, shipped_weights
from gwansang.reading.stability import sample_photo
from tests.support.factories import IDEAL, measures_at, simulate_faces
from tests.test_reading.days import A_DAY

SHIPPED = default_norms()


def neighbours(count: int, seed: int = 1) -> list[dict[str, float]]:
    """People as they are among the shipped norms."""
    return [
        {key: norm.median + z[key] * norm.sd for key, norm in SHIPPED.measures.items()}
        for z in simulate_faces(count, seed)
    ]


@pytest.fixture(scope="module")
def own() -> Norms:
    return derive_norms(neighbours(400), "own", "simulated", simulated_faces=400)


def test_norms_derived_from_people_match_their_population(own: Norms) -> None:
    assert own.n == 400
    for key, norm in own.measures.items():
        assert norm.median == pytest.approx(SHIPPED.measures[key].median, abs=0.2 * SHIPPED.measures[key].sd)
        assert norm.sd == pytest.approx(SHIPPED.measures[key].sd, rel=0.2)


def test_a_few_outliers_change_no_norm_much(own: Norms) -> None:
    wrong = [dict.fromkeys(MEASURES_BY_KEY, 100.0) for _ in range(12)]
    spoilt = derive_norms([*neighbours(400), *wrong], "spoilt", "simulated", simulated_faces=50)
    for key, norm in spoilt.measures.items():
        assert norm.median == pytest.approx(own.measures[key].median, abs=0.15 * own.measures[key].sd)
        assert norm.sd == pytest.approx(own.measures[key].sd, rel=0.15)


def test_derived_scales_are_fair_among_people_with_other_correlations() -> None:
    """The shipped scales would give a sixth of such people the wrong step."""
    random = np.random.default_rng(5)
    wealth = np.array([shipped_weights().scores["wealth"].get(key, 0.0) for key in MEASURES_BY_KEY])
    draws = random.normal(size=(1500, len(wealth)))
    draws += 4 * random.normal(size=(1500, 1)) * wealth / np.linalg.norm(wealth)
    people = [
        {key: norm.median + z * norm.sd for (key, norm), z in zip(SHIPPED.measures.items(), row, strict=True)}
        for row in draws.tolist()
    ]
    norms = derive_norms(people[:500], "own", "simulated")
    fair = [0.1, 0.2, 0.4, 0.2, 0.1]
    assert _unfair(people[500:], norms, fair) < 0.08
    assert _unfair(people[500:], replace(norms, scales=SHIPPED.scales), fair) > 0.15


def _unfair(people: list[dict[str, float]], norms: Norms, fair: list[float]) -> float:
    """Return the largest difference between the share of a step and the fair one, over the energies."""
    worst = 0.0
    seen = [
        sample_photo(
            measures_at(**{key: SHIPPED.z(key, face[key]) for key in MEASURES_BY_KEY}),
            norms,
        ).scores
        for face in people
    ]
    for energy in ENERGIES:
        steps = [round_energy(scores[energy]) for scores in seen]
        worst = max(worst, *(abs(steps.count(step) / len(steps) - share) for step, share in enumerate(fair, start=1)))
    return worst


def test_the_robust_sd_ignores_outliers() -> None:
    values = np.random.default_rng(2).normal(size=500)
    assert robust_sd(values) == pytest.approx(1.0, abs=0.08)
    assert robust_sd(np.append(values, [50.0] * 25)) == pytest.approx(1.0, abs=0.15)


def test_too_few_people_and_identical_people_give_no_norms() -> None:
    with pytest.raises(TooFewPeopleError, match="at least 20 people, and there are 19"):
        derive_norms(neighbours(19), "few", "simulated")
    with pytest.raises(TooFewPeopleError, match="face_length"):
        derive_norms(neighbours(1) * 30, "alike", "simulated")


def test_a_norms_file_round_trips(own: Norms, tmp_path: Path) -> None:
    path = tmp_path / "norms.json"
    path.write_text(format_norms(own), encoding="utf-8")
    assert load_norms(path) == own
    assert parse_norms(format_norms(SHIPPED)) == SHIPPED


def test_other_norms_give_another_reading() -> None:
    shifted = json.loads(format_norms(SHIPPED))
    for name in ("p05", "p25", "median", "p75", "p95"):
        shifted["measures"]["BG"][name] += 3 * SHIPPED.measures["BG"].sd
    usual = measures_at()
    before, after = (
        {part.part: part.shape_id for part in compose(usual, IDEAL, A_DAY, norms=norms).parts}
        for norms in (SHIPPED, parse_norms(json.dumps(shifted)))
    )
    assert after["glabella"] == "focused" != before["glabella"]
    assert after["jaw"] == before["jaw"]


Breaking = Callable[[dict[str, dict[str, dict[str, object]]]], object]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda file: file["measures"].pop("ET"), "measures lacks ET"),
        (
            lambda file: [file["measures"].pop(key) for key in list(MEASURES_BY_KEY)],
            "measures lacks FL, JW, FW and others",
        ),
        (lambda file: file["measures"]["ET"].update(sd=0), "ET.sd must be more than 0"),
        (lambda file: file["measures"]["ET"].update(sd="wide"), "ET.sd must be a number"),
        (lambda file: file["measures"]["ET"].update(median=float("nan")), "ET.median must be a number"),
        (lambda file: file["measures"]["ET"].update(p05=99.0), "the percentiles of ET must rise"),
        (lambda file: file["measures"]["ET"].pop("p95"), "ET lacks p95"),
        (lambda file: file.pop("scales"), "scales must be a JSON object"),
        (lambda file: file["scales"]["scores"]["love"].update(sd=0), "scales.scores.love.sd must be more than 0"),
        (lambda file: file["scales"]["scores"].pop("overall"), "scales.scores lacks overall"),
        (lambda file: file["scales"]["palaces"].pop("wealth"), "scales.palaces lacks wealth"),
        (lambda file: file["scales"]["archetype_offsets"].pop("king"), "scales.archetype_offsets lacks king"),
        (lambda file: file["scales"]["element_offsets"].update(fire="hot"), "scales.element_offsets.fire must be a"),
        (lambda file: file["scales"].pop("elements"), "scales.elements must be a JSON object"),
        (lambda file: file.update(n=0), "n must be a whole number of people"),
        (lambda file: file.pop("provenance"), "provenance must be a text"),
        (lambda file: file.update(measuring=0), "it was made for measuring version 0 and this is version"),
    ],
)
def test_a_broken_norms_file_is_reported_in_one_sentence(spoil: Breaking, sentence: str) -> None:
    file = json.loads(format_norms(SHIPPED))
    spoil(file)
    with pytest.raises(NormsFileError, match=sentence.replace(".", r"\.")):
        parse_norms(json.dumps(file))


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_another_file_is_reported_in_one_sentence(text: str) -> None:
    with pytest.raises(NormsFileError):
        parse_norms(text)


def test_a_missing_norms_file_is_reported_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(NormsFileError, match="No such file"):
        load_norms(tmp_path / "absent.json")
