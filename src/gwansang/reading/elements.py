"""The five elements of a face (五行形), as shares by similarity to five prototypes.

Prototypes after the verse 「木瘦金方水主肥 土形敦厚背如龜 上尖下闊名為火」 of the 麻衣相法.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from gwansang.reading.scores import Scales, default_scales
from gwansang.reading.shapes import MIN_KEEP_PROBABILITY

ELEMENTS = ("wood", "fire", "earth", "metal", "water")  # each generates the next and controls the one after
ELEMENT_SHARPNESS = 1.2
ELEMENT_PROTOTYPES: Mapping[str, Mapping[str, float]] = {
    "wood": {"FL": 1.1, "JW": -0.6, "CW": -0.4},
    "fire": {"FW": -1.0, "JW": 0.7},
    "earth": {"FL": -0.5, "JW": 0.6, "CW": 0.7, "CL": 0.4, "NA": 0.5},
    "metal": {"JA": -1.0, "FW": 0.6, "JW": 0.3},
    "water": {"FL": -0.8, "JA": 1.0, "CW": 0.5, "LF": 0.3},
}
ELEMENT_LABEL = "element"  # key of the element among the shape labels of a reading
MIN_SECONDARY_SHARE = 0.25  # from which a second element makes a mixed type (兼形)


@dataclass(frozen=True, slots=True)
class Elements:
    """Elements of a face; shares sum to 1, clarity is 0 for equal shares and 1 for a single element."""

    primary: str
    secondary: str | None
    shares: Mapping[str, float]
    clarity: float


def prototype_similarities(z: Mapping[str, float]) -> dict[str, float]:
    """Return the projection of the standard scores on the unit vector of each prototype."""
    return {
        name: sum(z[key] * weight for key, weight in prototype.items()) / math.hypot(*prototype.values())
        for name, prototype in ELEMENT_PROTOTYPES.items()
    }


def classify_elements(z: Mapping[str, float], previous: str | None = None, scales: Scales | None = None) -> Elements:
    """Return the elements of a face: a softmax of its standardised similarities to the prototypes.

    z: standard scores by measure; previous: the element of an earlier reading, which stays primary while its share is
    large enough; scales: of the norms that gave the standard scores, else the shipped ones. clarity is 1 minus the
    entropy of the shares over its maximum.
    """
    scales = scales or default_scales()
    moments, offsets = scales["elements"], scales["element_offsets"]
    weights = {
        name: math.exp(ELEMENT_SHARPNESS * ((value - moments[name]["mean"]) / moments[name]["sd"] + offsets[name]))
        for name, value in prototype_similarities(z).items()
    }
    total = sum(weights.values())
    shares = {name: weights[name] / total for name in ELEMENTS}
    kept = previous if previous is not None and shares.get(previous, 0.0) >= MIN_KEEP_PROBABILITY else None
    primary, second = sorted(ELEMENTS, key=lambda name: (name == kept, shares[name]), reverse=True)[:2]
    entropy = -sum(share * math.log(share) for share in shares.values() if share > 0)
    clarity = max(0.0, min(1.0, 1.0 - entropy / math.log(len(ELEMENTS))))
    return Elements(primary, second if shares[second] >= MIN_SECONDARY_SHARE else None, shares, clarity)
