"""The twelve palaces (十二宮): places on the face that stand for the fields of a life."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gwansang.reading.model import Palace
from gwansang.reading.texts import places_text
from gwansang.reading.zones import zone_level
from gwansang.texts import Locale


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a palace lies and which measures speak for it, with their weights; without measures it is named only."""

    id: str
    hanja: str
    status: Literal["measured", "partly", "not_measured"]
    weights: Mapping[str, float]
    vertices: tuple[int, ...]


_PLACES = (
    _Place("life", "命宮", "measured", {"BG": 1.0}, (9, 8, 55, 285, 107, 336)),
    _Place("wealth", "財帛宮", "measured", {"NL": 0.5, "NA": 0.5}, (168, 4, 2, 129, 358)),
    _Place("siblings", "兄弟宮", "measured", {"BO": 1.0}, (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)),
    _Place("home", "田宅宮", "measured", {"BE": 1.0}, (52, 159, 223, 225, 282, 386, 443, 445)),
    _Place("children", "子女宮", "not_measured", {}, (230, 23, 110, 450, 253, 339)),
    _Place("people", "奴僕宮", "measured", {"CW": 0.6, "CL": 0.4}, (149, 152, 378, 199)),
    _Place("partner", "夫婦宮", "partly", {"ET": 1.0}, (33, 130, 226, 143, 263, 359, 446, 372)),
    _Place("vitality", "疾厄宮", "partly", {"NR": 1.0}, (168, 6, 197)),
    _Place("journeys", "遷移宮", "measured", {"FW": 1.0}, (54, 103, 21, 284, 332, 251)),
    _Place("career", "官祿宮", "partly", {"FH": 0.6, "FW": 0.4}, (10, 151, 9)),
    _Place("blessing", "福德宮", "measured", {"FW": 0.7, "JW": -0.7}, (54, 284, 172, 397)),
    _Place("parents", "父母宮", "not_measured", {}, (108, 337, 69, 299)),
)


def describe_palaces(z: Mapping[str, float], locale: Locale) -> tuple[Palace, ...]:
    """All twelve; a palace that the mesh can't show says so and has no standard score."""
    return tuple(_palace(place, z, locale) for place in _PLACES)


def _palace(place: _Place, z: Mapping[str, float], locale: Locale) -> Palace:
    words = places_text(locale)
    if place.status == "not_measured":
        bare = words["unmeasured"][place.id]
        name, where, own, meaning = bare["name"], bare["place"], None, bare["only"]
    else:
        text = words["palaces"][place.id]
        own = sum(z[key] * weight for key, weight in place.weights.items())
        name, where, meaning = text["name"], text["place"], text[zone_level(own)]
    return Palace(place.id, name, place.hanja, where, place.status, own, meaning, place.vertices)
