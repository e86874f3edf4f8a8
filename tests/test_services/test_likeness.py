"""Nearest-neighbour searches against brute force, and percentiles of similarities."""

import numpy as np
import pytest

from gwansang.services.lookalike import neighbours
from gwansang.services.lookalike.cohort import Rows, Vectors, cohort_mean, subtract_mean
from gwansang.services.lookalike.likeness import build_likeness_index
from gwansang.services.lookalike.neighbours import ExactSearch, Neighbour
from tests.support.embeddings import make_embeddings


def brute_force(vectors: Vectors, owners: Rows, vector: Vectors, k: int) -> list[int]:
    similar = vectors @ vector
    best = {int(person): float(similar[owners == person].max()) for person in np.unique(owners)}
    return sorted(best, key=lambda person: (-best[person], person))[:k]


def people(found: tuple[Neighbour, ...]) -> list[int]:
    return [neighbour.person for neighbour in found]


def centred_embeddings(people_count: int, photos: int, seed: int = 0) -> tuple[Vectors, Rows]:
    vectors, owners = make_embeddings(people_count, photos, seed=seed)
    return subtract_mean(vectors, vectors.mean(axis=0)), owners


@pytest.mark.parametrize("in_two_steps", [False, True])
@pytest.mark.parametrize(("count", "photos"), [(1, 1), (3, 2), (40, 1), (900, 3)])
def test_the_exact_search_finds_the_same_people_as_brute_force(
    count: int, photos: int, in_two_steps: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "_CHUNK", 2 if in_two_steps else 10**9)
    vectors, owners = centred_embeddings(count, photos)
    queries, _ = centred_embeddings(20, 1, seed=1)
    search = ExactSearch(vectors.copy(), owners)
    for vector in queries:
        for k in (1, 5, 20):
            assert people(search.nearest(vector, k)) == brute_force(vectors, owners, vector, k)


def test_vectors_without_principal_directions_are_found_too() -> None:
    draws = np.random.default_rng(0)
    vectors = draws.normal(size=(70_000, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    owners = np.arange(70_000)
    found = ExactSearch(vectors.copy(), owners).nearest(vectors[7], 3)
    assert people(found) == [int(row) for row in np.argsort(-(vectors @ vectors[7]))[:3]]
    assert found[0].similarity == pytest.approx(1.0, abs=1e-5)


def test_equals_are_ordered_as_in_the_gallery() -> None:
    vectors = np.repeat(centred_embeddings(1, 1)[0], 30, axis=0)
    assert people(ExactSearch(vectors, np.arange(30)).nearest(vectors[0], 4)) == [0, 1, 2, 3]


def test_an_empty_gallery_and_k_zero_give_no_result() -> None:
    vectors, owners = centred_embeddings(4, 1)
    assert ExactSearch(vectors[:0], owners[:0]).nearest(vectors[0], 5) == ()
    assert ExactSearch(vectors.copy(), owners).nearest(vectors[0], 0) == ()
    assert len(ExactSearch(vectors.copy(), owners).nearest(vectors[0], 9)) == 4


def test_percentiles_are_descending_and_relative_to_pairs_of_the_gallery() -> None:
    vectors, owners = make_embeddings(400, 2)
    index = build_likeness_index(vectors.copy(), owners)
    stranger = make_embeddings(1, 1, seed=9)[0][0]
    percentiles = [near.percentile for near in index.nearest(stranger, 400)]
    assert percentiles == sorted(percentiles, reverse=True)
    assert all(0 < percentile < 100 for percentile in percentiles)
    assert percentiles[0] > 95
    assert 35 < float(np.median(percentiles)) < 65
    assert index.nearest(vectors[0], 1)[0].percentile > 99.9  # the same photo


def test_the_mean_of_few_people_is_shrunk_towards_zero() -> None:
    vectors, owners = make_embeddings(3, 1)
    assert np.linalg.norm(cohort_mean(vectors, np.arange(3))) < 0.3 * np.linalg.norm(vectors.mean(axis=0))
    assert not cohort_mean(vectors[:0], np.arange(0)).any()
    single = build_likeness_index(vectors[:1].copy(), owners[:1])
    assert single.nearest(vectors[0], 5)[0].percentile == 50.0  # there is no pair to compare with
    assert build_likeness_index(vectors[:0].copy(), owners[:0]).nearest(vectors[0], 5) == ()


def test_a_person_with_many_photos_weighs_no_more_than_another() -> None:
    vectors, _ = make_embeddings(2, 1)
    repeated = np.concatenate([np.repeat(vectors[:1], 50, axis=0), vectors[1:]])
    mean = cohort_mean(repeated, np.array([0, 50]))
    assert np.allclose(mean, cohort_mean(vectors, np.array([0, 1])), atol=1e-6)
