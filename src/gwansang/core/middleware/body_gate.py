"""What may come in as a request body: not encoded, not too long, not too slow, not too much at once."""

import asyncio
from collections.abc import Mapping
from functools import partial
from time import monotonic

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gwansang.core.exceptions import Malformed, TooLarge, UnsupportedMedia
from gwansang.core.middleware.boundary import Answer
from gwansang.core.middleware.intake import Intake

PUT_AWAY = "put_away"  # in a request's state: to be called by whoever stores a body piece by piece
_LINGER_S = 2.0
_IN_TIME_BYTES = 32 * 1024 * 1024  # what has to be here in time


class BodyTooLargeError(TooLarge):
    """Carries `max_bytes` in its context."""

    code = "BODY_TOO_LARGE"
    title = "The request body is too large"


class BodyTimeoutError(Malformed):
    code = "BODY_TIMEOUT"
    title = "The request body came too slowly"


class ContentEncodingError(UnsupportedMedia):
    code = "CONTENT_ENCODING_NOT_ACCEPTED"
    title = "Encoded request bodies are not accepted"


class BodyGate:
    """Refuses by the headers before a byte is read, and by counting while the body is read.

    max_bytes: by path, else `default_max_bytes`; apart: paths whose bodies have an intake of their own, so that they
    keep nobody else waiting. What is refused while reading is raised into the application, which
    answers it as any other error; the connection is closed where a rest of the body could still be on its way.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_bytes: Mapping[str, int],
        default_max_bytes: int,
        timeout_s: float,
        intake: Intake,
        answer: Answer,
        apart: Mapping[str, Intake] | None = None,
    ) -> None:
        self.app = app
        self._max_bytes = max_bytes
        self._default_max_bytes = default_max_bytes
        self._timeout_s = timeout_s
        self._intake = intake
        self._answer = answer
        self._apart = apart or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"].rstrip("/")
        limit, intake = self._max_bytes.get(path, self._default_max_bytes), self._apart.get(path, self._intake)
        refusal = _refusal(Headers(scope=scope), limit)
        if refusal is not None:
            await self._answer(scope, refusal)(scope, receive, _closing(receive, send))
            return
        with intake.share() as share:
            body, closing = _Body(receive, limit, self._time_s(limit)), _closing(receive, send)
            scope.setdefault("state", {})[PUT_AWAY] = partial(intake.give_back, share)

            async def receive_counted() -> Message:
                if body.complete:
                    return await receive()
                await intake.turn(share)
                size = await body.next()
                intake.add(share, size, last=body.complete)
                return body.message

            async def send_or_close(message: Message) -> None:
                await (closing if body.broken else send)(message)

            await self.app(scope, receive_counted, send_or_close)

    def _time_s(self, limit: int) -> float:
        """Long bodies may take longer."""
        return self._timeout_s * max(1.0, limit / _IN_TIME_BYTES)


class _Body:
    """One request's body on its way in."""

    def __init__(self, receive: Receive, limit: int, timeout_s: float) -> None:
        self._receive = receive
        self._limit = limit
        self._left_s = timeout_s
        self._size = 0
        self.complete = False
        self.broken = False
        self.message: Message = {}

    async def next(self) -> int:
        """Receives the next message; returns how many bytes came with it."""
        started = monotonic()
        self.broken = True  # until the message is here and found good
        try:
            async with asyncio.timeout(self._left_s):
                self.message = await self._receive()
        except TimeoutError:
            raise BodyTimeoutError("The rest of the request did not arrive in time; send it again.") from None
        self._left_s -= monotonic() - started
        size = len(self.message.get("body", b""))
        self._size += size
        if self._size > self._limit:
            raise _too_large(self._limit)
        self.complete = not self.message.get("more_body", False)
        self.broken = False
        return size


def _refusal(headers: Headers, limit: int) -> UnsupportedMedia | TooLarge | None:
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        return ContentEncodingError("Send the body as it is, without Content-Encoding.")
    announced = headers.get("content-length", "0")
    if announced.isdecimal() and int(announced[:20]) > limit:
        return _too_large(limit)
    return None


def _too_large(limit: int) -> BodyTooLargeError:
    return BodyTooLargeError(f"The request body is larger than the {limit} bytes accepted here.", max_bytes=limit)


def _closing(receive: Receive, send: Send) -> Send:
    """Closes the connection after the answer, but not before the sender had a chance to stop sending and to read it."""

    async def send_and_close(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send({**message, "headers": [*message.get("headers", []), (b"connection", b"close")]})
        elif message.get("more_body", False):
            await send(message)
        else:
            await send({**message, "more_body": True})
            await _discard(receive)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return send_and_close


async def _discard(receive: Receive) -> None:
    """Throws away what still comes, for a moment: closing at once would reset the connection, answer and all."""
    try:
        async with asyncio.timeout(_LINGER_S):
            while (await receive()).get("more_body", False):
                pass
    except TimeoutError:
        return
