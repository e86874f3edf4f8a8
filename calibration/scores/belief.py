"""How true the measures are, for the belief of the reading: `gwansang.reading.belief`."""

import numpy as np

from calibration.scores.norms import balanced_norms
from calibration.scores.sample import KEYS, UNMARKED, Sample
from gwansang.reading.agreement import correlations
from gwansang.reading.belief import Validity

SHARPNESS = 0.83
"""Factor of the SDs of beliefs: marginal variances overstate what joint rules need. Least Brier score (1950) by person;
0.7 costs calibration on smiles, 1.0 decides one part less."""
_LEAST_ICC = 0.1
_SHRINK = 0.03  # of the correlations towards their median


def fit_truth(sample: Sample) -> Validity:
    """Return how true each measure is; of an unmarked one r is the root of its correlation between two photos."""
    with np.errstate(invalid="ignore"):
        marked = correlations(sample.measured, sample.hand)
    repeated = correlations(sample.measured[sample.twice], sample.smiling[sample.twice])
    r = np.where([key in UNMARKED for key in KEYS], np.sqrt(np.maximum(repeated, _LEAST_ICC)), marked)
    r = (1 - _SHRINK) * r + _SHRINK * np.median(r)
    sds = balanced_norms(sample.measured, sample.women)[1]
    return Validity(r, np.median(sample.measured_error, axis=0) / sds, SHARPNESS)


def truth_rows(truth: Validity) -> dict[str, dict[str, float]]:
    """Return the rows of truth.json by key of the measure."""
    return {
        key: {"r": round(float(r), 3), "sigma": round(float(sigma), 3)}
        for key, r, sigma in zip(KEYS, truth.r, truth.sigma, strict=True)
    }
