"""API models and cards of look-alikes."""

import math
from collections.abc import Mapping

from gwansang.api.v1.cards.match_card import Lookalike, match_card
from gwansang.api.v1.presenters import fields_of
from gwansang.schemas.celebrity import LookalikeOut
from gwansang.services.lookalike.gallery import GalleryPerson, Match, RegionMatch
from gwansang.services.lookalike.match_service import MatchResult
from gwansang.texts import Locale, load


def present_matches(result: MatchResult, *, with_card: bool) -> LookalikeOut:
    """Return the answer in the language of the request."""
    matches, locale = result.matches, result.locale
    texts = _texts(locale)
    return LookalikeOut.model_validate(
        {
            **fields_of(matches),
            "matches": [_match(rank, match, locale) for rank, match in enumerate(matches.matches, start=1)],
            "regions": {region: _region(match, locale) for region, match in matches.regions.items()},
            "notice": _notice(result, texts),
            "card": _card(result) if with_card else None,
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
    return match_card(
        [Lookalike(_name(match.person, locale), math.floor(match.percentile)) for match in matches.matches],
        {region: Lookalike(_name(match.person, locale), match.similarity) for region, match in matches.regions.items()},
        str(matches.gallery_version),
        locale,
    )


def _match(rank: int, match: Match, locale: Locale) -> dict[str, object]:
    percentile = math.floor(match.percentile * 10) / 10  # rounded down, so that it never reaches 100
    return {**_person(match.person, locale), "rank": rank, "percentile": percentile, "similarity": match.similarity}


def _region(match: RegionMatch, locale: Locale) -> dict[str, object]:
    return {**_person(match.person, locale), "similarity": match.similarity}


def _person(person: GalleryPerson, locale: Locale) -> dict[str, object]:
    return {**fields_of(person), "name": _name(person, locale)}


def _name(person: GalleryPerson, locale: Locale) -> str:
    return _texts(locale)["person"].format(name_ko=person.name_ko, name_en=person.name_en)


def _texts(locale: Locale) -> dict[str, str]:
    return load("lookalike", locale, dict[str, str])
