"""Analyses for a caller: consent, the remembered face, history and photos around the reading itself."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

import structlog

from gwansang.core.turns import Turns
from gwansang.db.session import DatabaseUnavailableError
from gwansang.models.photo import Photo
from gwansang.repositories.unit_of_work import Transaction
from gwansang.services.accounts.consent_service import ConsentService
from gwansang.services.accounts.idempotency_service import RecordCreation
from gwansang.services.accounts.usage_service import UsageService
from gwansang.services.ml.face_analyzer import FaceQuery, QueryLoader
from gwansang.services.readings.analysis_service import AnalysisResult, AnalysisService, ReadingInput
from gwansang.services.readings.history_service import AnalysisNotFoundError, HistoryService
from gwansang.services.readings.kept_content import KeptAnalysis
from gwansang.services.readings.photo_service import PhotoService
from gwansang.services.readings.profile_service import (
    ProfileBusyError,
    ProfileService,
    ProfileUpdate,
    VersionedProfile,
)
from gwansang.services.readings.snapshot import kept_analysis_of

_log = structlog.get_logger("gwansang.analysis")
LoadPhoto = Callable[[], Awaitable[bytes]]
_TRIES = 10  # beside readings of the face in other processes; those of this one take turns


@dataclass(frozen=True, slots=True)
class PendingSave:
    """Readings ready to be saved, with copies of their photos already uploaded.

    write: saves them in a transaction that has locked the user, as far as the user consents at that moment.
    discard: deletes the copies if there is no such transaction, or it is rolled back.
    """

    write: Callable[[Transaction], Awaitable[None]]
    discard: Callable[[], Awaitable[None]]


class CallerAnalyses:
    """Readings for users and guests; nothing of a guest is stored."""

    def __init__(
        self,
        analyses: AnalysisService,
        consents: ConsentService,
        history: HistoryService,
        profiles: ProfileService,
        photos: PhotoService,
        usage: UsageService,
    ) -> None:
        self._analyses = analyses
        self._consents = consents
        self._history = history
        self._profiles = profiles
        self._photos = photos
        self._usage = usage
        self._turns = Turns()

    async def create(
        self, load_query: QueryLoader, user_id: int | None, record: RecordCreation | None = None
    ) -> AnalysisResult:
        """Read a face for a user, with what is remembered of it, or for a guest (None); save what the user consents to.

        A reading that can't be saved is returned and not kept. Raises ConsentRequiredError, MonthlyLimitError,
        ProfileBusyError, CreatedMeanwhileError, and as `AnalysisService.analyze` does.
        """
        if user_id is None:
            return await self._analyses.analyze(load_query)
        await self._consents.require(user_id, "reading")
        async with self._usage.counted(user_id, "face"):
            return await self._create(load_query, user_id, record)

    async def get_kept(self, user_id: int | None, analysis_id: UUID) -> KeptAnalysis:
        """Return a reading that is kept of a user; raises AnalysisNotFoundError, for guests always."""
        if user_id is None:
            raise AnalysisNotFoundError("There is no such analysis.")
        return await self._history.get(user_id, analysis_id)

    async def _create(self, load_query: QueryLoader, user_id: int, record: RecordCreation | None) -> AnalysisResult:
        profile = await self._profiles.load(user_id)
        queries: list[FaceQuery] = []  # hold the photos until they are copied, for users who want that

        def load_and_hold() -> FaceQuery:
            queries.append(load_query())
            return queries[0]

        load = load_and_hold if await self._photos.has_consent(user_id) else load_query
        result = await self._analyses.analyze(load, profile.profile if profile else None)
        async with self._turns.of(user_id):
            result, kept = await self._save(user_id, result, profile, record)
        if kept and queries:
            await self._save_photo(user_id, result, queries[0])
        return replace(result, kept=kept)

    async def _save(
        self, user_id: int, result: AnalysisResult, profile: VersionedProfile | None, record: RecordCreation | None
    ) -> tuple[AnalysisResult, bool]:
        """Save a reading, finished anew if another one of the face has updated the profile since; return it, and
        whether it is kept."""
        for _ in range(_TRIES):
            try:
                kept = await self._history.save(user_id, kept_analysis_of(result), _update(result, profile), record)
                return result, kept
            except DatabaseUnavailableError as error:  # for instance a full disk: the reading is there, so it is given
                _log.warning("analysis.not_kept", code=error.code)
                return result, False
            except ProfileBusyError:
                profile = await self._profiles.load(user_id)
                result = await self._finish(result.reading_input, profile, result.analysis_id)
        raise ProfileBusyError("Too many readings of this face at once; send this one again.", retry_after_s=1)

    async def observe(self, load_query: QueryLoader, user_id: int) -> ReadingInput:
        """Observe a face for a user, to be read later; raises ConsentRequiredError."""
        await self._consents.require(user_id, "reading")
        return await self._analyses.start(load_query)

    async def compose(
        self, reading_input: ReadingInput, user_id: int, analysis_id: UUID, load_photo: LoadPhoto | None = None
    ) -> tuple[AnalysisResult, PendingSave]:
        """Compose the reading of an observed face with what is remembered of the user's face now.

        Writing the save raises ProfileBusyError if another reading has updated the profile since; then this has to be
        called again.
        """
        profile = await self._profiles.load(user_id)
        result = await self._finish(reading_input, profile, analysis_id)
        photos = {analysis_id: load_photo} if load_photo is not None else {}
        save = await self.prepare_save(user_id, [kept_analysis_of(result)], photos, _update(result, profile))
        return result, save

    async def compose_without_profile(self, reading_input: ReadingInput, analysis_id: UUID) -> AnalysisResult:
        """Compose the reading of an observed face that may not be the user's own."""
        return await self._finish(reading_input, None, analysis_id)

    async def prepare_save(
        self,
        user_id: int,
        analyses: Sequence[KeptAnalysis],
        photos: Mapping[UUID, LoadPhoto],
        update: ProfileUpdate | None = None,
    ) -> PendingSave:
        """Upload copies of the photos, if the user wants them kept, and return the save of the readings with them."""
        copies = await self._upload_copies(user_id, photos)

        async def write(tx: Transaction) -> None:
            kept = await self._history.save_all(tx, user_id, analyses, update)
            for copy in copies:
                if not (kept and await self._photos.attach(tx, copy)):
                    await self._photos.schedule_deletion(tx, copy)

        return PendingSave(write, partial(self._photos.delete_unattached, copies))

    async def _upload_copies(self, user_id: int, photos: Mapping[UUID, LoadPhoto]) -> list[Photo]:
        if not await self._photos.has_consent(user_id):
            return []
        copies: list[Photo] = []
        try:
            for analysis_id, load_photo in photos.items():
                copy = await self._photos.upload(user_id, analysis_id, await load_photo())
                copies += [copy] if copy is not None else []
        except BaseException:  # the photos of a cancelled task are gone
            await self._photos.delete_unattached(copies)
            raise
        return copies

    async def _save_photo(self, user_id: int, result: AnalysisResult, query: FaceQuery) -> None:
        """Save the best photo, unless the face was given as landmarks."""
        if query.image is not None and query.landmarks is None:
            photo = (query.image, *query.more_images)[result.observation.quality.best_photo - 1]
            await self._photos.save(user_id, result.analysis_id, photo)

    async def _finish(
        self, reading_input: ReadingInput, profile: VersionedProfile | None, analysis_id: UUID
    ) -> AnalysisResult:
        return await self._analyses.finish(reading_input, analysis_id, profile.profile if profile else None)


def _update(result: AnalysisResult, replaced: VersionedProfile | None) -> ProfileUpdate | None:
    """Return the profile to store after a reading; None if the face is not the remembered one."""
    if not result.reading_with_memory.same_face:
        return None
    return ProfileUpdate(
        profile=result.reading_with_memory.profile,
        replaces=replaced.version if replaced else None,
        version=result.analysis_id,
        updated_at=result.reading_input.seen_at,
        norms_id=result.norms_id,
        engine_version=result.reading.engine_version,
    )
