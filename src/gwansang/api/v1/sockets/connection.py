"""A WebSocket from its opening to its end: who opens it, how long it stays open, and how it is closed.

An endpoint takes a `SocketAcceptor` and gives it a handler:

    @router.websocket("/somewhere")
    async def somewhere(acceptor: Acceptor, things: Things) -> None:
        await acceptor.run(partial(handle, things), scope="history:read", receives=False)

`handle(socket)` runs until it returns (the socket closes with 1000), raises an AppError (the problem is sent, and the
close code names its kind), or the client, its token or the server ends. What it started has to end with it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import Annotated

from fastapi import Depends, WebSocket
from pydantic import BaseModel, ValidationError
from starlette.websockets import WebSocketDisconnect

from gwansang.api.errors import error_response, problem_of
from gwansang.container import Container
from gwansang.core import exceptions as tree
from gwansang.core.exceptions import AppError
from gwansang.dependencies.callers import address_of
from gwansang.dependencies.params import chosen_locale
from gwansang.dependencies.services import container_of
from gwansang.dependencies.sockets import (
    ForeignOriginError,
    authenticate_message,
    authenticate_opening,
    check_origin,
    count_opening,
)
from gwansang.schemas.problem import Problem
from gwansang.schemas.sockets import AuthMessage, ErrorMessage
from gwansang.services.accounts.caller import Caller, Scope
from gwansang.texts import Locale

SocketHandler = Callable[["Socket"], Awaitable[None]]

_AUTH_S = 5.0  # for the first message of a client without a header and a ticket
_SEND_S = 10.0  # for a client to take a message
_CLOSE_S = 2.0
_MAX_AUTH_CHARACTERS = 5000
_POINTS_PER_S, _MAX_POINTS = 120.0, 360.0  # a message is a point, and another for every 64 KiB
_BYTES_PER_POINT = 64 * 1024


class SocketIdleError(tree.Malformed):
    code = "SOCKET_IDLE"
    title = "Nothing came for too long"


class SocketSlowError(tree.Malformed):
    code = "SOCKET_SLOW"
    title = "Messages are not taken"


class SocketFloodError(tree.RateLimited):
    code = "SOCKET_FLOOD"
    title = "Too many messages"


class MessageTypeError(tree.UnsupportedMedia):
    """Carries `expected` in its context."""

    code = "MESSAGE_TYPE_NOT_ACCEPTED"
    title = "This kind of message is not accepted here"


CLOSE_CODES: Mapping[type[AppError], int] = {
    AppError: 1011,
    tree.UnsupportedMedia: 1003,
    tree.TooLarge: 1009,
    tree.RateLimited: 1013,
    tree.Unavailable: 1013,
    tree.Malformed: 4400,
    tree.InvalidInput: 4400,
    tree.Unauthenticated: 4401,
    tree.Forbidden: 4403,
    tree.NotFound: 4404,
    SocketIdleError: 4408,
    SocketSlowError: 4408,
    tree.Conflict: 4409,
}


class Socket:
    """An open WebSocket and its caller, who is None for a guest."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._pushed_back: bytes | str | None = None
        self._points = _MAX_POINTS
        self._refilled_at = monotonic()
        self.caller: Caller | None = None
        self.locale: Locale = chosen_locale(websocket)

    @property
    def user_id(self) -> int | None:
        """User id of the caller; None for a guest."""
        return self.caller.user_id if self.caller else None

    async def receive(self, timeout_s: float | None = None) -> bytes | str:
        """Return the next message; raises SocketIdleError if none comes, SocketFloodError if too many do."""
        message, self._pushed_back = self._pushed_back, None
        if message is not None:
            return message
        try:
            async with asyncio.timeout(timeout_s):
                event = await self._websocket.receive()
        except TimeoutError:
            raise SocketIdleError("Nothing came for too long, so the connection was closed.") from None
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code", 1005))
        received: bytes | str = event["bytes"] if event.get("bytes") is not None else event["text"]
        self._spend(len(received))
        return received

    def push_back(self, message: bytes | str) -> None:
        """Keep a message for the next `receive`."""
        self._pushed_back = message

    async def send(self, message: BaseModel) -> None:
        """Send a message as JSON; raises SocketSlowError if the client does not take it."""
        try:
            async with asyncio.timeout(_SEND_S):
                await self._websocket.send_text(message.model_dump_json())
        except TimeoutError:
            raise SocketSlowError("Messages were not taken, so the connection was closed.") from None

    async def send_error(self, error: AppError) -> None:
        """Send the problem and leave the socket open."""
        problem = problem_of(self._websocket.scope, error, self.locale)
        await self.send(ErrorMessage(problem=Problem.model_validate(problem)))

    def _spend(self, size: int) -> None:
        now = monotonic()
        self._points = min(self._points + (now - self._refilled_at) * _POINTS_PER_S, _MAX_POINTS)
        self._refilled_at = now
        self._points -= 1 + size / _BYTES_PER_POINT
        if self._points < 0:
            raise SocketFloodError("Messages came faster than they can be looked at; send fewer.", retry_after_s=5)


