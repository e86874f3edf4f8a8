"""Simulated people in the format of MEASURES.npz."""

import numpy as np
from calibration.scores.sample import KEYS, UNMARKED, Sample, build_sample
from numpy.typing import NDArray

from gwansang.reading.hand_marks import LOWER_TO_MIDDLE
from gwansang.reading.norms import default_norms

MARKED = [key for key in KEYS if key not in (*UNMARKED, "M", "L", "U")] + [LOWER_TO_MIDDLE]
GROUPS = ("white", "white", "white", "black", "east_asian", "west_asian")
TRUTH, ERROR = 0.85, 0.5  # r of measured values with hand marks; declared errors in SDs
Arrays = dict[str, NDArray[np.generic]]


def _scale(keys: list[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    norms = {key: (norm.median, norm.sd) for key, norm in default_norms().measures.items()}
    norms[LOWER_TO_MIDDLE] = (0.0, 0.07)
    middle, spread = np.array([norms[key] for key in keys]).T
    return middle, spread


def simulate_measures(people: int, seed: int = 0, sex_difference: float = 0.5) -> Arrays:
    """Return rows of neutral and smiling photos and one retake; sex_difference: in SDs of every second measure."""
    random = np.random.default_rng(seed)
    women = np.arange(people) % 2 == 0
    count = len(MARKED) + len(UNMARKED)
    true = random.normal(size=(people, count))
    true[women] += sex_difference * (np.arange(count) % 2)
    own = random.normal(size=true.shape)

    def photo(share: float) -> NDArray[np.float64]:
        """Return measured standard scores whose noise is to this share that of all photos of the person."""
        noise = np.sqrt(share) * own + np.sqrt(1 - share) * random.normal(size=true.shape)
        return np.asarray(TRUTH * true + np.sqrt(1 - TRUTH**2) * noise)

    measured = np.concatenate([photo(0.8), photo(0.7), photo(0.9)])
    middle, spread = _scale([*MARKED, *UNMARKED])
    values, hand = middle + spread * measured, middle + spread * np.tile(true, (3, 1))
    marked = len(MARKED)
    return {
        "person": np.tile([f"{index:03}" for index in range(people)], 3),
        "photo": np.repeat(["neutral", "smiling", "near40"], people),
        "sex": np.tile(np.where(women, "female", "male"), 3),
        "group": np.tile([GROUPS[index // 2 % len(GROUPS)] for index in range(people)], 3),
        "studio": np.full(3 * people, "studio"),
        "keys": np.array(MARKED),
        "extra_keys": np.array(UNMARKED),
        "measured": values[:, :marked],
        "error": np.broadcast_to(ERROR * spread[:marked], (3 * people, marked)),
        "hand": hand[:, :marked],
        "extras": values[:, marked:],
        "mesh": values[:, :marked],
        "mesh_extras": values[:, marked:],
    }


def simulate_sample(people: int, seed: int = 0, sex_difference: float = 0.5) -> Sample:
    return build_sample(simulate_measures(people, seed, sex_difference))
