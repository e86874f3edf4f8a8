"""The conversation of live guidance: frames come in at any pace, the newest is looked at, and what to do goes out."""

import asyncio
from dataclasses import dataclass
from time import monotonic

import numpy as np
from pydantic import ValidationError

from gwansang.api.errors import invalid_model
from gwansang.api.json_body import parse_object, too_complex
from gwansang.api.v1.presenters.readings import present
from gwansang.api.v1.sockets.connection import MessageTypeError, Socket, SocketIdleError, together
from gwansang.core.exceptions import InvalidInput, Malformed, TooLarge, Unavailable
from gwansang.core.language import negotiate_locale
from gwansang.schemas import live as wire
from gwansang.services.ml.face_analyzer import LANDMARK_COUNTS, InvalidLandmarksError
from gwansang.services.readings.live_service import Frame, Guidance, LandmarkFrame, LiveService, LiveSession
from gwansang.texts import Locale, load
from gwansang.vision.face import Points, Pose, Quality
from gwansang.vision.tracking import FACE_OVAL

MAX_FRAME_BYTES = 1024 * 1024
_FRAMES_PER_S = 30
_IDLE_S = 30.0
_WHOLE_S = 600.0
_MAX_CONTROL_CHARACTERS = 4096  # a longer text can only be landmarks, which are parsed in the pool
_PULSE_S = 2.0  # how often it is looked whether a client sends more than it is told about


async def converse(live: LiveService, socket: Socket) -> None:
    """Coaches whoever is at the other end until there is a reading, for ten minutes at most."""
    session = await live.open_session(socket.user_id)
    hello = wire.HelloMessage(
        guest=socket.caller is None, max_frame_bytes=MAX_FRAME_BYTES, frames_per_second=_FRAMES_PER_S
    )
    await socket.send(hello)
    conversation = _Conversation(socket, session)
    try:
        async with asyncio.timeout(_WHOLE_S):
            await together(conversation.listen(), conversation.guide())
    except TimeoutError:
        raise SocketIdleError("There was no reading within ten minutes, so the connection was closed.") from None


