"""The three zones of a face (三停) as stations of life: forehead, brows to nose, philtrum to chin.

Their years are those of the ages table (流年): 15-30 on the forehead, 31-50 to the nose, from 51 on below.
"""

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Literal

from gwansang.reading.model import Zone
from gwansang.reading.texts import places_text
from gwansang.texts import Locale

ZoneLevel = Literal["high", "middle", "low"]
_CLEAR = 0.5  # standard scores from which a place counts as larger or smaller than usual
_NORMAL = NormalDist()
_ZONES: tuple[tuple[Literal["upper", "middle", "lower"], str, int, int | None], ...] = (
    ("upper", "U", 15, 30),
    ("middle", "M", 31, 50),
    ("lower", "L", 51, None),
)


def zone_level(z: float) -> ZoneLevel:
    if z > _CLEAR:
        return "high"
    return "low" if z < -_CLEAR else "middle"


def describe_zones(
    values: Mapping[str, float], z: Mapping[str, float], sigma: Mapping[str, float], locale: Locale
) -> tuple[Zone, ...]:
    """The zones from upper to lower; the upper is an estimate, because the mesh ends below the hairline.

    `sigma` is the error of `z`, in standard scores.
    """
    words = places_text(locale)["zones"]
    return tuple(
        Zone(
            id=zone,
            name=words[zone]["name"],
            share=math.exp(values[key]),
            z=z[key],
            years=words[zone]["years"],
            meaning=words[zone][zone_level(z[key])],
            estimated=zone == "upper",
            from_age=first,
            to_age=last,
            level=_level(z[key]),
            low=_level(z[key] - sigma[key]),
            high=_level(z[key] + sigma[key]),
        )
        for zone, key, first, last in _ZONES
    )


def _level(z: float) -> int:
    return max(1, min(99, round(100 * _NORMAL.cdf(z))))
