"""Recognition rates on synthetic embeddings."""

import numpy as np
import pytest

from gwansang.services.lookalike.recognition import Trial, measure_recognition
from tests.support.embeddings import make_embeddings


def trial(unrest: float, people: int = 60) -> Trial:
    vectors, owners = make_embeddings(people, 3, unrest=unrest)
    gallery = [vectors[owners == person][:2] for person in range(people)]
    return Trial(gallery, [(vectors[3 * person + 2], person) for person in range(people)])


def test_nearly_equal_photos_are_recognised_and_have_the_same_look_alikes() -> None:
    result = measure_recognition(trial(0.02), centre=True)
    assert (result.rank_1, result.rank_5, result.shares_top_5) == (1.0, 1.0, 1.0)
    assert result.auc > 0.999
    assert result.same_top_1 > 0.85
    assert result.common_of_5 > 0.9


def test_unrelated_photos_are_recognised_at_chance_level() -> None:
    result = measure_recognition(trial(50.0), centre=True)
    assert result.rank_1 < 0.15
    assert 0.4 < result.auc < 0.6
    assert result.same_top_1 < 0.2


def test_centring_separates_people_better() -> None:
    """A quarter of the people share an offset, which makes them similar by plain distances."""
    base = trial(0.6, 40)
    offset = np.zeros(128, dtype=np.float32)
    offset[3] = 2.0
    shift = [offset * np.float32(person % 4 == 0) for person in range(40)]
    alike = Trial(
        [block + shift[person] for person, block in enumerate(base.gallery)],
        [(vector + shift[person], person) for vector, person in base.queries],
    )
    assert measure_recognition(alike, centre=True).auc >= measure_recognition(alike, centre=False).auc


def test_one_person_or_no_query_raises() -> None:
    full = trial(0.1, 3)
    for incomplete in (Trial(full.gallery[:1], full.queries[:1]), Trial(full.gallery, [])):
        with pytest.raises(ValueError, match="two people"):
            measure_recognition(incomplete, centre=True)
