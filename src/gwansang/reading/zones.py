"""The three zones of a face (三停) as stages of life: forehead, brows to nose, philtrum to chin.

Their years are those of the ages table (流年): 15-30 on the forehead, 31-50 to the nose, from 51 on below.
"""

from collections.abc import Mapping
from typing import Literal

from gwansang.reading.covers import UNSEEN_SHAPE
from gwansang.reading.decided_face import DecidedFace
from gwansang.reading.model import Zone
from gwansang.reading.texts import places_text
from gwansang.reading.variants import choose_text
from gwansang.texts import Locale

ZoneLevel = Literal["high", "middle", "low"]
_CLEAR = 0.5  # standard score from which a zone or palace counts as larger or smaller than usual
ZoneId = Literal["upper", "middle", "lower"]
ZONE_MEASURES: Mapping[ZoneId, str] = {"upper": "U", "middle": "M", "lower": "L"}
"""Keys of the measures by zone: the logarithm of its share of the height of the face."""
_AGES: Mapping[ZoneId, tuple[int, int | None]] = {"upper": (15, 30), "middle": (31, 50), "lower": (51, None)}


def zone_level(z: float) -> ZoneLevel:
    """Return the level of a zone or a palace by its standard score."""
    if z > _CLEAR:
        return "high"
    return "low" if z < -_CLEAR else "middle"


def describe_zones(face: DecidedFace, z: Mapping[str, float], locale: Locale) -> tuple[Zone, ...]:
    """Return the zones from upper to lower; the upper one is an estimate, because the mesh ends below the hairline.

    z: standard scores by measure. The texts follow the shape of the three zones. A covered zone is estimated as that of
    the middle face.
    """
    texts, zones_type = places_text(locale)["zones"], face.parts["samjeong"].shape_id
    return tuple(
        Zone(
            id=zone,
            name=texts[zone]["name"],
            share=face.zones[zone].share,
            z=z[key],
            years=texts[zone]["years"],
            meaning=texts[zone]["covered"]
            if key in face.unseen
            else choose_text(zone, texts[zone][_told_level(zone, zones_type, z[key])], z),
            estimated=zone == "upper" or key in face.unseen,
            from_age=_AGES[zone][0],
            to_age=_AGES[zone][1],
            level=face.zones[zone].level,
            low=face.zones[zone].low,
            high=face.zones[zone].high,
        )
        for zone, key in ZONE_MEASURES.items()
    )


def _told_level(zone: str, zones_type: str, z: float) -> ZoneLevel:
    """Return the level that the text of a zone follows: even ones are all alike, else only the leading one is high."""
    if zones_type == UNSEEN_SHAPE:
        return zone_level(z)
    if zones_type == zone:
        return "high"
    return "low" if zones_type != "even" and zone_level(z) == "low" else "middle"
