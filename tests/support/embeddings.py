"""Embeddings of people who don't exist, spread as unevenly as real ones are."""

import numpy as np

from gwansang.services.lookalike.cohort import Rows, Vectors

DIMENSIONS = 128


def crowd(people: int, photos: int = 1, *, seed: int = 0, unrest: float = 0.35) -> tuple[Vectors, Rows]:
    """(people * photos, 128) vectors of length 1 and the person of each, those of a person together.

    All share a direction, and what tells them apart has about 28 directions that matter, as in real photos; `unrest` is
    how far photos of one person differ, in shares of how far people do.
    """
    draws = np.random.default_rng(seed)
    spread = np.exp(-np.arange(DIMENSIONS) / 28) / 5
    everyone = np.random.default_rng(2026).normal(size=DIMENSIONS) / 11
    persons = draws.normal(size=(people, DIMENSIONS)) * spread
    each = np.repeat(persons, photos, axis=0)
    each += unrest * draws.normal(size=each.shape) * spread
    each += everyone
    vectors: Vectors = (each / np.linalg.norm(each, axis=1, keepdims=True)).astype(np.float32)
    return vectors, np.repeat(np.arange(people), photos)
