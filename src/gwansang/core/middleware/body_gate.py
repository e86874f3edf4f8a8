"""What may come in as a request body: not encoded, not too long, not too slow, not too much at once."""

import asyncio
from collections.abc import Mapping
from time import monotonic

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gwansang.core.exceptions import Malformed, TooLarge, UnsupportedMedia
from gwansang.core.middleware.boundary import Answer
from gwansang.core.middleware.intake import Intake


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

    max_bytes: by path, else `default_max_bytes`. What is refused while reading is raised into the application, which
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
    ) -> None:
        self.app = app
        self._max_bytes = max_bytes
        self._default_max_bytes = default_max_bytes
        self._timeout_s = timeout_s
        self._intake = intake
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self._max_bytes.get(scope["path"].rstrip("/"), self._default_max_bytes)
        refusal = _refusal(Headers(scope=scope), limit)
        if refusal is not None:
            await self._answer(scope, refusal)(scope, receive, _closing(send))
            return
        with self._intake.share() as share:
            body = _Body(receive, limit, self._timeout_s)

            async def receive_counted() -> Message:
                if body.complete:
                    return await receive()
                await self._intake.turn(share)
                size = await body.next()
                self._intake.add(share, size, last=body.complete)
                return body.message

            async def send_or_close(message: Message) -> None:
                await (send if body.complete or not body.broken else _closing(send))(message)

            await self.app(scope, receive_counted, send_or_close)


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


def _closing(send: Send) -> Send:
    async def send_and_close(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), (b"connection", b"close")]
        await send(message)

    return send_and_close
