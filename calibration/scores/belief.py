"""Belief about the true measures of a face, given the measured ones of a photo and their errors.

Measured standard scores t and standard scores h of hand marks are jointly normal with correlation r: h given t is
normal with mean r t and variance 1 - r^2 (regression to the mean, Galton 1886). A photo with a larger declared error
than those of the norms adds independent noise of variance v = max(sigma^2 - sigma0^2, 0) to t: then the slope is
r / (1 + v) and the variance 1 - r^2 / (1 + v).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.scores.norms import balanced_norms
from calibration.scores.sample import KEYS, UNMARKED, Sample, Table
from gwansang.reading.agreement import correlations

SHARPNESS = 0.83
"""Factor of the SDs of beliefs: marginal variances overstate what joint rules need. Least Brier score (1950) by person;
0.7 costs calibration on smiles, 1.0 decides one part less."""
_LEAST_VARIANCE = 0.02
_LEAST_ICC = 0.1
_SHRINK = 0.03  # of the correlations towards their median


@dataclass(frozen=True, slots=True)
class Truth:
    """r: correlation of each measure with hand marks, (31,); sigma: its usual declared error, in SDs of norms."""

    r: NDArray[np.float64]
    sigma: NDArray[np.float64]

    def rows(self) -> dict[str, dict[str, float]]:
        """Return the rows of truth.json by key of the measure."""
        return {
            key: {"r": round(float(r), 3), "sigma": round(float(sigma), 3)}
            for key, r, sigma in zip(KEYS, self.r, self.sigma, strict=True)
        }


def fit_truth(sample: Sample) -> Truth:
    """Return how true each measure is; of an unmarked one r is the root of its correlation between two photos."""
    with np.errstate(invalid="ignore"):
        marked = correlations(sample.measured, sample.hand)
    repeated = correlations(sample.measured[sample.twice], sample.smiling[sample.twice])
    r = np.where([key in UNMARKED for key in KEYS], np.sqrt(np.maximum(repeated, _LEAST_ICC)), marked)
    r = (1 - _SHRINK) * r + _SHRINK * np.median(r)
    sds = balanced_norms(sample.measured, sample.women)[1]
    return Truth(r, np.median(sample.measured_error, axis=0) / sds)


def believe(z: Table, sigma: Table, truth: Truth) -> tuple[Table, Table]:
    """Return mean and SD of the true standard scores, (n, 31) each, given the measured ones and their errors in SDs."""
    noise = np.maximum(sigma**2 - truth.sigma**2, 0.0)
    slope = truth.r / (1.0 + noise)
    return slope * z, SHARPNESS * np.sqrt(np.maximum(1.0 - slope * truth.r, _LEAST_VARIANCE))
