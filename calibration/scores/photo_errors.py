"""Errors of measures outside the studio, and of the mean of several photos.

The measuring declares the errors of photos like those it learned from. Of a photo of unknown origin (lens, distance,
crop, retouching) less is known: of 25 press photos of nine people of both sexes and several origins 64 % of the
variance lay between people, of LFW's photos 52 %, in the studio 94 % (ICC of one photo). From 94 to 58 % the variance
of the noise rises by about 0.6 squared SDs of the norms.

Photos of one person have a share of their error's variance in common (the model's own mistakes about this face), which
no number of photos averages out. 0.35 lies between two estimates: 0.16 (actual over declared errors of 1.33 for one
photo and 1.7 for the mean of five) and 0.44 (in the studio the common part is 0.35 squared SDs of the hand marks, out
of 0.8 for a photo outside).
"""

import numpy as np

from calibration.scores.sample import Table

UNKNOWN_ORIGIN = 0.77  # SDs of the norms
SHARED_VARIANCE = 0.35


def add_unknown_origin(sigma: Table) -> Table:
    """Return errors in SDs of the norms of photos whose origin is unknown."""
    errors: Table = np.hypot(sigma, UNKNOWN_ORIGIN)
    return errors


def error_of_mean(error: float, photos: int) -> float:
    """Return the error of the mean of k photos with this error each: e sqrt(s + (1 - s) / k)."""
    return error * float(np.sqrt(SHARED_VARIANCE + (1.0 - SHARED_VARIANCE) / photos))
