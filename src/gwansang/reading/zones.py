"""The three zones of a face (三停) as stations of life: forehead, brows to nose, philtrum to chin."""

import math
from collections.abc import Mapping
from typing import Literal

from gwansang.reading.model import Locale, Zone
from gwansang.reading.texts import places_text

Level = Literal["high", "middle", "low"]
_CLEAR = 0.5  # standard scores from which a place counts as larger or smaller than usual
_ZONES: tuple[tuple[Literal["upper", "middle", "lower"], str], ...] = (("upper", "U"), ("middle", "M"), ("lower", "L"))


def level(z: float) -> Level:
    if z > _CLEAR:
        return "high"
    return "low" if z < -_CLEAR else "middle"


def zones(values: Mapping[str, float], z: Mapping[str, float], locale: Locale) -> tuple[Zone, ...]:
    """The zones from upper to lower; the upper is an estimate, because the mesh ends below the hairline."""
    words = places_text(locale)["zones"]
    return tuple(
        Zone(
            id=zone,
            name=words[zone]["name"],
            share=math.exp(values[key]),
            z=z[key],
            years=words[zone]["years"],
            meaning=words[zone][level(z[key])],
            estimated=zone == "upper",
        )
        for zone, key in _ZONES
    )
