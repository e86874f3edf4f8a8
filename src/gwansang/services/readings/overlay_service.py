"""Readings of a photo for drawing on it; nothing is kept or remembered."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gwansang.services.accounts.consent_service import ConsentService
from gwansang.services.accounts.usage_service import UsageService
from gwansang.services.ml.face_analyzer import FaceQuery, QueryLoader
from gwansang.services.readings.analysis_service import AnalysisResult, AnalysisService
from gwansang.vision.copying import PhotoCopy

CopyPhoto = Callable[[bytes], Awaitable[PhotoCopy]]


@dataclass(frozen=True, slots=True, repr=False)
class ReadPhoto:
    """A reading with an upright copy of the photo that its points belong to."""

    result: AnalysisResult
    photo: PhotoCopy


class OverlayService:
    """Reads photos for users who consent to readings, and for guests."""

    def __init__(
        self, analyses: AnalysisService, consents: ConsentService, usage: UsageService, copy_photo: CopyPhoto
    ) -> None:
        self._analyses = analyses
        self._consents = consents
        self._usage = usage
        self._copy_photo = copy_photo

    async def read(self, load_query: QueryLoader, user_id: int | None) -> ReadPhoto:
        """Read the face on an uploaded photo, the best of several; raises ConsentRequiredError, MonthlyLimitError, and
        as `AnalysisService.analyze` does."""
        if user_id is not None:
            await self._consents.require(user_id, "reading")
        photos: list[bytes] = []

        def load_and_hold() -> FaceQuery:
            query = load_query()
            photos.extend((query.image or b"", *query.more_images))
            return query

        async with self._usage.counted(user_id, "face"):
            result = await self._analyses.analyze(load_and_hold)
            best = photos[result.observation.quality.best_photo - 1]
            return ReadPhoto(result, await self._copy_photo(best))
