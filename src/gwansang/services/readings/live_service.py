"""Live guidance: frames of a camera in, cues out, and in the end a reading from the best frames."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from gwansang.services.accounts.consent_service import ConsentService
from gwansang.services.ml.face_analyzer import MAX_PHOTOS, FaceQuery, FaceVision
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.services.readings.analysis_service import AnalysisResult, AnalysisService
from gwansang.services.readings.caller_analyses import CallerAnalyses
from gwansang.texts import Locale
from gwansang.vision.face import Points
from gwansang.vision.given_landmarks import GivenLandmarks
from gwansang.vision.guidance import OPTIONAL_CUES, TIMEOUT_CUES, CaptureGuide, GuidanceCue
from gwansang.vision.quality import QualityWarning
from gwansang.vision.tracking import TrackedFrame, TrackingState, median_landmarks

HOLD_S = 1.0  # without a hindering cue before a reading
_MIN_FRAMES = 3  # for a reading
_SPACING_S = 0.12  # between two frames of a reading: closer ones show the same
_MAX_STEP_S = 0.4  # of time that one frame can account for
_PATIENCE_S = 6.0  # until a reading is made in spite of a TIMEOUT_CUES cue, which may never go away


@dataclass(frozen=True, slots=True)
class LandmarkFrame:
    """Landmarks found by the client: (468|478, 2|3) points as fractions of a frame of this size; two_looks as in
    `GivenLandmarks`."""

    points: Points
    width: int
    height: int
    two_looks: bool = False

    def given(self) -> GivenLandmarks:
        return GivenLandmarks(self.points, self.width, self.height, self.two_looks)


Frame = bytes | Callable[[], LandmarkFrame]  # landmarks are parsed in the pool, which may raise


@dataclass(frozen=True, slots=True)
class Guidance:
    """Cues after a frame; progress: 0-1 toward a reading, at 1 the first cue is READY."""

    cues: tuple[GuidanceCue, ...]
    progress: float
    frame: TrackedFrame


@dataclass(frozen=True, slots=True)
class _RatedFrame:
    score: float
    at_s: float
    frame: bytes | LandmarkFrame


class _BestFrames:
    """The best frames so far, at most MAX_PHOTOS and some time apart."""

    def __init__(self) -> None:
        self._frames: list[_RatedFrame] = []

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, new: _RatedFrame) -> None:
        """Add a frame unless its neighbours in time or, if there are MAX_PHOTOS, all others are better."""
        near = [frame for frame in self._frames if abs(frame.at_s - new.at_s) < _SPACING_S]
        rivals = near or (self._frames if len(self._frames) >= MAX_PHOTOS else [])
        if rivals:
            worst = min(rivals, key=lambda frame: frame.score)
            if worst.score >= new.score:
                return
            self._frames.remove(worst)
        self._frames.append(new)

    def query(self, locale: Locale, birth_year: int | None) -> FaceQuery:
        """Return the frames as one query, the best first; landmarks as their median."""
        best = sorted(self._frames, key=lambda frame: -frame.score)
        photos = [rated.frame for rated in best if isinstance(rated.frame, bytes)]
        if photos:
            return FaceQuery(locale, birth_year, image=photos[0], more_images=tuple(photos[1:]))
        meshes = [rated.frame for rated in best if isinstance(rated.frame, LandmarkFrame)]
        points = median_landmarks([mesh.points for mesh in meshes])
        given = replace(meshes[0], points=points).given()
        return FaceQuery(locale, birth_year, landmarks=given)


class LiveSession:
    """State of one camera; frames are processed one after the other."""

    def __init__(self, service: "LiveService", user_id: int | None) -> None:
        self._service = service
        self._user_id = user_id
        self._birth_year: int | None = None
        self._tracker = TrackingState()
        self.restart()

    def restart(self) -> None:
        """Discard every frame and the tracked face."""
        self._tracker.reset()
        self._discard_frames()
        self._guide = CaptureGuide()
        self._sends_images: bool | None = None
        self._last_s: float | None = None

    def set_birth_year(self, birth_year: int | None) -> None:
        """Set the birth year for the reading; raises BirthYearError, TooYoungError."""
        self._service.analyses.check_birth_year(birth_year)
        self._birth_year = birth_year

    async def process(self, frame: Frame, at_s: float) -> Guidance:
        """Track the face in the next frame, which came at `at_s` of any monotonic clock.

        Raises if the frame is unusable, QueueFullError and InferenceTimeoutError.
        """
        sent, tracked = await self._service.pool.run(partial(_track, frame=frame, tracker=self._tracker))
        if self._sends_images is not isinstance(sent, bytes):  # images and landmarks don't make one reading
            self.restart()
            self._sends_images = isinstance(sent, bytes)
        step_s = 0.0 if self._last_s is None else min(max(at_s - self._last_s, 0.0), _MAX_STEP_S)
        self._last_s = at_s
        cues = self._guide.update(tracked, at_s)
        if tracked.quality is None:
            self._discard_frames()
        steady = self._steady(frozenset(cues), step_s)
        if steady and tracked.quality is not None and QualityWarning.BLURRED not in tracked.quality.warnings:
            self._best_frames.add(_RatedFrame(tracked.quality.score, at_s, sent))
        progress = self._progress(step_s, steady=steady)
        return Guidance((GuidanceCue.READY, *cues) if progress >= 1 else cues, progress, tracked)

    async def create_reading(self, locale: Locale) -> AnalysisResult:
        """Read the best frames and discard all; raises as `CallerAnalyses.create` does."""
        query = partial(self._best_frames.query, locale, self._birth_year)
        self.restart()
        return await self._service.readings.create(query, self._user_id)

    def _discard_frames(self) -> None:
        self._best_frames = _BestFrames()
        self._held_s = self._waited_s = 0.0

    def _steady(self, cues: frozenset[GuidanceCue], step_s: float) -> bool:
        """Return whether the face can be read as it is now."""
        hindering = cues - OPTIONAL_CUES
        if hindering and hindering <= TIMEOUT_CUES:
            self._waited_s += step_s
            if self._waited_s >= _PATIENCE_S:
                return self._guide.motion_known
        return self._guide.motion_known and not hindering

    def _progress(self, step_s: float, *, steady: bool) -> float:
        self._held_s = max(self._held_s + (step_s if steady else -2 * step_s), 0.0)
        return min(self._held_s / HOLD_S, len(self._best_frames) / _MIN_FRAMES, 1.0)


class LiveService:
    """Factory of live sessions."""

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

    async def open_session(self, user_id: int | None) -> LiveSession:
        """Open a session for a user or a guest (None); raises ConsentRequiredError now and not after the coaching."""
        if user_id is not None:
            await self._consents.require(user_id, "reading")
        return LiveSession(self, user_id)


def _track(vision: FaceVision, frame: Frame, tracker: TrackingState) -> tuple[bytes | LandmarkFrame, TrackedFrame]:
    if isinstance(frame, bytes):
        return frame, vision.track_frame(frame, tracker)
    mesh = frame()
    return mesh, vision.track_landmarks(mesh.given(), mesh.width, mesh.height)
