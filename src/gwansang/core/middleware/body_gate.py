"""Bounds on request bodies: no encoding, a size by route, a deadline, and a budget for all of them together."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gwansang.core.exceptions import Malformed, TooLarge, UnsupportedMedia
from gwansang.core.middleware.body_budget import BodyBudget, BodyReservation
from gwansang.core.middleware.error_boundary import ErrorResponder

RELEASE_BODY = "release_body"  # in a request's state: call it when the part of a body that was read is stored
BODY_HOLDER = "body_holder"  # in a request's state: the user whose share its body counts to, once that is known
_LINGER_S = 2.0
_SMALL_BYTES = 16 * 1024  # announced bodies of up to this size don't wait for large ones
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
class LeastRate:
    """The bytes that have to arrive in every window while the server reads."""

    bytes_per_s: int = 4096
    window_s: float = 10.0

    @property
    def bytes_per_window(self) -> float:
        return self.bytes_per_s * self.window_s


@dataclass(frozen=True, slots=True)
class BodyRule:
    """Size limit of the bodies of one route; `budget`: a budget for this route alone, None for the shared one."""

    methods: frozenset[str]
    path: re.Pattern[str]
    max_bytes: int
    budget: BodyBudget | None = None


@dataclass(frozen=True, slots=True)
class BodySenders:
    """Who sends bodies.

    holder_of: returns whose share the body of a request without a known user counts to. admit: called before a byte of
    a body is read, to raise for senders who have spent what they may; frameworks read a body before they count its
    request.
    """

    holder_of: Callable[[Scope], str]
    admit: Callable[[Scope], Awaitable[None]]


class BodyGate:
    """Refuses a body by its headers before a byte is read, and by counting while it is read.

    rules: limits of routes, in the order in which they are tried; any other route has `default_max_bytes`. A refusal
    while reading is raised into the application, which answers it as any other error; the connection is closed if a
    rest of the body could still be on its way. senders: without it nobody has a share, and all are admitted.
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
        senders: BodySenders | None = None,
        least_rate: LeastRate | None = None,
    ) -> None:
        self.app = app
        self._rules = (*rules, BodyRule(frozenset(), re.compile(""), default_max_bytes))
        self._timeout_s = timeout_s
        self._budget = budget
        self._error_response = error_response
        self._senders = senders
        self._least_rate = least_rate or LeastRate()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        rule = self._rule_of(scope)
        headers = Headers(scope=scope)
        error = _header_error(headers, rule.max_bytes)
        if error is not None:
            await self._error_response(scope, error)(scope, receive, _closing(receive, send))
            return
        body = _Body(receive, rule.max_bytes, self._deadline_s(rule), self._least_rate)
        closing = _closing(receive, send)
        with (rule.budget or self._budget).reserve(small=_is_small(headers)) as reservation:
            scope.setdefault("state", {})[RELEASE_BODY] = reservation.release

            async def receive_counted() -> Message:
                if body.complete:
                    return await receive()
                if reservation.holder is None and self._senders is not None:
                    await body.admit(self._senders, scope, reservation)
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

    def __init__(self, receive: Receive, limit: int, timeout_s: float, least_rate: LeastRate) -> None:
        self._receive = receive
        self._limit = limit
        self._left_s = timeout_s
        self._least_rate = least_rate
        self._window_s = 0.0  # time that the current window has taken
        self._window_bytes = 0
        self._size = 0
        self.complete = False
        self.broken = False
        self.message: Message = {}

    async def admit(self, senders: BodySenders, scope: Scope, reservation: BodyReservation) -> None:
        """Count the body to its sender's share, unless the sender is not admitted: then nothing of it is read."""
        if _has_body(Headers(scope=scope)):
            self.broken = True
            await senders.admit(scope)
            self.broken = False
        reservation.assign(scope["state"].get(BODY_HOLDER) or senders.holder_of(scope))

    async def next(self) -> int:
        """Receive the next message and return how many bytes came with it."""
        self.broken = True  # until the message has arrived within all limits
        self.message = await self._receive_in_time()
        size = len(self.message.get("body", b""))
        self._size += size
        self._window_bytes += size
        if self._size > self._limit:
            raise _too_large(self._limit)
        self.complete = not self.message.get("more_body", False)
        self.broken = False
        return size

    async def _receive_in_time(self) -> Message:
        """Receive a message; raises BodyTimeoutError at the deadline, and for fewer bytes than the least rate asks."""
        while True:
            started, message = monotonic(), None
            with suppress(TimeoutError):
                async with asyncio.timeout(min(self._left_s, self._least_rate.window_s - self._window_s)):
                    message = await self._receive()
            self._left_s -= monotonic() - started
            self._window_s += monotonic() - started
            if message is not None:
                return message
            self._check_rate()

    def _check_rate(self) -> None:
        window_is_over = self._window_s >= self._least_rate.window_s
        if self._left_s <= 0 or (window_is_over and self._window_bytes < self._least_rate.bytes_per_window):
            raise BodyTimeoutError("The rest of the request did not arrive in time; send it again.")
        if window_is_over:
            self._window_s, self._window_bytes = 0.0, 0


def _header_error(headers: Headers, limit: int) -> UnsupportedMedia | TooLarge | None:
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        return ContentEncodingError("Send the body as it is, without Content-Encoding.")
    announced = headers.get("content-length", "0")
    if announced.isdecimal() and int(announced[:20]) > limit:
        return _too_large(limit)
    return None


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def _is_small(headers: Headers) -> bool:
    if not _has_body(headers):
        return True
    announced = headers.get("content-length", "")
    return announced.isdecimal() and int(announced[:20]) <= _SMALL_BYTES


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
