"""The twelve palaces (十二宮): areas of the face that stand for areas of life."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from gwansang.reading.decided_face import DecidedFace
from gwansang.reading.model import Palace
from gwansang.reading.scores import Scales, place_sums
from gwansang.reading.texts import places_text
from gwansang.reading.variants import choose_text
from gwansang.reading.zones import zone_level
from gwansang.texts import Locale


@dataclass(frozen=True, slots=True)
class _Palace:
    """Definition of a palace: weights of the measures that show it, none if no measure does, and its vertices."""

    id: str
    hanja: str
    status: Literal["measured", "partly", "not_measured"]
    weights: Mapping[str, float]
    vertices: tuple[int, ...]


PALACES = (
    _Palace("life", "命宮", "measured", {"BG": 1.0}, (9, 8, 55, 285, 107, 336)),
    _Palace("wealth", "財帛宮", "measured", {"NL": 0.5, "NA": 0.5}, (168, 4, 2, 129, 358)),
    _Palace("siblings", "兄弟宮", "measured", {"BO": 1.0}, (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)),
    _Palace("home", "田宅宮", "measured", {"BE": 1.0}, (52, 159, 223, 225, 282, 386, 443, 445)),
    _Palace("children", "子女宮", "not_measured", {}, (230, 23, 110, 450, 253, 339)),
    _Palace("people", "奴僕宮", "measured", {"CW": 0.6, "CL": 0.4}, (149, 152, 378, 199)),
    _Palace("partner", "夫婦宮", "partly", {"ET": 1.0}, (33, 130, 226, 143, 263, 359, 446, 372)),
    _Palace("vitality", "疾厄宮", "partly", {"NR": 1.0}, (168, 6, 197)),
    _Palace("journeys", "遷移宮", "measured", {"FW": 1.0}, (54, 103, 21, 284, 332, 251)),
    _Palace("career", "官祿宮", "partly", {"FH": 0.6, "FW": 0.4}, (10, 151, 9)),
    _Palace("blessing", "福德宮", "measured", {"FW": 0.7, "JW": -0.7}, (54, 284, 172, 397)),
    _Palace("parents", "父母宮", "not_measured", {}, (108, 337, 69, 299)),
)


PALACE_WEIGHTS: Mapping[str, Mapping[str, float]] = {palace.id: palace.weights for palace in PALACES if palace.weights}


def place_palaces(z: Mapping[str, float], scales: Scales) -> dict[str, float]:
    """Return the place of every measured palace among people, in SDs; z: standard scores by measure."""
    return place_sums(PALACE_WEIGHTS, scales["palaces"], z)


def describe_palaces(
    face: DecidedFace, z: Mapping[str, float], locale: Locale, left_out: Collection[str] = ()
) -> tuple[Palace, ...]:
    """Return all twelve palaces; one that no measure shows, or whose measures are covered, has no standard score.

    z: standard scores by measure; left_out: ids of palaces that are not read for a minor.
    """
    return tuple(
        _describe_unread(palace, z, locale)
        if palace.id in left_out or not palace.weights
        else _describe_covered(palace, locale)
        if not palace.weights.keys().isdisjoint(face.unseen)
        else _describe(palace, face.palaces[palace.id], z, locale)
        for palace in PALACES
    )


def _describe_covered(palace: _Palace, locale: Locale) -> Palace:
    text = places_text(locale)["palaces"][palace.id]
    name, place, meaning = text["name"], text["place"], text["covered"]
    return Palace(palace.id, name, palace.hanja, place, "not_measured", None, meaning, palace.vertices)


def _describe_unread(palace: _Palace, z: Mapping[str, float], locale: Locale) -> Palace:
    text = places_text(locale)["unmeasured"][palace.id]
    meaning = choose_text(palace.id, text["only"], z)
    return Palace(palace.id, text["name"], palace.hanja, text["place"], "not_measured", None, meaning, palace.vertices)


def _describe(palace: _Palace, score: float, z: Mapping[str, float], locale: Locale) -> Palace:
    text = places_text(locale)["palaces"][palace.id]
    name, place, meaning = text["name"], text["place"], choose_text(palace.id, text[zone_level(score)], z)
    return Palace(palace.id, name, palace.hanja, place, palace.status, score, meaning, palace.vertices)
