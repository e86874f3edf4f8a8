"""LiveSession: progress, cues and the reading from the best frames, none of which is kept."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Iterable

import numpy as np
import pytest

from gwansang.container import Container, assemble_container
from gwansang.core.exceptions import AppError
from gwansang.reading.gate import evidence_of_another_face
from gwansang.services.accounts.consent_service import ConsentRequiredError
from gwansang.services.ml.face_analyzer import DifferentFacesError, FaceQuery, FaceVision
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.services.ml.network_vision import NetworkVision
from gwansang.services.readings.analysis_service import TooYoungError
from gwansang.services.readings.live_service import Guidance, LandmarkFrame, LiveSession
from gwansang.vision.errors import CorruptImageError
from gwansang.vision.given_landmarks import GivenLandmarks
from gwansang.vision.guidance import GuidanceCue
from gwansang.vision.tracking import TrackedFrame, TrackingState
from tests.support.accounts import prove_address
from tests.support.cameras import covered, drawn_face, frame, hand_held, real_face
from tests.support.fakes import frozen_clock
from tests.support.likeness import MAX_EVIDENCE, MIN_EQUAL_PARTS, equal_parts
from tests.support.photos import encoded, model_dir
from tests.support.serving import settings_for_tests
from tests.test_vision import scenes

pytestmark = pytest.mark.anyio
PERSON = ("minji@example.com", "김민지", "correct horse 배터리")


@pytest.fixture
async def service() -> AsyncIterator[Container]:
    pool = InferencePool[FaceVision](lambda: NetworkVision(model_dir()), workers=1, queue=4, timeout_s=30)
    async with assemble_container(pool, settings_for_tests(), clock=frozen_clock()) as container:
        yield container


class SimulatedCamera:
    """Camera of a session, on a clock of its own."""

    def __init__(self, session: LiveSession) -> None:
        self.session = session
        self.now_s = 1000.0
        self.guidance: list[Guidance] = []

    async def show(self, frames: Iterable[bytes], fps: float = 30.0) -> Guidance:
        """Process frames until the session is ready or there are no more."""
        for data in frames:
            self.guidance.append(await self.session.process(data, self.now_s))
            self.now_s += 1 / fps
            if self.guidance[-1].progress >= 1:
                break
        return self.guidance[-1]


async def open_camera(service: Container, user_id: int | None = None) -> SimulatedCamera:
    return SimulatedCamera(await service.live.open_session(user_id))


async def test_a_steady_face_is_ready_after_a_second_and_reads_like_its_photo(service: Container) -> None:
    for number in (2, 7, 11):
        face = real_face(number)
        camera = await open_camera(service)
        assert (await camera.show(hand_held(face, 60))).cues[0] is GuidanceCue.READY
        assert 30 <= len(camera.guidance) <= 50
        live = await camera.session.create_reading("ko")
        still = await service.analyses.analyze(lambda face=face: FaceQuery(image=frame(face)))
        assert live.observation.quality.photos == 5
        assert equal_parts(still.reading, live.reading) >= MIN_EQUAL_PARTS
        assert evidence_of_another_face(still.observation.measures, live.observation.measures) < MAX_EVIDENCE


async def test_progress_grows_without_cues_and_shrinks_with_them(service: Container) -> None:
    camera = await open_camera(service)
    await camera.show(hand_held(drawn_face(), 20))
    progress = [guidance.progress for guidance in camera.guidance]
    assert progress == sorted(progress)
    assert 0.3 < progress[-1] < 1
    turned = encoded(scenes.turned(yaw_deg=20))
    worse = await camera.show([turned] * 6)
    assert worse.progress < progress[-1]
    assert GuidanceCue.TURN_RIGHT in worse.cues


async def test_losing_the_face_discards_its_frames(service: Container) -> None:
    camera = await open_camera(service)
    await camera.show(hand_held(drawn_face(), 25))
    gone = await camera.show([encoded(np.full((480, 640, 3), 120, np.uint8))])
    assert (gone.cues, gone.progress) == ((GuidanceCue.NO_FACE,), 0)
    back = await camera.show(hand_held(drawn_face(), 10))
    assert back.progress < 0.4


@pytest.mark.parametrize("fps", [4, 60])
async def test_the_time_to_ready_does_not_depend_on_the_frame_rate(service: Container, fps: int) -> None:
    camera = await open_camera(service)
    assert (await camera.show(hand_held(real_face(), 3 * fps), fps)).progress == 1
    assert 1.0 <= camera.now_s - 1000 <= 1.8


async def test_a_persistent_smile_is_read_after_a_timeout(service: Container) -> None:
    for number in range(8):
        face, camera = real_face(number, "smiling"), await open_camera(service)
        if (await camera.show([frame(face)] * 3)).cues == (GuidanceCue.RELAX_MOUTH,):
            break
    guidance = await camera.show(hand_held(face, 40), fps=10)
    assert (guidance.progress, guidance.cues) == (0, (GuidanceCue.RELAX_MOUTH,))
    assert (await camera.show(hand_held(face, 40), fps=10)).progress == 1
    await camera.session.create_reading("ko")


class MaskedVision(NetworkVision):
    """Vision of a person whose mouth stays covered."""

    def track_frame(self, frame: bytes, tracker: TrackingState) -> TrackedFrame:
        return covered(super().track_frame(frame, tracker), "mouth")


async def test_a_cover_that_stays_is_read_after_a_timeout() -> None:
    pool = InferencePool[FaceVision](lambda: MaskedVision(model_dir()), workers=1, queue=4, timeout_s=30)
    async with assemble_container(pool, settings_for_tests(), clock=frozen_clock()) as service:
        camera = await open_camera(service)
        guidance = await camera.show(hand_held(real_face(), 50), fps=10)
        assert (guidance.progress, guidance.cues) == (0, (GuidanceCue.SHOW_MOUTH,))
        assert (await camera.show(hand_held(real_face(), 40), fps=10)).progress == 1


async def test_landmarks_are_read_from_their_median(service: Container) -> None:
    rng = np.random.default_rng(4)
    camera = await open_camera(service)
    face = await service.pool.run(lambda vision: vision.face_from_photo(frame(real_face())))
    points = face.points / (face.image_width, face.image_height, face.image_width)

    def mesh() -> LandmarkFrame:
        return LandmarkFrame(points + rng.normal(0, 0.0005, points.shape), 640, 480)

    assert (await camera.show([mesh] * 60)).cues[0] is GuidanceCue.READY
    live = await camera.session.create_reading("en")
    still = await service.analyses.analyze(lambda: FaceQuery(landmarks=GivenLandmarks(points, 640, 480)))
    assert equal_parts(still.reading, live.reading) >= MIN_EQUAL_PARTS
    assert live.reading.locale == "en"


async def test_a_corrupt_frame_raises_and_changes_nothing(service: Container) -> None:
    camera = await open_camera(service)
    before = await camera.show(hand_held(real_face(), 15))
    with pytest.raises(CorruptImageError):
        await camera.show([frame(drawn_face())[:2000]])
    after = await camera.show(hand_held(real_face(), 1))
    assert after.progress >= before.progress > 0.2


async def test_a_second_person_in_the_same_place_is_rejected(service: Container) -> None:
    camera = await open_camera(service)
    await camera.show(hand_held(real_face(2), 20))
    await camera.show(hand_held(real_face(30), 40))
    with pytest.raises(DifferentFacesError):
        await camera.session.create_reading("ko")
    assert (await camera.show([frame(real_face(2))])).progress == 0


async def test_at_most_five_frames_are_held_and_none_after_the_reading(service: Container) -> None:
    camera = await open_camera(service)
    frames = hand_held(drawn_face(), 45)

    def references() -> int:
        gc.collect()
        return sum(map(sys.getrefcount, frames))

    before = references()
    await camera.show(frames)
    assert 5 <= references() - before <= 6  # and the last one, which the session just processed
    await camera.session.create_reading("ko")
    for _ in range(500):  # the thread that read them may not have left its function yet
        if references() == before:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(references() - before)


async def test_a_users_live_reading_is_saved_and_updates_the_profile(service: Container) -> None:
    user = await service.users.register(*PERSON)
    await prove_address(service, user.id)
    await service.consents.grant(user.id, "history", "ko")
    camera = await open_camera(service, user.id)
    await camera.show(hand_held(drawn_face(), 60))
    camera.session.set_birth_year(1990)
    result = await camera.session.create_reading("ko")
    kept = await service.history.page(user.id)
    assert [item.analysis_id for item in kept.items] == [result.analysis_id]
    assert result.reading_input.birth_year == 1990
    assert await service.profiles.load(user.id) is not None


async def test_missing_consent_is_raised_when_the_session_opens(service: Container) -> None:
    user = await service.users.register(*PERSON)
    await service.consents.withdraw(user.id, "reading")
    with pytest.raises(ConsentRequiredError):
        await service.live.open_session(user.id)


async def test_an_invalid_birth_year_is_raised_at_once(service: Container) -> None:
    camera = await open_camera(service)
    with pytest.raises(TooYoungError):
        camera.session.set_birth_year(2020)
    with pytest.raises(AppError):
        camera.session.set_birth_year(1800)
