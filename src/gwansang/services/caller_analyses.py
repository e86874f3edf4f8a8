"""Analyses for someone: made with their consent, and kept where they agree to that."""

from collections.abc import Callable

from gwansang.services.analysis_service import AnalysisResult, AnalysisService
from gwansang.services.consent_service import ConsentService
from gwansang.services.history_service import HistoryService, KeptAnalysis, kept_measures
from gwansang.services.ml.face_analyzer import FaceQuery
from gwansang.services.profile_service import KnownFace, ProfileBusyError, ProfileChange, ProfileService

_TRIES = 10  # of readings of one face that race to be remembered, one wins each time


class CallerAnalyses:
    """Readings for users and for guests; of a guest nothing is kept."""

    def __init__(
        self, analyses: AnalysisService, consents: ConsentService, history: HistoryService, profiles: ProfileService
    ) -> None:
        self._analyses = analyses
        self._consents = consents
        self._history = history
        self._profiles = profiles

    async def analyze(self, ask: Callable[[], FaceQuery], user_id: int | None) -> AnalysisResult:
        """Reads the face that `ask` gives for a user, or for a guest (None), in the light of what is remembered of the
        user's face; raises ConsentRequiredError, ProfileBusyError."""
        if user_id is None:
            return await self._analyses.analyze(ask)
        await self._consents.require(user_id, "reading")
        known = await self._profiles.known(user_id)
        result = await self._analyses.analyze(ask, known.profile if known else None)
        for _ in range(_TRIES):
            try:
                await self._history.keep(user_id, _kept(result), _change(result, known))
            except ProfileBusyError:
                known = await self._profiles.known(user_id)
                result = await self._analyses.tell_again(result, known.profile if known else None)
            else:
                return result
        raise ProfileBusyError("Too many readings of this face at once; send this one again.", retry_after_s=1)


def _change(result: AnalysisResult, known: KnownFace | None) -> ProfileChange | None:
    if not result.told.same_face:
        return None
    return ProfileChange(
        profile=result.told.profile,
        replaces=known.version if known else None,
        version=result.analysis_id,
        updated_at=result.created_at,
        norms_id=result.norms_id,
        engine_version=result.reading.engine_version,
    )


def _kept(result: AnalysisResult) -> KeptAnalysis:
    return KeptAnalysis(
        analysis_id=result.analysis_id,
        created_at=result.created_at,
        birth_year=result.birth_year,
        reading=result.reading,
        measures=kept_measures(result.measures),
        pose=result.face.pose,
        quality=result.face.quality,
    )
