"""API models and cards of look-alikes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from gwansang.api.v1.cards.match_card import Lookalike, match_card
from gwansang.api.v1.presenters import fields_of
from gwansang.schemas.celebrity import LookalikeOut
from gwansang.services.lookalike.gallery import GalleryPerson, Match, RegionMatch
from gwansang.services.lookalike.match_service import MatchResult
from gwansang.texts import Locale, load

MANY_PEOPLE: Final = 20  # of a gallery; among fewer nobody can say how rare a likeness is


@dataclass(frozen=True, slots=True)
class Rarity:
    """The rarity of a likeness among the people of a gallery: a sentence, and a few words, which may be empty."""

    sentence: str
    short: str


def rarity_of(percentile: float, gallery_size: int, locale: Locale) -> Rarity:
    """Return the words for a percentile among the pairs of people in a gallery.

    The percentile is the share of pairs that are less alike, so of 100 others of a person of the gallery, on average
    100 minus the percentile are as much alike. A small gallery gets no number, and no number stands for less than one
    pair of the gallery.
    """
    share, pairs = 100.0 - percentile, gallery_size * (gallery_size - 1) / 2
    kind: Literal["of_100", "of_1000", "rarer", "small"]
    if gallery_size < MANY_PEOPLE:
        kind, number = "small", gallery_size
    elif share >= 1.0:
        kind, number = "of_100", round(share)
    elif share >= 0.1 and share * pairs >= 100.0:
        kind, number = "of_1000", round(10.0 * share)
    else:
        kind, number = "rarer", 1000 if pairs >= 1000 else 100
    texts = _texts(locale)
    return Rarity(texts[kind].format(number=f"{number:,}"), texts[f"short_{kind}"].format(number=f"{number:,}"))


def present_matches(result: MatchResult, *, with_card: bool) -> LookalikeOut:
    """Return the answer in the language of the request."""
    matches, locale = result.matches, result.locale
    texts = _texts(locale)
    return LookalikeOut.model_validate(
        {
            **fields_of(matches),
            "matches": [
                _match(rank, match, matches.gallery_size, locale) for rank, match in enumerate(matches.matches, start=1)
            ],
            "regions": {region: _region(match, locale) for region, match in matches.regions.items()},
            "notice": _notice(result, texts),
            "card": _card(result) if with_card and matches.matches else None,
            "disclaimer": texts["disclaimer"],
            "locale": locale,
        }
    )


def _notice(result: MatchResult, texts: Mapping[str, str]) -> str | None:
    if not result.matches.gallery_size:
        return texts["empty"]
    return texts["covered"] if result.is_covered else None


def _card(result: MatchResult) -> str:
    matches, locale = result.matches, result.locale
    rarities = [rarity_of(match.percentile, matches.gallery_size, locale) for match in matches.matches]
    return match_card(
        [
            Lookalike(_name(match.person, locale), math.floor(match.percentile), rarity.short)
            for match, rarity in zip(matches.matches, rarities, strict=True)
        ],
        {region: Lookalike(_name(match.person, locale), match.similarity) for region, match in matches.regions.items()},
        rarities[0].sentence,
        str(matches.gallery_version),
        locale,
    )


def _match(rank: int, match: Match, gallery_size: int, locale: Locale) -> dict[str, object]:
    return {
        **_person(match.person, locale),
        "rank": rank,
        "percentile": math.floor(match.percentile * 10) / 10,  # rounded down, so that it never reaches 100
        "words": rarity_of(match.percentile, gallery_size, locale).sentence,
        "similarity": match.similarity,
    }


def _region(match: RegionMatch, locale: Locale) -> dict[str, object]:
    return {**_person(match.person, locale), "similarity": match.similarity}


def _person(person: GalleryPerson, locale: Locale) -> dict[str, object]:
    return {**fields_of(person), "name": _name(person, locale)}


def _name(person: GalleryPerson, locale: Locale) -> str:
    return _texts(locale)["person"].format(name_ko=person.name_ko, name_en=person.name_en)


def _texts(locale: Locale) -> dict[str, str]:
    return load("lookalike", locale, dict[str, str])
