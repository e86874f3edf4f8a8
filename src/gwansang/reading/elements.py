"""The five elements of a face (五行形), as shares by weighted sums of its measures.

The weights (knowledge/scores.json) start at prototypes after the verse
「木瘦金方水主肥 土形敦厚背如龜 上尖下闊名為火」 (麻衣相法); calibration takes out differences of sexes and origins.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from gwansang.reading.scores import Scales, default_scales, lead_shares, place_sums, shipped_weights
from gwansang.reading.shapes import MIN_KEEP_PROBABILITY

ELEMENTS = ("wood", "fire", "earth", "metal", "water")  # each generates the next and controls the one after
ELEMENT_SHARPNESS = 1.2
ELEMENT_LABEL = "element"  # key of the element among the shape labels of a reading
MIN_SECONDARY_SHARE = 0.25  # from which a second element makes a mixed type (兼形)


@dataclass(frozen=True, slots=True)
class Elements:
    """Elements of a face; shares sum to 1, clarity is 0 for equal shares and 1 for a single element."""

    primary: str
    secondary: str | None
    shares: Mapping[str, float]
    clarity: float


def classify_elements(z: Mapping[str, float], previous: str | None = None, scales: Scales | None = None) -> Elements:
    """Return the elements of a face: a softmax of their places among people.

    z: standard scores by measure; previous: the element of an earlier reading, which stays primary while its share is
    large enough; scales: of the norms that gave the standard scores, else the shipped ones. clarity is 1 minus the
    entropy of the shares over its maximum.
    """
    scales = scales or default_scales()
    places = place_sums(shipped_weights().elements, scales["elements"], z)
    shares = lead_shares({name: places[name] + scales["element_offsets"][name] for name in ELEMENTS}, ELEMENT_SHARPNESS)
    kept = previous if previous is not None and shares.get(previous, 0.0) >= MIN_KEEP_PROBABILITY else None
    primary, second = sorted(ELEMENTS, key=lambda name: (name == kept, shares[name]), reverse=True)[:2]
    entropy = -sum(share * math.log(share) for share in shares.values() if share > 0)
    clarity = max(0.0, min(1.0, 1.0 - entropy / math.log(len(ELEMENTS))))
    return Elements(primary, second if shares[second] >= MIN_SECONDARY_SHARE else None, shares, clarity)
