"""Live sessions over an open WebSocket, with and without asyncio."""

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Sequence
from typing import Final

from websockets.asyncio.client import ClientConnection as AsyncConnection
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from gwansang_client.errors import ApiError, NoReadingError, SocketClosedError, UnexpectedAnswerError, WaitTimeoutError
from gwansang_client.generated import models
from gwansang_client.live import (
    Guidance,
    Hello,
    LiveMessage,
    LiveProblem,
    LiveReading,
    landmarks_message,
    parse_message,
    start_message,
)

_ANSWER_S: Final = 30.0
_FRAMES_PER_S: Final = 15.0
Told = Callable[[Guidance], object]


class _Answers:
    """Parses the messages of a session and remembers the last problem, which tells why a socket is closed."""

    def __init__(self) -> None:
        self.last_problem: ApiError | None = None

    def parse(self, text: str | bytes) -> LiveMessage:
        message = parse_message(text)
        self.last_problem = message.error if isinstance(message, LiveProblem) else None
        return message

    def closed(self, closing: ConnectionClosed) -> SocketClosedError:
        frame = closing.rcvd
        return SocketClosedError(frame.code if frame else None, frame.reason if frame else "", self.last_problem)


def _hello(message: LiveMessage) -> Hello:
    if isinstance(message, LiveProblem):
        raise message.error
    if not isinstance(message, Hello):
        raise UnexpectedAnswerError(f"{type(message).__name__} came before the hello")
    return message


def _reading(message: LiveMessage, told: Told | None) -> models.FaceReading | bool:
    """Return the reading if the message has it, else whether it is being made; raises the error of a problem."""
    if isinstance(message, LiveProblem):
        raise message.error
    if isinstance(message, LiveReading):
        return message.reading
    if isinstance(message, Guidance) and told is not None:
        told(message)
    return isinstance(message, Guidance) and message.ready


class LiveSession:
    """A live session: frames out, guidance in, and the reading at the end.

    hello: the size and the rate of frames that the service takes.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._answers = _Answers()
        self.hello: Hello

    def start(self, locale: str | None, birth_year: int | None) -> None:
        """Open the session; raises the ApiError that refuses it."""
        self._send(start_message(locale, birth_year))
        self.hello = _hello(self.receive())

    def send_frame(self, frame: bytes) -> None:
        """Send a frame of the camera, best a JPEG of 640 by 480, not mirrored."""
        self._send(frame)

    def send_landmarks(self, points: Sequence[Sequence[float]], *, width: int, height: int, looks: int = 1) -> None:
        """Send the 468 or 478 points of a face mesh instead of a frame, as fractions of it."""
        self._send(landmarks_message(points, width, height, looks))

    def receive(self, timeout: float | None = _ANSWER_S) -> LiveMessage:
        """Return the next message; raises SocketClosedError and WaitTimeoutError."""
        try:
            return self._answers.parse(self._socket.recv(timeout=timeout))
        except ConnectionClosed as closing:
            raise self._answers.closed(closing) from closing
        except TimeoutError:
            raise WaitTimeoutError("no message came in time") from None

    def __iter__(self) -> Iterator[LiveMessage]:
        """Yield messages until the service closes the session; raises SocketClosedError if that is an error."""
        while True:
            try:
                yield self.receive()
            except SocketClosedError as closing:
                if closing.code == 1000:
                    return
                raise

    def read(
        self, frames: Iterable[bytes], *, told: Told | None = None, frames_per_second: float = _FRAMES_PER_S
    ) -> models.FaceReading:
        """Send frames until there is a reading, and return it; raises NoReadingError if they end before.

        told: is called with the guidance after each frame.
        """
        for frame in frames:
            began = time.monotonic()
            self.send_frame(frame)
            if outcome := _reading(self.receive(), told):
                return self._awaited(outcome)
            time.sleep(max(0.0, 1 / frames_per_second - (time.monotonic() - began)))
        raise NoReadingError("the frames ended before the face could be read")

    def _awaited(self, outcome: models.FaceReading | bool) -> models.FaceReading:
        while not isinstance(outcome, models.FaceReading):
            outcome = _reading(self.receive(), None)
        return outcome

    def _send(self, message: str | bytes) -> None:
        try:
            self._socket.send(message)
        except ConnectionClosed as closing:
            raise self._answers.closed(closing) from closing


class AsyncLiveSession:
    """A live session with asyncio: frames out, guidance in, and the reading at the end.

    hello: the size and the rate of frames that the service takes.
    """

    def __init__(self, socket: AsyncConnection) -> None:
        self._socket = socket
        self._answers = _Answers()
        self.hello: Hello

    async def start(self, locale: str | None, birth_year: int | None) -> None:
        """Open the session; raises the ApiError that refuses it."""
        await self._send(start_message(locale, birth_year))
        self.hello = _hello(await self.receive())

    async def send_frame(self, frame: bytes) -> None:
        """Send a frame of the camera, best a JPEG of 640 by 480, not mirrored."""
        await self._send(frame)

    async def send_landmarks(
        self, points: Sequence[Sequence[float]], *, width: int, height: int, looks: int = 1
    ) -> None:
        """Send the 468 or 478 points of a face mesh instead of a frame, as fractions of it."""
        await self._send(landmarks_message(points, width, height, looks))

    async def receive(self, timeout: float | None = _ANSWER_S) -> LiveMessage:  # noqa: ASYNC109  # as in LiveSession
        """Return the next message; raises SocketClosedError and WaitTimeoutError."""
        try:
            async with asyncio.timeout(timeout):
                return self._answers.parse(await self._socket.recv())
        except ConnectionClosed as closing:
            raise self._answers.closed(closing) from closing
        except TimeoutError:
            raise WaitTimeoutError("no message came in time") from None

    async def __aiter__(self) -> AsyncIterator[LiveMessage]:
        """Yield messages until the service closes the session; raises SocketClosedError if that is an error."""
        while True:
            try:
                yield await self.receive()
            except SocketClosedError as closing:
                if closing.code == 1000:
                    return
                raise

    async def read(
        self,
        frames: Iterable[bytes] | AsyncIterable[bytes],
        *,
        told: Told | None = None,
        frames_per_second: float = _FRAMES_PER_S,
    ) -> models.FaceReading:
        """Send frames until there is a reading, and return it; raises NoReadingError if they end before.

        told: is called with the guidance after each frame.
        """
        async for frame in _each(frames):
            began = time.monotonic()
            await self.send_frame(frame)
            if outcome := _reading(await self.receive(), told):
                return await self._awaited(outcome)
            await asyncio.sleep(max(0.0, 1 / frames_per_second - (time.monotonic() - began)))
        raise NoReadingError("the frames ended before the face could be read")

    async def _awaited(self, outcome: models.FaceReading | bool) -> models.FaceReading:
        while not isinstance(outcome, models.FaceReading):
            outcome = _reading(await self.receive(), None)
        return outcome

    async def _send(self, message: str | bytes) -> None:
        try:
            await self._socket.send(message)
        except ConnectionClosed as closing:
            raise self._answers.closed(closing) from closing


async def _each(frames: Iterable[bytes] | AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(frames, AsyncIterable):
        async for frame in frames:
            yield frame
    else:
        for frame in frames:
            yield frame