class _Newest:
    """One place for a frame: a newer one takes it, and the older one is counted as skipped."""

    def __init__(self) -> None:
        self._newest: _Numbered | None = None
        self._there = asyncio.Event()
        self._came = 0
        self.skipped = 0

    def put(self, frame: Frame) -> None:
        self.skipped += self._newest is not None
        self._came += 1
        self._newest = _Numbered(self._came, frame, monotonic())
        self._there.set()

    async def take(self) -> "_Numbered":
        while self._newest is None:
            self._there.clear()
            await self._there.wait()
        taken, self._newest = self._newest, None
        return taken


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A frame, which of all that came it is, and when that was."""

    number: int
    frame: Frame
    came_s: float


class _Pulse:
    """Whether most frames are dropped, looked at every now and then."""

    def __init__(self) -> None:
        self._since, self._looked, self._skipped = monotonic(), 0, 0

    def beat(self, looked: int, skipped: int) -> int | None:
        """How many frames a second could be looked at, where far more came; both counted since the beginning."""
        now = monotonic()
        took_s = now - self._since
        if took_s < _PULSE_S:
            return None
        done, dropped = looked - self._looked, skipped - self._skipped
        self._since, self._looked, self._skipped = now, looked, skipped
        return max(1, int(done / took_s)) if dropped > done else None


class _Conversation:
    def __init__(self, socket: Socket, session: LiveSession) -> None:
        self._socket = socket
        self._session = session
        self._frames = _Newest()
        self._pulse = _Pulse()
        self._looked = 0

    async def listen(self) -> None:
        """Takes in what comes, without waiting for anything but the next message."""
        while True:
            message = await self._socket.receive(_IDLE_S)
            if isinstance(message, bytes):
                self._frames.put(message)
            elif len(message) > _MAX_CONTROL_CHARACTERS:
                self._frames.put(_mesh_of(message))
            else:
                await self._obey(message)

    async def guide(self) -> None:
        """Answers one frame after the other, until a reading is sent."""
        while True:
            taken = await self._frames.take()
            guidance = await self._seen(taken)
            bearable = self._pulse.beat(self._looked, self._frames.skipped)
            if bearable is not None:
                await self._socket.send(wire.SlowDownMessage(frames_per_second=bearable))
            if guidance is None:
                continue
            await self._socket.send(message_of(guidance, taken.number, self._frames.skipped, self._socket.locale))
            if guidance.progress >= 1 and await self._read():
                return

    async def _seen(self, taken: _Numbered) -> Guidance | None:
        """None where the frame is no picture, which the client is told, or nobody had time for it."""
        try:
            guidance = await self._session.process(taken.frame, taken.came_s)
        except Unavailable:
            self._frames.skipped += 1
            return None
        except (InvalidInput, Malformed, TooLarge) as error:
            await self._socket.tell(error)
            return None
        finally:
            self._looked += 1
        return guidance

    async def _read(self) -> bool:
        """False where there could be no reading; the client is told why, and the coaching begins anew."""
        try:
            result = await self._session.create_reading(self._socket.locale)
        except (InvalidInput, Malformed, TooLarge, Unavailable) as error:
            await self._socket.tell(error)
            return False
        await self._socket.send(wire.ReadingMessage(reading=present(result)))
        return True

    async def _obey(self, message: str) -> None:
        try:
            start = _start_of(message)
            self._session.set_birth_year(start.birth_year)
        except (InvalidInput, Malformed) as error:
            await self._socket.tell(error)
            return
        if start.locale is not None:
            self._socket.locale = negotiate_locale((start.locale,))


def _start_of(message: str) -> wire.StartMessage:
    """Raises MessageTypeError for a message that has no place here, InvalidRequestError for one that is not right."""
    values = parse_object(message.encode("utf-8", "surrogatepass"))
    if values.get("type") != "start":
        expected = "binary frames, `landmarks` or `start`"
        raise MessageTypeError("Send frames as binary messages, landmarks, or `start`.", expected=expected)
    try:
        return wire.StartMessage.model_validate(values)
    except ValidationError as error:
        raise invalid_model(error, wire.StartMessage.model_fields) from None


def _mesh_of(message: str) -> Frame:
    """Parses the landmarks later, in the pool; then raises what is wrong with them."""

    def parse() -> LandmarkFrame:
        body = message.encode("utf-8", "surrogatepass")
        if too_complex(body):
            raise _no_mesh()
        try:
            sent = wire.LandmarksMessage.model_validate(parse_object(body))
        except ValidationError as error:
            raise invalid_model(error, wire.LandmarksMessage.model_fields) from None
        if len(sent.points) not in LANDMARK_COUNTS or {len(point) for point in sent.points} not in ({2}, {3}):
            raise _no_mesh()
        return LandmarkFrame(np.array(sent.points, dtype=np.float64), sent.width, sent.height)

    return parse


def _no_mesh() -> InvalidLandmarksError:
    message = "Landmarks must be the 468 or 478 points of a face mesh, all [x, y] or all [x, y, z]."
    return InvalidLandmarksError(message, expected=LANDMARK_COUNTS)


def message_of(guidance: Guidance, number: int, skipped: int, locale: Locale) -> wire.GuidanceMessage:
    """What a client is told of a frame."""
    glance = guidance.frame
    return wire.GuidanceMessage(
        frame=number,
        skipped=skipped,
        hints=[cue.value for cue in guidance.cues],
        text=load("live", locale, dict[str, str])[guidance.cues[0].value if guidance.cues else "steady"],
        progress=round(guidance.progress, 2),
        pose=_pose(glance.pose) if glance.pose else None,
        quality=_quality(glance.quality) if glance.quality else None,
        face=_face(glance.points, glance.width, glance.height) if glance.points is not None else None,
    )


def _pose(pose: Pose) -> wire.LivePose:
    return wire.LivePose(
        yaw_deg=round(pose.yaw_deg, 1), pitch_deg=round(pose.pitch_deg, 1), roll_deg=round(pose.roll_deg, 1)
    )


def _quality(quality: Quality) -> wire.LiveQuality:
    return wire.LiveQuality(
        score=quality.score,
        face_width_px=round(quality.face_width_px, 1),
        sharpness=_short(quality.sharpness),
        brightness=_short(quality.brightness),
        light_asymmetry=_short(quality.light_asymmetry),
    )


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _face(points: Points, width: int, height: int) -> wire.LiveFace:
    places = (points[:, :2] / (width, height)).round(4)
    low, high = places.min(axis=0).tolist(), places.max(axis=0).tolist()
    outline = [(x, y) for x, y in places[list(FACE_OVAL)].tolist()]
    return wire.LiveFace(box=(low[0], low[1], round(high[0] - low[0], 4), round(high[1] - low[1], 4)), outline=outline)
