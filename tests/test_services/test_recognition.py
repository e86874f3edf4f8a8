"""Figures of a recognition trial, on embeddings whose truth is known."""

import numpy as np
import pytest

from gwansang.services.lookalike.recognition import Trial, measure_recognition
from tests.support.embeddings import crowd


def trial(unrest: float, people: int = 60) -> Trial:
    vectors, owners = crowd(people, 3, unrest=unrest)
    gallery = [vectors[owners == person][:2] for person in range(people)]
    return Trial(gallery, [(vectors[3 * person + 2], person) for person in range(people)])


def test_photos_that_hardly_differ_are_known_again_and_name_the_same_people() -> None:
    found = measure_recognition(trial(0.02), centre=True)
    assert (found.rank_1, found.rank_5, found.shares_top_5) == (1.0, 1.0, 1.0)
    assert found.auc > 0.999
    assert found.same_top_1 > 0.85
    assert found.common_of_5 > 0.9


def test_photos_that_have_nothing_in_common_are_known_by_chance_only() -> None:
    found = measure_recognition(trial(50.0), centre=True)
    assert found.rank_1 < 0.15
    assert 0.4 < found.auc < 0.6
    assert found.same_top_1 < 0.2


def test_taking_out_what_all_have_in_common_tells_people_better_apart() -> None:
    """Some share a look of their own; plain distances call them all alike."""
    some = trial(0.6, 40)
    look = np.zeros(128, dtype=np.float32)
    look[3] = 2.0
    shift = [look * np.float32(person % 4 == 0) for person in range(40)]
    alike = Trial(
        [block + shift[person] for person, block in enumerate(some.gallery)],
        [(vector + shift[person], person) for vector, person in some.queries],
    )
    assert measure_recognition(alike, centre=True).auc >= measure_recognition(alike, centre=False).auc


def test_one_person_or_no_query_gives_no_figures() -> None:
    some = trial(0.1, 3)
    for nothing in (Trial(some.gallery[:1], some.queries[:1]), Trial(some.gallery, [])):
        with pytest.raises(ValueError, match="two people"):
            measure_recognition(nothing, centre=True)
