"""Look-alikes as the wire shows them."""

import math

from gwansang.api.v1.cards.match_card import Resembled, match_card
from gwansang.schemas.celebrity import LookalikeOut, MatchOut, PersonOut, RegionMatchOut, RegionSimilarities
from gwansang.services.lookalike.gallery import Match, Person, RegionMatch
from gwansang.services.lookalike.match_service import MatchResult
from gwansang.texts import Locale, load


def present_matches(result: MatchResult, *, with_card: bool) -> LookalikeOut:
    """The answer in its language."""
    found, locale = result.matches, result.locale
    texts = _texts(locale)
    return LookalikeOut(
        gallery_version=found.gallery_version,
        gallery_size=found.gallery_size,
        matches=[_match(rank, one, locale) for rank, one in enumerate(found.matches, start=1)],
        regions={region: _region(one, locale) for region, one in found.regions.items()},
        notice=None if found.gallery_size else texts["empty"],
        card=_card(result) if with_card else None,
        disclaimer=texts["disclaimer"],
        locale=locale,
    )


def _card(result: MatchResult) -> str:
    found, locale = result.matches, result.locale
    return match_card(
        [Resembled(_person(one.person, locale).name, math.floor(one.percentile)) for one in found.matches],
        {region: Resembled(_person(one.person, locale).name, one.similarity) for region, one in found.regions.items()},
        str(found.gallery_version),
        locale,
    )


def _match(rank: int, one: Match, locale: Locale) -> MatchOut:
    return MatchOut(
        **_person(one.person, locale).model_dump(),
        rank=rank,
        percentile=math.floor(one.percentile * 10) / 10,  # nobody is told to be like all or more than all
        similarity=RegionSimilarities.model_validate(dict(one.similarity)),
    )


def _region(one: RegionMatch, locale: Locale) -> RegionMatchOut:
    return RegionMatchOut(**_person(one.person, locale).model_dump(), similarity=one.similarity)


def _person(person: Person, locale: Locale) -> PersonOut:
    name = _texts(locale)["person"].format(name_ko=person.name_ko, name_en=person.name_en)
    return PersonOut(id=person.id, name=name, name_ko=person.name_ko, name_en=person.name_en, category=person.category)


def _texts(locale: Locale) -> dict[str, str]:
    return load("lookalike", locale, dict[str, str])
