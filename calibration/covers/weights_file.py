"""Reading and writing of the weights that `gwansang.vision.covers` loads."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.covers.judging import LIMITS
from gwansang.vision.covers import REGIONS, load_covers


def save(weights: dict[str, NDArray[np.float32]], path: Path) -> None:
    """Write weights as float16, and the limits of the regions."""
    arrays: dict[str, NDArray[Any]] = {name: array.astype(np.float16) for name, array in weights.items()}
    arrays["limits"] = np.array([LIMITS[region] for region in REGIONS], dtype=np.float32)
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def load(path: Path) -> dict[str, NDArray[np.float32]]:
    """Return the weights of a file."""
    return load_covers(path).weights
