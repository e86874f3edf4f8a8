"""Analyses for someone: made with their consent, and kept where they agree to that."""

from collections.abc import Callable

from gwansang.services.analysis_service import AnalysisResult, AnalysisService
from gwansang.services.consent_service import ConsentService
from gwansang.services.history_service import HistoryService, KeptAnalysis, measures_of
from gwansang.services.ml.face_analyzer import FaceQuery


class CallerAnalyses:
    """Readings for users and for guests; of a guest nothing is kept."""

    def __init__(self, analyses: AnalysisService, consents: ConsentService, history: HistoryService) -> None:
        self._analyses = analyses
        self._consents = consents
        self._history = history

    async def analyze(self, ask: Callable[[], FaceQuery], user_id: int | None) -> AnalysisResult:
        """Reads the face that `ask` gives for a user, or for a guest (None); raises ConsentRequiredError."""
        if user_id is None:
            return await self._analyses.analyze(ask)
        await self._consents.require(user_id, "reading")
        result = await self._analyses.analyze(ask)
        await self._history.keep(user_id, _kept(result))
        return result


def _kept(result: AnalysisResult) -> KeptAnalysis:
    return KeptAnalysis(
        analysis_id=result.analysis_id,
        created_at=result.created_at,
        birth_year=result.birth_year,
        reading=result.reading,
        measures=measures_of(result.reading),
        pose=result.face.pose,
        quality=result.face.quality,
    )
