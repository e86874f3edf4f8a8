"""The compatibility of two faces: both of one request, or one of an invitation's kept reading.

Nothing of a match is stored, and nothing of a remembered face goes into it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import structlog

from gwansang.core.exceptions import Forbidden, InvalidInput, Unauthenticated
from gwansang.reading.compatibility import Compatibility, FaceTraits, match_faces, traits_of
from gwansang.reading.minors import may_be_minor
from gwansang.services.accounts.consent_service import ConsentService
from gwansang.services.accounts.usage_service import UsageService
from gwansang.services.ml.face_analyzer import FaceQuery, FaceVision, label_errors_with_file
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.services.readings.analysis_service import AnalysisService
from gwansang.services.readings.history_service import HistoryService
from gwansang.services.readings.invitation_service import InvitationService
from gwansang.texts import Locale

_log = structlog.get_logger("gwansang.compatibility")
FaceSource = FaceQuery | UUID  # a face to read, or the id of a kept reading of the caller


class OtherConsentRequiredError(Forbidden):
    """The caller has not stated that the other person agrees."""

    code = "OTHER_CONSENT_REQUIRED"
    title = "This needs the other person's consent"


class TwoFacesRequiredError(InvalidInput):
    code = "TWO_FACES_REQUIRED"
    title = "Two faces are needed"


@dataclass(frozen=True, slots=True)
class PairQuery:
    """Two faces to compare; other_agrees: the caller states that the person who is not the caller agrees."""

    first: FaceSource
    second: FaceSource
    other_agrees: bool
    locale: Locale


@dataclass(frozen=True, slots=True)
class RedemptionQuery:
    """A face to compare with that of the kept reading to which the code invites."""

    code: str
    face: FaceSource
    locale: Locale


PairLoader = Callable[[], PairQuery]  # called in the pool, as parsing a request is CPU work; may raise
RedemptionLoader = Callable[[], RedemptionQuery]


class CompatibilityService:
    """Compares faces. Both methods raise ConsentRequiredError for a user without the consent to `reading`,
    Unauthenticated for a guest who names a kept reading, MonthlyLimitError, AnalysisNotFoundError,
    ReadingOutdatedError, what the loader raises, and as `AnalysisService.analyze` does."""

    def __init__(
        self,
        pool: InferencePool[FaceVision],
        analyses: AnalysisService,
        history: HistoryService,
        invitations: InvitationService,
        consents: ConsentService,
        usage: UsageService,
    ) -> None:
        self._pool = pool
        self._analyses = analyses
        self._history = history
        self._invitations = invitations
        self._consents = consents
        self._usage = usage

    async def match_pair(self, load: PairLoader, user_id: int | None) -> Compatibility:
        """Compare the two faces of one request of a user or a guest (None); raises OtherConsentRequiredError."""
        await self._require_consent(user_id)
        pair = await self._pool.run(lambda _: load())
        if not pair.other_agrees:
            raise OtherConsentRequiredError("Both people have to agree: say so with `other_agrees`.")
        async with self._usage.counted(user_id, "compatibility", _faces_to_read(pair.first, pair.second)):
            with label_errors_with_file(0, 2):
                first = await self._traits(pair.first, user_id)
            with label_errors_with_file(1, 2):
                second = await self._traits(pair.second, user_id)
        _log.info("compatibility.completed", by_invitation=False)
        return match_faces(first, second, pair.locale)

    async def redeem(self, load: RedemptionLoader, user_id: int | None) -> Compatibility:
        """Compare the face of a user or a guest (None) with that of the reading of an invitation, and use it once.

        A face that can't be read uses nothing. Raises InvitationNotFoundError.
        """
        await self._require_consent(user_id)
        query = await self._pool.run(lambda _: load())
        invitation = await self._invitations.find(query.code)
        async with self._usage.counted(user_id, "compatibility", _faces_to_read(query.face)):
            mine = await self._traits(query.face, user_id)
            theirs = await self._kept_traits(invitation.analysis_id, invitation.user_id)
            match = match_faces(mine, theirs, query.locale)
            await self._invitations.use(invitation)
        _log.info("compatibility.completed", by_invitation=True)
        return match

    async def _require_consent(self, user_id: int | None) -> None:
        if user_id is not None:
            await self._consents.require(user_id, "reading")

    async def _traits(self, face: FaceSource, user_id: int | None) -> FaceTraits:
        if isinstance(face, FaceQuery):
            result = await self._analyses.analyze(lambda: face)
            return traits_of(result.reading, is_minor=may_be_minor(face.birth_year, self._analyses.today()))
        if user_id is None:
            raise Unauthenticated("Sign in, or send an API key, to compare a kept reading.")
        return await self._kept_traits(face, user_id)

    async def _kept_traits(self, analysis_id: UUID, user_id: int) -> FaceTraits:
        kept = await self._history.get(user_id, analysis_id)
        return traits_of(kept.reading, is_minor=may_be_minor(kept.birth_year, self._analyses.today()))


def _faces_to_read(*faces: FaceSource) -> int:
    """Return how many of the faces are read, and not taken from a kept reading."""
    return sum(isinstance(face, FaceQuery) for face in faces)
