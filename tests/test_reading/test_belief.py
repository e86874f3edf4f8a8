"""What is believed of a face: a measured extreme is drawn to the middle, the more so the worse the photo."""

from dataclasses import replace

import numpy as np
import pytest

from gwansang.reading.belief import Validity, believe, regress, shipped_validity, support
from gwansang.reading.measurements import MEASURES_BY_KEY, MeasuredValue, Measures
from gwansang.reading.norms import default_norms, standardize
from gwansang.reading.shapes import DECIDED, classify_measured
from tests.support.factories import USUAL_SIGMA, face_of, simulate_faces

KEYS = tuple(MEASURES_BY_KEY)


def all_of(value: float) -> dict[str, float]:
    return dict.fromkeys(KEYS, value)


def test_a_measured_extreme_is_believed_to_be_less_extreme() -> None:
    belief, truth = believe(all_of(2.0), USUAL_SIGMA), shipped_validity()
    for key, r in zip(KEYS, truth.r.tolist(), strict=True):
        assert belief.mean[key] == pytest.approx(2.0 * r)
        assert 0 < belief.mean[key] < 2.0
        assert 0 < belief.sd[key] <= truth.sharpness


def test_a_worse_photo_moves_the_belief_to_the_middle_and_widens_it() -> None:
    good, bad = (believe(all_of(2.0), {key: k * s for key, s in USUAL_SIGMA.items()}) for k in (1.0, 3.0))
    better = believe(all_of(2.0), all_of(0.01))
    for key in KEYS:
        assert bad.mean[key] < good.mean[key]
        assert bad.sd[key] > good.sd[key]
    assert better == good, "a better photo than the usual ones is not truer than they were"


def test_a_worse_photo_decides_fewer_parts() -> None:
    def decided(errors: float) -> float:
        sigma = {key: errors * usual for key, usual in USUAL_SIGMA.items()}
        faces = list(simulate_faces(60, seed=4))
        return sum(shape.probability >= DECIDED for z in faces for shape in classify_measured(z, sigma).values()) / len(
            faces
        )

    good, worse, worst = decided(1.0), decided(2.5), decided(6.0)
    assert 15 > good > worse + 1 > worst + 1


def test_a_worse_photo_supports_a_part_less() -> None:
    good, bad = support(USUAL_SIGMA), support({key: 3 * usual for key, usual in USUAL_SIGMA.items()})
    assert all(0 < bad[key] < good[key] <= 1 for key in KEYS)


@pytest.mark.parametrize("extra_variance", [0.0, 0.5])
def test_beliefs_are_right_on_average_and_as_wide_as_their_mistakes(extra_variance: float) -> None:
    random, r = np.random.default_rng(1), 0.7
    truth = Validity(np.full(20, r), np.full(20, 0.3), 0.83)
    true = random.normal(size=(4000, 20))
    measured = r * true + np.sqrt(1 - r**2) * random.normal(size=true.shape)
    measured += np.sqrt(extra_variance) * random.normal(size=true.shape)
    mean, sd = regress(measured, np.full_like(true, np.sqrt(0.3**2 + extra_variance)), truth)
    high = mean > 0.5
    assert (true - mean)[high].mean() == pytest.approx(0, abs=0.01)
    assert ((true - mean) / sd).std() * truth.sharpness == pytest.approx(1, abs=0.01)


def test_the_belief_of_one_face_is_that_of_the_table() -> None:
    z = face_of(3)
    mean, sd = regress(np.array(list(z.values())), np.array(list(USUAL_SIGMA.values())), shipped_validity())
    belief = believe(z, USUAL_SIGMA)
    assert list(belief.mean.values()) == pytest.approx(mean)
    assert list(belief.sd.values()) == pytest.approx(sd)


@pytest.mark.parametrize("width", [0.5, 2.0])
def test_norms_of_other_people_do_not_change_how_much_a_usual_photo_is_believed(width: float) -> None:
    shipped = default_norms()
    others = {key: replace(norm, sd=width * norm.sd) for key, norm in shipped.measures.items()}
    usual = Measures(
        {key: MeasuredValue(norm.median, USUAL_SIGMA[key] * norm.sd) for key, norm in shipped.measures.items()}
    )
    for norms in (shipped, replace(shipped, measures=others)):
        assert standardize(usual, norms).noise == pytest.approx(USUAL_SIGMA)
