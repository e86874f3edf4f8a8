"""A camera that coaches: frames in, what to do out, and in the end a reading from the best of them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from gwansang.services.accounts.consent_service import ConsentService
from gwansang.services.ml.face_analyzer import MAX_PHOTOS, FaceQuery, FaceVision
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.services.readings.analysis_service import AnalysisResult, AnalysisService
from gwansang.services.readings.caller_analyses import CallerAnalyses
from gwansang.texts import Locale
from gwansang.vision.face import Points
from gwansang.vision.guidance import OPTIONAL_CUES, TIMEOUT_CUES, CaptureGuide, GuidanceCue
from gwansang.vision.quality import QualityWarning
from gwansang.vision.tracking import TrackedFrame, TrackingState, median_landmarks, track_landmarks

HOLD_S = 1.0  # how long all has to be well
_MIN_FRAMES = 3  # of the reading
_SPACING_S = 0.12  # between two of them: neighbours would only repeat each other
_MAX_STEP_S = 0.4  # that one frame can count for
_PATIENCE_S = 6.0  # before what may never change is read as it is


@dataclass(frozen=True, slots=True)
class LandmarkFrame:
    """(468|478, 2|3) points as fractions of a frame of this size, found by the client."""

    points: Points
    width: int
    height: int


Frame = bytes | Callable[[], LandmarkFrame]  # landmarks are parsed in the pool, and may raise there


@dataclass(frozen=True, slots=True)
class Guidance:
    """What a frame showed and what to do next; `progress` 0-1 toward a reading, at 1 the first cue is READY."""

    cues: tuple[GuidanceCue, ...]
    progress: float
    glance: TrackedFrame


@dataclass(frozen=True, slots=True)
class _Kept:
    score: float
    at_s: float
    frame: bytes | LandmarkFrame


class _Album:
    """The best few frames, some time apart; what they hold is forgotten with them."""

    def __init__(self) -> None:
        self._kept: list[_Kept] = []

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, kept: _Kept) -> None:
        """Keeps a frame where it is better than a neighbour or, with all places taken, than the worst."""
        near = [one for one in self._kept if abs(one.at_s - kept.at_s) < _SPACING_S]
        rivals = near or (self._kept if len(self._kept) >= MAX_PHOTOS else [])
        if rivals:
            worst = min(rivals, key=lambda one: one.score)
            if worst.score >= kept.score:
                return
            self._kept.remove(worst)
        self._kept.append(kept)

    def query(self, locale: Locale, birth_year: int | None) -> FaceQuery:
        """The best frames as one question, the best first; landmarks as their median."""
        best = sorted(self._kept, key=lambda one: -one.score)
        photos = [one.frame for one in best if isinstance(one.frame, bytes)]
        if photos:
            return FaceQuery(locale, birth_year, image=photos[0], more_images=tuple(photos[1:]))
        meshes = [one.frame for one in best if isinstance(one.frame, LandmarkFrame)]
        points = median_landmarks([mesh.points for mesh in meshes])
        return FaceQuery(
            locale, birth_year, landmarks=points, image_width=meshes[0].width, image_height=meshes[0].height
        )


class LiveSession:
    """One camera: what it showed so far. Frames go in one after the other."""

    def __init__(self, service: "LiveService", user_id: int | None) -> None:
        self._service = service
        self._user_id = user_id
        self._birth_year: int | None = None
        self._tracker = TrackingState()
        self.restart()

    def restart(self) -> None:
        """Forgets every frame."""
        self._tracker.reset()
        self._forget_face()
        self._coach = CaptureGuide()
        self._of_photos: bool | None = None
        self._last_s: float | None = None

    def born(self, birth_year: int | None) -> None:
        """Notes a birth year for the reading; raises BirthYearError, TooYoungError."""
        self._service.analyses.check_birth_year(birth_year)
        self._birth_year = birth_year

    async def see(self, frame: Frame, at_s: float) -> Guidance:
        """Looks at the next frame, which came at this moment of any clock; raises what is wrong with it, and the pool's
        QueueFullError or InferenceTimeoutError."""
        seen, glance = await self._service.pool.run(partial(_look, frame=frame, tracker=self._tracker))
        if self._of_photos is not isinstance(seen, bytes):  # a camera does not change its kind
            self.restart()
            self._of_photos = isinstance(seen, bytes)
        step_s = 0.0 if self._last_s is None else min(max(at_s - self._last_s, 0.0), _MAX_STEP_S)
        self._last_s = at_s
        cues = self._coach.update(glance, at_s)
        if glance.quality is None:
            self._forget_face()
        steady = self._steady(frozenset(cues), step_s)
        if steady and glance.quality is not None and QualityWarning.BLURRED not in glance.quality.warnings:
            self._album.add(_Kept(glance.quality.score, at_s, seen))
        progress = self._progress(step_s, steady=steady)
        return Guidance((GuidanceCue.READY, *cues) if progress >= 1 else cues, progress, glance)

    async def read(self, locale: Locale) -> AnalysisResult:
        """The reading from the best frames, which are forgotten; raises as any reading does."""
        album, birth_year = self._album, self._birth_year
        self.restart()
        return await self._service.readings.analyze(partial(album.query, locale, birth_year), self._user_id)

    def _forget_face(self) -> None:
        self._album = _Album()
        self._held_s = self._waited_s = 0.0

    def _steady(self, cues: frozenset[GuidanceCue], step_s: float) -> bool:
        """Whether nothing stands in the way of reading the face as it is now."""
        hindering = cues - OPTIONAL_CUES
        if hindering and hindering <= TIMEOUT_CUES:
            self._waited_s += step_s
            if self._waited_s >= _PATIENCE_S:
                return self._coach.motion_known
        return self._coach.motion_known and not hindering

    def _progress(self, step_s: float, *, steady: bool) -> float:
        self._held_s = max(self._held_s + (step_s if steady else -2 * step_s), 0.0)
        return min(self._held_s / HOLD_S, len(self._album) / _MIN_FRAMES, 1.0)


class LiveService:
    """Begins sessions; what all of them share are the pool and the rules of readings."""

    def __init__(
        self,
        pool: InferencePool[FaceVision],
        analyses: AnalysisService,
        readings: CallerAnalyses,
        consents: ConsentService,
    ) -> None:
        self.pool = pool
        self.analyses = analyses
        self.readings = readings
        self._consents = consents

    async def begin(self, user_id: int | None) -> LiveSession:
        """A session for a user or a guest (None); raises ConsentRequiredError now and not after the coaching."""
        if user_id is not None:
            await self._consents.require(user_id, "reading")
        return LiveSession(self, user_id)


def _look(vision: FaceVision, frame: Frame, tracker: TrackingState) -> tuple[bytes | LandmarkFrame, TrackedFrame]:
    if isinstance(frame, bytes):
        return frame, vision.glance(frame, tracker)
    mesh = frame()
    return mesh, track_landmarks(mesh.points, mesh.width, mesh.height)
