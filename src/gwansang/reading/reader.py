"""The door of this floor: a mesh in, a reading out."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from gwansang.reading.composer import compose
from gwansang.reading.measurements import measure
from gwansang.reading.model import Capture, Reading
from gwansang.reading.norms import Norms
from gwansang.texts import DEFAULT_LOCALE, Locale


def read(
    frontal: NDArray[np.float64],
    capture: Capture,
    day: date,
    locale: Locale = DEFAULT_LOCALE,
    birth_year: int | None = None,
    norms: Norms | None = None,
) -> Reading:
    """Read a face: (468, 3) mesh turned to the front, x to the subject's left, y up, z to the camera, in any scale.

    Pure and deterministic; against the shipped norms where none are given. Raises UnmeasurableFaceError for points that
    are no face, BirthYearOutOfRangeError.
    """
    return compose(measure(frontal, capture), capture, day, locale, birth_year, norms)
