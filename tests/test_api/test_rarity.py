"""Words for how rare a likeness is: true of the people of a gallery."""

import re

import numpy as np
import pytest

from gwansang.api.v1.presenters.lookalike import MANY_PEOPLE, rarity_of
from gwansang.services.lookalike.cohort import cohort_mean, subtract_mean
from gwansang.services.lookalike.likeness import build_likeness_index
from gwansang.texts import LOCALES, Locale, load
from tests.support.content_policy import violations
from tests.support.embeddings import make_embeddings

PEOPLE = 300


def test_as_many_people_of_a_gallery_are_as_much_alike_as_the_words_say() -> None:
    """Count, for every person of a gallery, the others who are at least as much alike as a stranger's look-alike."""
    vectors, owners = make_embeddings(PEOPLE, 1)
    index = build_likeness_index(vectors.copy(), owners)
    centred = subtract_mean(vectors, cohort_mean(vectors, np.arange(PEOPLE)))
    alike = centred @ centred.T
    others = alike[~np.eye(PEOPLE, dtype=bool)].reshape(PEOPLE, PEOPLE - 1)
    mean, checked = cohort_mean(vectors, np.arange(PEOPLE)), 0
    for stranger in make_embeddings(20, 1, seed=9)[0]:
        similarities = np.sort(centred @ subtract_mean(stranger, mean))[::-1]
        for rank, near in enumerate(index.nearest(stranger, 200)):
            found = re.search(r"다른 (1,000|100)명 가운데 (\d+)명쯤", rarity_of(near.percentile, PEOPLE, "ko").sentence)
            if found is None:
                continue
            of, number = int(found.group(1).replace(",", "")), int(found.group(2))
            counted = (others >= similarities[rank]).mean(axis=1)  # of each person's others
            assert counted.mean() * of == pytest.approx(number, abs=0.6)
            checked += 1
    assert checked > 3000


def test_rarer_likenesses_never_get_more_people() -> None:
    numbers = []
    for percentile in np.arange(0.0, 100.0, 0.05):
        found = re.search(r"다른 ([\d,]+)명 가운데 (\d+)명쯤", rarity_of(float(percentile), 10_000, "ko").sentence)
        if found:
            numbers.append(int(found.group(2)) / int(found.group(1).replace(",", "")))
    assert numbers == sorted(numbers, reverse=True)
    assert (numbers[0], numbers[-1]) == (1.0, 0.001)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_small_gallery_gets_no_number_of_likeness(locale: Locale) -> None:
    for size in range(1, MANY_PEOPLE):
        rarity = rarity_of(99.9, size, locale)
        assert re.findall(r"\d+", rarity.sentence) == [str(size)]
        assert rarity.short == ""
    assert re.search(r"\d", rarity_of(99.0, MANY_PEOPLE, locale).short)


@pytest.mark.parametrize(
    ("percentile", "size", "short"),
    [
        (97.0, 240, "100명 중 3명쯤"),
        (99.7, 240, "1,000명 중 3명쯤"),
        (99.7, 20, "100명 중 한 명 있을까 말까"),  # 190 pairs can't show 3 of 1,000
        (99.99, 240, "1,000명 중 한 명 있을까 말까"),
        (2.3, 240, "100명 중 98명쯤"),
    ],
)
def test_a_number_stands_for_no_less_than_one_pair_of_the_gallery(percentile: float, size: int, short: str) -> None:
    assert rarity_of(percentile, size, "ko").short == short


def test_the_words_keep_to_the_content_policy() -> None:
    texts = [text for locale in LOCALES for text in load("lookalike", locale, dict[str, str]).values()]
    assert [text for text in texts if violations(text)] == []
