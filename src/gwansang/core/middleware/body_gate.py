"""Bounds on request bodies: no encoding, a size by route, a deadline, and a budget for all of them together."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gwansang.core.exceptions import Malformed, TooLarge, UnsupportedMedia
from gwansang.core.middleware.body_budget import BodyBudget
from gwansang.core.middleware.error_boundary import ErrorResponder

RELEASE_BODY = "release_body"  # in a request's state: call it when the part of a body that was read is stored
_LINGER_S = 2.0
_TIMED_BYTES = 32 * 1024 * 1024  # bodies of up to this size have to arrive within the timeout


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


@dataclass(frozen=True, slots=True)
class BodyRule:
    """Size limit of the bodies of one route; `budget`: a budget for this route alone, None for the shared one."""

    methods: frozenset[str]
    path: re.Pattern[str]
    max_bytes: int
    budget: BodyBudget | None = None


class BodyGate:
    """Refuses a body by its headers before a byte is read, and by counting while it is read.

    rules: limits of routes, in the order in which they are tried; any other route has `default_max_bytes`. A refusal
    while reading is raised into the application, which answers it as any other error; the connection is closed if a
    rest of the body could still be on its way.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        rules: Sequence[BodyRule],
        default_max_bytes: int,
        timeout_s: float,
        budget: BodyBudget,
        error_response: ErrorResponder,
    ) -> None:
        self.app = app
        self._rules = (*rules, BodyRule(frozenset(), re.compile(""), default_max_bytes))
        self._timeout_s = timeout_s
        self._budget = budget
        self._error_response = error_response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        rule = self._rule_of(scope)
        error = _header_error(Headers(scope=scope), rule.max_bytes)
        if error is not None:
            await self._error_response(scope, error)(scope, receive, _closing(receive, send))
            return
        with (rule.budget or self._budget).reserve() as reservation:
            body, closing = _Body(receive, rule.max_bytes, self._deadline_s(rule)), _closing(receive, send)
            scope.setdefault("state", {})[RELEASE_BODY] = reservation.release

            async def receive_counted() -> Message:
                if body.complete:
                    return await receive()
                await reservation.wait()
                size = await body.next()
                reservation.add(size, last=body.complete)
                return body.message

            async def send_or_close(message: Message) -> None:
                await (closing if body.broken else send)(message)

            await self.app(scope, receive_counted, send_or_close)

    def _rule_of(self, scope: Scope) -> BodyRule:
        method, path = scope["method"], scope["path"].rstrip("/")
        return next((rule for rule in self._rules if method in rule.methods and rule.path.match(path)), self._rules[-1])

    def _deadline_s(self, rule: BodyRule) -> float:
        """Return the time that a body has to arrive in, longer for large ones."""
        return self._timeout_s * max(1.0, rule.max_bytes / _TIMED_BYTES)


class _Body:
    """The body of one request while it arrives."""

    def __init__(self, receive: Receive, limit: int, timeout_s: float) -> None:
        self._receive = receive
        self._limit = limit
        self._left_s = timeout_s
        self._size = 0
        self.complete = False
        self.broken = False
        self.message: Message = {}

    async def next(self) -> int:
        """Receive the next message and return how many bytes came with it."""
        started = monotonic()
        self.broken = True  # until the message has arrived within all limits
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


def _header_error(headers: Headers, limit: int) -> UnsupportedMedia | TooLarge | None:
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
    """Close the connection after the answer, with time for the client to stop sending and to read it."""

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
    """Discard what still arrives, for a moment: closing at once would reset the connection, and lose the answer."""
    try:
        async with asyncio.timeout(_LINGER_S):
            while (await receive()).get("more_body", False):
                pass
    except TimeoutError:
        return
