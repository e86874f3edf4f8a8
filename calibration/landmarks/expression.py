"""Learning of the directions of expressions."""

import numpy as np

from gwansang.vision.face import Points
from gwansang.vision.measuring.expression import Relaxer

IDENTITIES, EXPRESSIONS = 12, 16
NOISE = 10.0  # times the variance left over; between 3 and 30 it matters little


def learn_relaxer(
    neutral: Points,
    pairs: tuple[Points, Points],
    identities: int = IDENTITIES,
    expressions: int = EXPRESSIONS,
    noise: float = NOISE,
) -> Relaxer:
    """Learn from (n, d) neutral shapes and from pairs (neutral, smiling) of the same people, (p, d) each.

    Probabilistic PCA (Tipping & Bishop 1999) with two subspaces: `identities` directions in which people differ and
    `expressions` directions in which two photos of a person differ. Much noise is a strong prior: only what the whole
    shape agrees on counts as expression.
    """
    mean = neutral.mean(axis=0)
    _, strengths, axes = np.linalg.svd(neutral - mean, full_matrices=False)
    variance = strengths**2 / len(neutral)
    left = float(variance[identities:].sum() / max(len(variance) - identities, 1)) * noise
    between = axes[:identities] * np.sqrt(np.maximum(variance[:identities] - left, 1e-9))[:, None]
    moved = pairs[1] - pairs[0]
    _, spreads, ways = np.linalg.svd(moved, full_matrices=False)
    within = ways[:expressions] * (spreads[:expressions] / np.sqrt(len(moved)))[:, None]
    basis = np.vstack([between, within])
    solver = np.linalg.solve(basis @ basis.T + left * np.eye(len(basis)), basis)
    return Relaxer(mean, within, solver[len(between) :])
