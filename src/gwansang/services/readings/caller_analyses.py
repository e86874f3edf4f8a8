"""Analyses for someone: made with their consent, and kept where they agree to that."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from gwansang.models.photo import Photo
from gwansang.repositories.unit_of_work import Transaction
from gwansang.services.accounts.consent_service import ConsentService
from gwansang.services.ml.face_analyzer import FaceQuery
from gwansang.services.readings.analysis_service import AnalysisResult, AnalysisService, ReadingInput
from gwansang.services.readings.history_service import HistoryService, KeptAnalysis
from gwansang.services.readings.photo_service import PhotoService
from gwansang.services.readings.profile_service import KnownFace, ProfileBusyError, ProfileService, ProfileUpdate
from gwansang.services.readings.snapshot import kept_analysis

Fetch = Callable[[], Awaitable[bytes]]
_TRIES = 10  # of readings of one face that race to be remembered, one wins each time


@dataclass(frozen=True, slots=True)
class Keeping:
    """What keeps readings and their photos: `write` within a transaction that has locked the user, where they agree at
    that moment, or `drop` where it comes to no such transaction, or that is taken back."""

    write: Callable[[Transaction], Awaitable[None]]
    drop: Callable[[], Awaitable[None]]


class _Asked:
    """Remembers what was asked: of those who want their photos kept, photos outlive the reading until they are."""

    def __init__(self, ask: Callable[[], FaceQuery]) -> None:
        self._ask = ask
        self._query = FaceQuery()

    def __call__(self) -> FaceQuery:
        self._query = self._ask()
        return self._query

    def photo(self, number: int) -> bytes | None:
        """The photo with this number, counted from 1; None where landmarks were read and no photo was."""
        asked = self._query
        if asked.image is None or asked.landmarks is not None:
            return None
        return (asked.image, *asked.more_images)[number - 1]


class CallerAnalyses:
    """Readings for users and for guests; of a guest nothing is kept."""

    def __init__(
        self,
        analyses: AnalysisService,
        consents: ConsentService,
        history: HistoryService,
        profiles: ProfileService,
        photos: PhotoService,
    ) -> None:
        self._analyses = analyses
        self._consents = consents
        self._history = history
        self._profiles = profiles
        self._photos = photos

    async def analyze(self, ask: Callable[[], FaceQuery], user_id: int | None) -> AnalysisResult:
        """Reads the face that `ask` gives for a user, or for a guest (None), in the light of what is remembered of the
        user's face; raises ConsentRequiredError, ProfileBusyError."""
        if user_id is None:
            return await self._analyses.analyze(ask)
        await self._consents.require(user_id, "reading")
        known = await self._profiles.known(user_id)
        asked = _Asked(ask) if await self._photos.wanted(user_id) else None
        result = await self._analyses.analyze(asked or ask, known.profile if known else None)
        for _ in range(_TRIES):
            try:
                kept = await self._history.keep(user_id, kept_analysis(result), _change(result, known))
            except ProfileBusyError:
                known = await self._profiles.known(user_id)
                result = await self._told(result.reading_input, known, result.analysis_id)
            else:
                if kept and asked is not None:
                    await self._keep_photo(user_id, result, asked)
                return result
        raise ProfileBusyError("Too many readings of this face at once; send this one again.", retry_after_s=1)

    async def look(self, ask: Callable[[], FaceQuery], user_id: int) -> ReadingInput:
        """Sees a face for a user, to be told later; raises ConsentRequiredError."""
        await self._consents.require(user_id, "reading")
        return await self._analyses.look(ask)

    async def tell(
        self, sight: ReadingInput, user_id: int, analysis_id: UUID, photo: Fetch | None = None
    ) -> tuple[AnalysisResult, Keeping]:
        """The reading of a face that was seen, in the light of what is remembered of the user's face now, and what
        keeps it; that raises ProfileBusyError where a later reading was faster, and then this has to be done again."""
        known = await self._profiles.known(user_id)
        result = await self._told(sight, known, analysis_id)
        photos = {analysis_id: photo} if photo is not None else {}
        return result, await self.keeping(user_id, [kept_analysis(result)], photos, _change(result, known))

    async def tell_alone(self, sight: ReadingInput, analysis_id: UUID) -> AnalysisResult:
        """The same of a face that may be anybody's."""
        return await self._told(sight, None, analysis_id)

    async def keeping(
        self,
        user_id: int,
        analyses: Sequence[KeptAnalysis],
        photos: Mapping[UUID, Fetch],
        change: ProfileUpdate | None = None,
    ) -> Keeping:
        """What keeps readings and their photos, with copies of these already made."""
        copies = await self._copies(user_id, photos)

        async def write(tx: Transaction) -> None:
            kept = await self._history.put(tx, user_id, analyses, change)
            for copy in copies:
                if not (kept and await self._photos.put(tx, copy)):
                    await self._photos.discard(tx, copy)

        return Keeping(write, partial(self._photos.drop, copies))

    async def _copies(self, user_id: int, photos: Mapping[UUID, Fetch]) -> list[Photo]:
        if not await self._photos.wanted(user_id):
            return []
        copies: list[Photo] = []
        try:
            for analysis_id, fetch in photos.items():
                copy = await self._photos.prepare(user_id, analysis_id, await fetch())
                copies += [copy] if copy is not None else []
        except BaseException:  # a task that was cancelled has no photos any more
            await self._photos.drop(copies)
            raise
        return copies

    async def _keep_photo(self, user_id: int, result: AnalysisResult, asked: _Asked) -> None:
        photo = asked.photo(result.look.quality.best_photo)
        if photo is not None:
            await self._photos.keep(user_id, result.analysis_id, photo)

    async def _told(self, sight: ReadingInput, known: KnownFace | None, analysis_id: UUID) -> AnalysisResult:
        return await self._analyses.tell(sight, known.profile if known else None, analysis_id)


def _change(result: AnalysisResult, known: KnownFace | None) -> ProfileUpdate | None:
    if not result.told.same_face:
        return None
    return ProfileUpdate(
        profile=result.told.profile,
        replaces=known.version if known else None,
        version=result.analysis_id,
        updated_at=result.created_at,
        norms_id=result.norms_id,
        engine_version=result.reading.engine_version,
    )
