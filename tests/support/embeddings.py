"""Synthetic embeddings, spread as unevenly as those of real people."""

import numpy as np

from gwansang.services.lookalike.cohort import Rows, Vectors

DIMENSIONS = 128


def make_embeddings(people: int, photos: int = 1, *, seed: int = 0, unrest: float = 0.35) -> tuple[Vectors, Rows]:
    """Return (people * photos, 128) vectors of length 1, grouped by person, and the person of each.

    All share a direction, and their differences have about 28 significant directions, as in real photos; unrest: how
    much photos of one person differ, as a share of how much people do.
    """
    draws = np.random.default_rng(seed)
    spread = np.exp(-np.arange(DIMENSIONS) / 28) / 5
    common = np.random.default_rng(2026).normal(size=DIMENSIONS) / 11
    persons = draws.normal(size=(people, DIMENSIONS)) * spread
    each = np.repeat(persons, photos, axis=0)
    each += unrest * draws.normal(size=each.shape) * spread
    each += common
    vectors: Vectors = (each / np.linalg.norm(each, axis=1, keepdims=True)).astype(np.float32)
    return vectors, np.repeat(np.arange(people), photos)
