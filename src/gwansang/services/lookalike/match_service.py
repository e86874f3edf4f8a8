"""Whom a caller resembles: asked only with their consent, and forgotten with the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from gwansang.core.clock import Clock
from gwansang.services.accounts.consent_service import ConsentService
from gwansang.services.lookalike.gallery import Matches
from gwansang.services.lookalike.gallery_search import GallerySearch
from gwansang.services.ml.embedding_service import EmbeddingService, Likeable
from gwansang.services.ml.face_analyzer import FaceQuery
from gwansang.services.protection.age import check_birth_year
from gwansang.texts import Locale

_log = structlog.get_logger("gwansang.match")
DEFAULT_K: Final = 5
MAX_K: Final = 20


@dataclass(frozen=True, slots=True)
class MatchResult:
    """The answer and the language it is to be told in."""

    matches: Matches
    locale: Locale


class MatchService:
    """Compares a caller's face with the gallery. Neither photo nor embedding nor answer is kept."""

    def __init__(
        self,
        embeddings: EmbeddingService,
        search: GallerySearch,
        consents: ConsentService,
        *,
        clock: Clock,
        timezone: ZoneInfo,
    ) -> None:
        self._embeddings = embeddings
        self._search = search
        self._consents = consents
        self._clock = clock
        self._timezone = timezone

    async def match(self, ask: Callable[[], FaceQuery], user_id: int, k: int = DEFAULT_K) -> MatchResult:
        """The k people of the gallery whom the face resembles most. Before anything else the consent to `lookalike` is
        looked for: raises ConsentRequiredError; then BirthYearError, TooYoungError, PhotoRequiredError, and what is
        wrong with the query, the photos or the face."""
        await self._consents.require(user_id, "lookalike")
        gallery = await self._search.current()
        today = self._clock().astimezone(self._timezone).date()

        def checked() -> FaceQuery:
            query = ask()
            check_birth_year(query.birth_year, today)
            return query

        def told(face: Likeable, query: FaceQuery) -> MatchResult:
            return MatchResult(gallery.match(face, k), query.locale)

        result = await self._embeddings.compare(checked, told)
        _log.info("match.done", gallery_version=gallery.version, people=len(gallery.people), asked_for=k)
        return result
