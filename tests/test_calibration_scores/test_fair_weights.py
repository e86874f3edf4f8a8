"""Weights of sums: silent about groups, decorrelated, and near what they mean."""

import numpy as np
import pytest
from calibration.scores.fair_weights import (
    Origin,
    People,
    Strengths,
    balanced_covariance,
    decorrelate,
    fit_fair_weights,
    origin_differences,
    sex_difference,
)
from calibration.scores.sample import Mask, Table

MEASURES = 8
SEX, ORIGIN = np.eye(MEASURES)[0], np.eye(MEASURES)[1]
NO_ORIGINS: tuple[Origin, ...] = ()


def simulate_people(count: int = 400, sexes: float = 0.0, origins: float = 0.0, smile: float = 0.2) -> People:
    """Return people whose sexes and origins differ by so many SDs in one measure each."""
    random = np.random.default_rng(3)
    women, other = np.arange(count) % 2 == 0, np.arange(count) % 8 < 2
    true = random.normal(size=(count, MEASURES)) + sexes * women[:, None] * SEX + origins * other[:, None] * ORIGIN

    def photo(noise: float) -> Table:
        return np.asarray(true + noise * random.normal(size=true.shape))

    group = np.where(other, "black", "white")
    return People(photo(0.2), photo(smile), true, photo(0.4), women, group, np.ones(count, np.bool_))


def cohen(values: Table, group: Mask) -> float:
    one, other = values[group], values[~group]
    return float(abs(one.mean() - other.mean()) / np.sqrt((one.var() + other.var()) / 2))


def test_a_planted_difference_of_the_sexes_is_taken_out() -> None:
    people = simulate_people(sexes=1.5)
    wanted = np.array([[1.0, 0.5, 0.5, 0, 0, 0, 0, 0]])
    weights = fit_fair_weights(wanted, people, NO_ORIGINS)
    assert cohen(people.measured @ wanted[0], people.women) > 0.9
    assert cohen(people.measured @ weights[0], people.women) < 0.1
    assert abs(weights[0] @ sex_difference(people.measured, people.women)) < 0.1
    assert np.corrcoef(people.measured @ weights[0], people.measured @ [0, 1, 1, 0, 0, 0, 0, 0])[0, 1] > 0.9


def test_a_planted_difference_of_an_origin_is_taken_out() -> None:
    people = simulate_people(origins=1.5)
    wanted = np.array([[0.5, 1.0, 0.5, 0, 0, 0, 0, 0]])
    origin = Origin("black", 1.5 * ORIGIN, 0.05)
    other = people.group == "black"
    without = fit_fair_weights(wanted, people, NO_ORIGINS)
    weights = fit_fair_weights(wanted, people, [origin])
    assert cohen(people.measured @ without[0], other) > 0.9
    assert cohen(people.measured @ weights[0], other) < 0.35


def test_few_people_of_an_origin_are_drawn_to_what_is_published() -> None:
    people = simulate_people(count=24, origins=1.5)
    published = Origin("black", -ORIGIN, 0.25)
    (many, variance), (none, prior) = origin_differences(
        people.measured, people, [published, Origin("unknown", ORIGIN, 0.25)]
    )
    assert -1.0 < many[1] < 1.5
    assert variance < prior
    assert none[1] > 0
    assert prior == pytest.approx(0.25)


def test_a_measure_that_does_not_repeat_loses_its_say() -> None:
    people = simulate_people(smile=0.2)
    shaky = people.smiling.copy()
    shaky[:, 2] = np.random.default_rng(4).normal(size=len(shaky))
    people = People(people.measured, shaky, people.hand, people.mesh, people.women, people.group, people.reference)
    weights = fit_fair_weights(np.array([[0, 0, 1.0, 1, 0, 0, 0, 0]]), people, NO_ORIGINS)[0]
    assert abs(weights[2]) < 0.2 * abs(weights[3])


def test_people_without_a_mesh_of_their_own_are_fitted_all_the_same() -> None:
    people = simulate_people(sexes=1.5)
    absent = np.full_like(people.mesh, np.nan)
    people = People(people.measured, people.smiling, people.hand, absent, people.women, people.group, people.reference)
    weights = fit_fair_weights(np.ones((1, MEASURES)), people, NO_ORIGINS, Strengths())
    assert cohen(people.measured @ weights[0], people.women) < 0.1


def test_decorrelated_sums_are_uncorrelated_and_the_nearest_such() -> None:
    covariance = balanced_covariance(simulate_people())
    random = np.random.default_rng(5)
    weights = random.normal(size=(4, MEASURES)) + 1.0
    result = decorrelate(weights, covariance)
    assert result @ covariance @ result.T == pytest.approx(np.eye(4), abs=1e-9)
    nearness = np.trace(result @ covariance @ weights.T)
    for _ in range(20):
        turn = np.linalg.qr(random.normal(size=(4, 4)))[0]
        assert np.trace(turn @ result @ covariance @ weights.T) <= nearness + 1e-9
