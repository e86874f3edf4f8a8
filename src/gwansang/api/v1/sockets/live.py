"""Live guidance over a WebSocket: frames come in at any pace, the latest is processed, and guidance goes out."""

import asyncio
from dataclasses import dataclass
from time import monotonic

import numpy as np
from pydantic import ValidationError

from gwansang.api.errors import invalid_model
from gwansang.api.json_body import parse_object, too_complex
from gwansang.api.v1.presenters.live import present_guidance
from gwansang.api.v1.presenters.readings import present
from gwansang.api.v1.sockets.connection import MessageTypeError, Socket, SocketIdleError, run_until_first_ends
from gwansang.core.exceptions import InvalidInput, Malformed, TooLarge, Unavailable
from gwansang.core.locale_negotiation import negotiate_locale
from gwansang.schemas import live as wire
from gwansang.services.ml.face_analyzer import InvalidLandmarksError
from gwansang.services.readings.live_service import Frame, Guidance, LandmarkFrame, LiveService, LiveSession
from gwansang.vision.given_landmarks import LANDMARK_COUNTS

MAX_FRAME_BYTES = 1024 * 1024
_FRAMES_PER_S = 30
_IDLE_S = 30.0
_SESSION_S = 600.0
_MAX_CONTROL_CHARACTERS = 4096  # a longer text can only be landmarks, which are parsed in the pool
_DROPS_WINDOW_S = 2.0


async def guide(socket: Socket, live: LiveService) -> None:
    """Guide the client until there is a reading, for ten minutes at most."""
    session = await live.open_session(socket.user_id)
    hello = wire.HelloMessage(
        guest=socket.caller is None, max_frame_bytes=MAX_FRAME_BYTES, frames_per_second=_FRAMES_PER_S
    )
    await socket.send(hello)
    guidance = _LiveGuidance(socket, session)
    try:
        async with asyncio.timeout(_SESSION_S):
            await run_until_first_ends(guidance.receive(), guidance.answer())
    except TimeoutError:
        raise SocketIdleError("There was no reading within ten minutes, so the connection was closed.") from None


@dataclass(frozen=True, slots=True)
class _ReceivedFrame:
    """A frame with its number among all that were received, and the time of its arrival."""

    number: int
    frame: Frame
    received_s: float


class _LatestFrame:
    """A queue of one frame: a newer one replaces it, and the replaced one counts as skipped."""

    def __init__(self) -> None:
        self._latest: _ReceivedFrame | None = None
        self._available = asyncio.Event()
        self._received = 0
        self.skipped = 0

    def put(self, frame: Frame) -> None:
        self.skipped += self._latest is not None
        self._received += 1
        self._latest = _ReceivedFrame(self._received, frame, monotonic())
        self._available.set()

    async def get(self) -> _ReceivedFrame:
        while self._latest is None:
            self._available.clear()
            await self._available.wait()
        frame, self._latest = self._latest, None
        return frame


class _DropMonitor:
    """Compares, once in a while, how many frames were processed and how many were skipped."""

    def __init__(self) -> None:
        self._since, self._processed, self._skipped = monotonic(), 0, 0

    def sustainable_rate(self, processed: int, skipped: int) -> int | None:
        """Return the frames per second that can be processed if most were skipped lately; counts are totals."""
        now = monotonic()
        elapsed_s = now - self._since
        if elapsed_s < _DROPS_WINDOW_S:
            return None
        processed_now, skipped_now = processed - self._processed, skipped - self._skipped
        self._since, self._processed, self._skipped = now, processed, skipped
        return max(1, int(processed_now / elapsed_s)) if skipped_now > processed_now else None


class _LiveGuidance:
    """One session of guidance."""

    def __init__(self, socket: Socket, session: LiveSession) -> None:
        self._socket = socket
        self._session = session
        self._frames = _LatestFrame()
        self._drops = _DropMonitor()
        self._processed = 0

    async def receive(self) -> None:
        """Receive messages, waiting for nothing but the next one."""
        while True:
            message = await self._socket.receive(_IDLE_S)
            if isinstance(message, bytes):
                self._frames.put(message)
            elif len(message) > _MAX_CONTROL_CHARACTERS:
                self._frames.put(_landmarks_of(message))
            else:
                await self._start(message)

    async def answer(self) -> None:
        """Answer one frame after the other, until a reading is sent."""
        while True:
            received = await self._frames.get()
            guidance = await self._process(received)
            rate = self._drops.sustainable_rate(self._processed, self._frames.skipped)
            if rate is not None:
                await self._socket.send(wire.SlowDownMessage(frames_per_second=rate))
            if guidance is None:
                continue
            skipped, locale = self._frames.skipped, self._socket.locale
            await self._socket.send(present_guidance(guidance, received.number, skipped, locale))
            if guidance.progress >= 1 and await self._send_reading():
                return

    async def _process(self, received: _ReceivedFrame) -> Guidance | None:
        """Return the guidance; None if the frame is no image, which the client is sent, or the pool is busy."""
        try:
            guidance = await self._session.process(received.frame, received.received_s)
        except Unavailable:
            self._frames.skipped += 1
            return None
        except (InvalidInput, Malformed, TooLarge) as error:
            await self._socket.send_error(error)
            return None
        finally:
            self._processed += 1
        return guidance

    async def _send_reading(self) -> bool:
        """Send the reading and return True; if there is none, send the error, and guidance starts over."""
        try:
            result = await self._session.create_reading(self._socket.locale)
        except (InvalidInput, Malformed, TooLarge, Unavailable) as error:
            await self._socket.send_error(error)
            return False
        await self._socket.send(wire.ReadingMessage(reading=present(result)))
        return True

    async def _start(self, message: str) -> None:
        try:
            start = _start_message_of(message)
            self._session.set_birth_year(start.birth_year)
        except (InvalidInput, Malformed) as error:
            await self._socket.send_error(error)
            return
        if start.locale is not None:
            self._socket.locale = negotiate_locale((start.locale,))


def _start_message_of(message: str) -> wire.StartMessage:
    """Parse a `start` message; raises MessageTypeError for any other, InvalidRequestError for an invalid one."""
    values = parse_object(message.encode("utf-8", "surrogatepass"))
    if values.get("type") != "start":
        expected = "binary frames, `landmarks` or `start`"
        raise MessageTypeError("Send frames as binary messages, landmarks, or `start`.", expected=expected)
    try:
        return wire.StartMessage.model_validate(values)
    except ValidationError as error:
        raise invalid_model(error, wire.StartMessage.model_fields) from None


def _landmarks_of(message: str) -> Frame:
    """Return a frame whose landmarks are parsed in the pool, which then raises whatever is wrong with them."""

    def parse() -> LandmarkFrame:
        body = message.encode("utf-8", "surrogatepass")
        if too_complex(body):
            raise _invalid_landmarks()
        try:
            sent = wire.LandmarksMessage.model_validate(parse_object(body))
        except ValidationError as error:
            raise invalid_model(error, wire.LandmarksMessage.model_fields) from None
        if len(sent.points) not in LANDMARK_COUNTS or {len(point) for point in sent.points} not in ({2}, {3}):
            raise _invalid_landmarks()
        return LandmarkFrame(
            np.array(sent.points, dtype=np.float64), sent.width, sent.height, two_looks=sent.landmark_looks == 2
        )

    return parse


def _invalid_landmarks() -> InvalidLandmarksError:
    message = "Landmarks must be the 468 or 478 points of a face mesh, all [x, y] or all [x, y, z]."
    return InvalidLandmarksError(message, expected=LANDMARK_COUNTS)
