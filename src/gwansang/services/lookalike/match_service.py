"""Look-alikes of a caller in the gallery: computed only with their consent, and never stored."""

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from gwansang.core.clock import Clock
from gwansang.services.accounts.consent_service import ConsentService
from gwansang.services.accounts.usage_service import UsageService
from gwansang.services.lookalike.gallery import Matches
from gwansang.services.lookalike.gallery_search import GallerySearch
from gwansang.services.ml.embedding_service import EmbeddingService, FaceFeatures
from gwansang.services.ml.face_analyzer import FaceQuery, QueryLoader
from gwansang.services.protection.age import check_birth_year
from gwansang.texts import Locale
from gwansang.vision.quality import cover_warnings

_log = structlog.get_logger("gwansang.match")
DEFAULT_K: Final = 5
MAX_K: Final = 20


@dataclass(frozen=True, slots=True)
class MatchResult:
    """The matches, and the language for presenting them; is_covered: part of the face is, so they are less certain."""

    matches: Matches
    locale: Locale
    is_covered: bool = False


class MatchService:
    """Comparison of callers' faces with the gallery; neither photo nor embedding nor result is stored."""

    def __init__(
        self,
        embeddings: EmbeddingService,
        search: GallerySearch,
        consents: ConsentService,
        usage: UsageService,
        *,
        clock: Clock,
        timezone: ZoneInfo,
    ) -> None:
        self._embeddings = embeddings
        self._search = search
        self._consents = consents
        self._usage = usage
        self._clock = clock
        self._timezone = timezone

    async def match(self, load_query: QueryLoader, user_id: int, k: int = DEFAULT_K) -> MatchResult:
        """Return the k people of the gallery whom the face resembles most.

        Checks the consent to `lookalike` before anything else: raises ConsentRequiredError; then MonthlyLimitError,
        BirthYearError, TooYoungError, PhotoRequiredError, and if the query, a photo or the face is unusable.
        """
        await self._consents.require(user_id, "lookalike")
        gallery = await self._search.current()
        today = self._clock().astimezone(self._timezone).date()

        def load_and_check() -> FaceQuery:
            query = load_query()
            check_birth_year(query.birth_year, today)
            return query

        def match(face: FaceFeatures, query: FaceQuery) -> MatchResult:
            return MatchResult(gallery.match(face, k), query.locale, is_covered=bool(cover_warnings(face.covered)))

        async with self._usage.counted(user_id, "lookalike"):
            result = await self._embeddings.compare(load_and_check, match)
        _log.info("match.completed", gallery_version=gallery.version, people=len(gallery.people), asked_for=k)
        return result