class SocketAcceptor:
    """Accepts a connection, runs its handler while its credentials are valid, and closes it with a reason."""

    def __init__(self, websocket: WebSocket, services: Container, address: str) -> None:
        self._websocket = websocket
        self._services = services
        self._policy = services.edge.sockets
        self._address = address

    async def run(
        self, handler: SocketHandler, *, scope: Scope, allows_guests: bool = False, receives: bool = True
    ) -> None:
        """Run the handler for a caller with this scope, or for a guest if `allows_guests` and the settings do.

        receives: False if the handler never receives; messages are an error then, and a disconnect is noticed here.
        """
        try:
            check_origin(self._websocket, self._policy.origins)
        except ForeignOriginError as error:
            await self._websocket.send_denial_response(error_response(self._websocket.scope, error))
            return
        await self._websocket.accept()
        socket = Socket(self._websocket)
        try:
            handlers = [handler] if receives else [handler, _refuse_messages]
            await self._run(socket, handlers, scope, allows_guests and self._services.edge.allow_guests)
        except WebSocketDisconnect:
            return
        except AppError as error:
            if not isinstance(error, SocketSlowError):  # who takes no message takes no error either
                with suppress(WebSocketDisconnect, AppError):
                    await socket.send_error(error)
            await self._close(close_code(type(error)), error.code)
        else:
            await self._close(1000)

    async def _run(self, socket: Socket, handlers: Sequence[SocketHandler], scope: Scope, allows_guests: bool) -> None:
        slots = self._services.sockets
        with slots.acquire(f"address:{self._address}", self._policy.per_address):
            caller = socket.caller = await self._authenticate(socket, allows_guests)
            await count_opening(self._websocket, self._address, caller, scope)
            if caller is None:
                await run_until_first_ends(*(handle(socket) for handle in handlers))
                return
            self._websocket.state.caller = caller.id
            with slots.acquire(f"user:{caller.user_id}", self._policy.per_user):
                await run_until_first_ends(*(handle(socket) for handle in (*handlers, self._recheck)))

    async def _authenticate(self, socket: Socket, allows_guests: bool) -> Caller | None:
        caller = await authenticate_opening(self._websocket, self._address)
        if caller is not None:
            return caller
        first = await self._first_message(socket)
        token = token_of(first) if first is not None else None
        if token is None and first is not None and allows_guests:
            socket.push_back(first)
            return None
        return await authenticate_message(self._websocket, self._address, token)

    async def _first_message(self, socket: Socket) -> bytes | str | None:
        try:
            return await socket.receive(_AUTH_S)
        except SocketIdleError:
            return None

    async def _recheck(self, socket: Socket) -> None:
        """Raise Unauthenticated once the token or key of the caller has ended."""
        tickets, pause_s = self._services.tickets, self._policy.recheck_s
        while (caller := socket.caller) is not None:
            left_s = tickets.seconds_left(caller)
            await asyncio.sleep(pause_s if left_s is None else min(pause_s, max(left_s, 0.05)))
            await tickets.ensure_valid(caller)

    async def _close(self, code: int, reason: str | None = None) -> None:
        with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(_CLOSE_S):
                await self._websocket.close(code, reason)


async def run_until_first_ends(*awaitables: Awaitable[None]) -> None:
    """Run awaitables until one of them returns or raises, cancel the others, and raise its error."""
    tasks = [asyncio.ensure_future(awaitable) for awaitable in awaitables]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _refuse_messages(socket: Socket) -> None:
    await socket.receive()
    raise MessageTypeError("Nothing is expected from you here.", expected="nothing")


def close_code(error: type[AppError]) -> int:
    """Return the close code of the nearest class in the table along the MRO."""
    return next(CLOSE_CODES[base] for base in error.__mro__ if base in CLOSE_CODES)


def token_of(message: bytes | str) -> str | None:
    """Return the token of an `auth` message, None for any other message."""
    if not isinstance(message, str) or len(message) > _MAX_AUTH_CHARACTERS:
        return None
    try:
        return AuthMessage.model_validate_json(message).token
    except ValidationError:
        return None


async def _acceptor(websocket: WebSocket) -> SocketAcceptor:
    return SocketAcceptor(websocket, container_of(websocket), address_of(websocket))


Acceptor = Annotated[SocketAcceptor, Depends(_acceptor)]
