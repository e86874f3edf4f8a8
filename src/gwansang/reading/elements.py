"""The five elements of a face (五行形): its likeness to five prototypes, as shares.

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
ELEMENT_LABEL = "element"  # its key among the parts of what was told before
MIN_SECONDARY_SHARE = 0.25  # a second element with at least this share gives a mixed type (兼形)


@dataclass(frozen=True, slots=True)
class Elements:
    """`shares` sum to 1; `clarity` is 0 when all are equal and 1 when there is only one."""

    primary: str
    secondary: str | None
    shares: Mapping[str, float]
    clarity: float


def prototype_similarities(z: Mapping[str, float]) -> dict[str, float]:
    """The projection of the face on each prototype, before it is placed among other faces."""
    return {
        name: sum(z[key] * weight for key, weight in prototype.items()) / math.hypot(*prototype.values())
        for name, prototype in ELEMENT_PROTOTYPES.items()
    }


def classify_elements(z: Mapping[str, float], before: str | None = None, scales: Scales | None = None) -> Elements:
    """The element shares of a face from its standard scores, on the scales of their norms (else the shipped ones).

    The element told `before` leads while it is likely enough.
    """
    scales = scales or default_scales()
    centres, offsets = scales["elements"], scales["element_offsets"]
    raw = {
        name: math.exp(ELEMENT_SHARPNESS * ((value - centres[name]["mean"]) / centres[name]["sd"] + offsets[name]))
        for name, value in prototype_similarities(z).items()
    }
    total = sum(raw.values())
    shares = {name: raw[name] / total for name in ELEMENTS}
    stays = before if before is not None and shares.get(before, 0.0) >= MIN_KEEP_PROBABILITY else None
    first, second = sorted(ELEMENTS, key=lambda name: (name == stays, shares[name]), reverse=True)[:2]
    spread = -sum(share * math.log(share) for share in shares.values() if share > 0)
    clarity = max(0.0, min(1.0, 1.0 - spread / math.log(len(ELEMENTS))))
    return Elements(first, second if shares[second] >= MIN_SECONDARY_SHARE else None, shares, clarity)
