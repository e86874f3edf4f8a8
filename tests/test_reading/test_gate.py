"""Several photos of one face are combined; those of another person rarely are."""

import numpy as np
import pytest

from gwansang.reading.gate import (
    REFUSE_ABOVE,
    WARN_ABOVE,
    evidence_of_another_face,
    shipped_gate,
)
from gwansang.reading.measurements import Measures
from gwansang.reading.norms import default_norms
from tests.support.factories import IDEAL, face_of, measures_at, simulate_faces

NORMS = default_norms().measures


def second_photos(seed: int, count: int) -> list[dict[str, float]]:
    """Return differences of second photos of one person, as the gate knows them, in standard scores."""
    gate = shipped_gate()
    draws = np.random.default_rng(seed).multivariate_normal(np.zeros(len(gate.keys)), gate.same, count, method="eigh")
    return [dict(zip(gate.keys, row.tolist(), strict=True)) for row in draws]


def moved(z: dict[str, float], by: dict[str, float]) -> Measures:
    return measures_at(**{key: value + by.get(key, 0.0) for key, value in z.items()})


def test_an_honest_second_photo_passes() -> None:
    faces = list(simulate_faces(200, seed=1))
    found = np.array(
        [
            evidence_of_another_face(measures_at(**z), moved(z, change))
            for z, change in zip(faces, second_photos(2, 200), strict=True)
        ]
    )
    assert (found > WARN_ABOVE).mean() <= 0.03
    assert (found > REFUSE_ABOVE).mean() <= 0.01
    assert found.mean() < 0


def test_most_strangers_get_a_warning() -> None:
    faces = list(simulate_faces(200, seed=3))
    changes = second_photos(4, 199)
    found = np.array(
        [
            evidence_of_another_face(measures_at(**one), moved(other, change))
            for one, other, change in zip(faces, faces[1:], changes, strict=False)
        ]
    )
    assert (found > WARN_ABOVE).mean() > 0.7
    assert (found > REFUSE_ABOVE).mean() > 0.6


def test_uncertain_photos_are_less_evidence() -> None:
    one, other = face_of(1), face_of(2)
    sure, unsure = (
        evidence_of_another_face(measures_at(IDEAL, errors, **one), measures_at(**other)) for errors in (1.0, 4.0)
    )
    assert unsure < sure


def test_the_evidence_is_the_same_in_both_directions() -> None:
    one, other = measures_at(**face_of(5)), measures_at(**face_of(6))
    assert evidence_of_another_face(one, other) == pytest.approx(evidence_of_another_face(other, one))
