"""The three zones of a face (三停) as stages of life: forehead, brows to nose, philtrum to chin.

Their years are those of the ages table (流年): 15-30 on the forehead, 31-50 to the nose, from 51 on below.
"""

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Literal

from gwansang.reading.covers import UNSEEN_SHAPE
from gwansang.reading.model import Zone
from gwansang.reading.norms import Norms, StandardScores
from gwansang.reading.texts import places_text
from gwansang.reading.variants import choose_text
from gwansang.texts import Locale

ZoneLevel = Literal["high", "middle", "low"]
_CLEAR = 0.5  # standard score from which a zone or palace counts as larger or smaller than usual
_NORMAL = NormalDist()
_ZONES: tuple[tuple[Literal["upper", "middle", "lower"], str, int, int | None], ...] = (
    ("upper", "U", 15, 30),
    ("middle", "M", 31, 50),
    ("lower", "L", 51, None),
)


def zone_level(z: float) -> ZoneLevel:
    """Return the level of a zone or a palace by its standard score."""
    if z > _CLEAR:
        return "high"
    return "low" if z < -_CLEAR else "middle"


def describe_zones(
    values: Mapping[str, float], standard: StandardScores, norms: Norms, zones_type: str, locale: Locale
) -> tuple[Zone, ...]:
    """Return the zones from upper to lower; the upper one is an estimate, because the mesh ends below the hairline.

    values: logarithms of the shares, by measure; standard: their standard scores in the norms; zones_type: the shape of
    the three zones, which the texts follow. A covered zone is estimated as that of the middle face.
    """
    texts, z, sigma, unseen = places_text(locale)["zones"], standard.z, standard.sigma, standard.unseen
    return tuple(
        Zone(
            id=zone,
            name=texts[zone]["name"],
            share=math.exp(norms.measures[key].median if key in unseen else values[key]),
            z=z[key],
            years=texts[zone]["years"],
            meaning=texts[zone]["covered"]
            if key in unseen
            else choose_text(zone, texts[zone][_told_level(zone, zones_type, z[key])], z),
            estimated=zone == "upper" or key in unseen,
            from_age=from_age,
            to_age=to_age,
            level=_percentile(z[key]),
            low=_percentile(z[key] - sigma[key]),
            high=_percentile(z[key] + sigma[key]),
        )
        for zone, key, from_age, to_age in _ZONES
    )


def _told_level(zone: str, zones_type: str, z: float) -> ZoneLevel:
    """Return the level that the text of a zone follows: even ones are all alike, else only the leading one is high."""
    if zones_type == UNSEEN_SHAPE:
        return zone_level(z)
    if zones_type == zone:
        return "high"
    return "low" if zones_type != "even" and zone_level(z) == "low" else "middle"


def _percentile(z: float) -> int:
    return max(1, min(99, round(100 * _NORMAL.cdf(z))))
