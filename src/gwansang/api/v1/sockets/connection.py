"""A WebSocket from its opening to its end: who is there, how long they may stay, and what they are told if not.

An endpoint asks for a `Door` and hands it a conversation:

    @router.websocket("/somewhere")
    async def somewhere(door: Doorway, things: Things) -> None:
        await door.admit(partial(talk, things), needs="history:read", listens=False)

`talk(socket)` runs until it returns (the socket closes with 1000), raises an AppError (the problem is sent, and the
code says its kind), or the client, its token or the server ends. What it started has to end with it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
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

Talk = Callable[["Socket"], Awaitable[None]]

_AUTH_S = 5.0  # for the first message of who came without a header and a ticket
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
    """An open WebSocket and who is at its other end; `caller` is None for a guest."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._returned: bytes | str | None = None
        self._points = _MAX_POINTS
        self._counted = monotonic()
        self.caller: Caller | None = None
        self.locale: Locale = chosen_locale(websocket)

    @property
    def user_id(self) -> int | None:
        """Whose account this is; None for a guest."""
        return self.caller.user_id if self.caller else None

    async def receive(self, patience_s: float | None = None) -> bytes | str:
        """The next message; raises SocketIdleError where none comes, SocketFloodError where too many do."""
        returned, self._returned = self._returned, None
        if returned is not None:
            return returned
        try:
            async with asyncio.timeout(patience_s):
                event = await self._websocket.receive()
        except TimeoutError:
            raise SocketIdleError("Nothing came for too long, so the connection was closed.") from None
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code", 1005))
        message: bytes | str = event["bytes"] if event.get("bytes") is not None else event["text"]
        self._count(len(message))
        return message

    def unread(self, message: bytes | str) -> None:
        """Gives back a message that the next `receive` returns again."""
        self._returned = message

    async def send(self, message: BaseModel) -> None:
        """Sends a message as JSON; raises SocketSlowError where the client does not take it."""
        try:
            async with asyncio.timeout(_SEND_S):
                await self._websocket.send_text(message.model_dump_json())
        except TimeoutError:
            raise SocketSlowError("Messages were not taken, so the connection was closed.") from None

    async def tell(self, error: AppError) -> None:
        """Sends the problem, and goes on."""
        problem = problem_of(self._websocket.scope, error, self.locale)
        await self.send(ErrorMessage(problem=Problem.model_validate(problem)))

    def _count(self, size: int) -> None:
        now = monotonic()
        self._points = min(self._points + (now - self._counted) * _POINTS_PER_S, _MAX_POINTS)
        self._counted = now
        self._points -= 1 + size / _BYTES_PER_POINT
        if self._points < 0:
            raise SocketFloodError("Messages came faster than they can be looked at; send fewer.", retry_after_s=5)


class Door:
    """Lets a connection in, keeps it while it may stay, and closes it with a reason."""

    def __init__(self, websocket: WebSocket, services: Container, address: str) -> None:
        self._websocket = websocket
        self._services = services
        self._rules = services.edge.sockets
        self._address = address

    async def admit(self, talk: Talk, *, needs: Scope, guests: bool = False, listens: bool = True) -> None:
        """Runs `talk` for a caller with this scope, or a guest where `guests` and the settings allow them; with
        `listens=False` a client has nothing to say, and it is noticed here when it goes."""
        try:
            check_origin(self._websocket, self._rules.origins)
        except ForeignOriginError as error:
            await self._websocket.send_denial_response(error_response(self._websocket.scope, error))
            return
        await self._websocket.accept()
        socket = Socket(self._websocket)
        try:
            await self._converse(socket, talk, needs, guests, listens)
        except WebSocketDisconnect:
            return
        except AppError as error:
            with suppress(WebSocketDisconnect, AppError):
                await socket.tell(error)
            await self._close(close_code(type(error)))
        else:
            await self._close(1000)

    async def _converse(self, socket: Socket, talk: Talk, needs: Scope, guests: bool, listens: bool) -> None:
        places = self._services.sockets
        with places.acquire(f"address:{self._address}", self._rules.per_address):
            caller = socket.caller = await self._caller(socket, guests and self._services.edge.allow_guests)
            await count_opening(self._websocket, self._address, caller, needs)
            parts = [talk] if listens else [talk, _nothing_to_say]
            if caller is None:
                await together(*(part(socket) for part in parts))
                return
            self._websocket.state.caller = caller.id
            with places.acquire(f"user:{caller.user_id}", self._rules.per_user):
                await together(*(part(socket) for part in (*parts, self._watch)))

    async def _caller(self, socket: Socket, guests: bool) -> Caller | None:
        caller = await authenticate_opening(self._websocket, self._address)
        if caller is not None:
            return caller
        first = await self._first(socket)
        token = token_of(first) if first is not None else None
        if token is None and first is not None and guests:
            socket.unread(first)
            return None
        return await authenticate_message(self._websocket, self._address, token)

    async def _first(self, socket: Socket) -> bytes | str | None:
        try:
            return await socket.receive(_AUTH_S)
        except SocketIdleError:
            return None

    async def _watch(self, socket: Socket) -> None:
        """Raises Unauthenticated once what the caller came in with has ended."""
        tickets, pause_s = self._services.tickets, self._rules.recheck_s
        while (caller := socket.caller) is not None:
            left_s = tickets.seconds_left(caller)
            await asyncio.sleep(pause_s if left_s is None else min(pause_s, max(left_s, 0.05)))
            await tickets.ensure_valid(caller)

    async def _close(self, code: int) -> None:
        with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(_CLOSE_S):
                await self._websocket.close(code)


async def together(*parts: Awaitable[None]) -> None:
    """Until the first of them ends or raises; then the others are ended too."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _nothing_to_say(socket: Socket) -> None:
    await socket.receive()
    raise MessageTypeError("Nothing is expected from you here.", expected="nothing")


def close_code(error: type[AppError]) -> int:
    """The close code of the nearest class in the table along the MRO."""
    return next(CLOSE_CODES[base] for base in error.__mro__ if base in CLOSE_CODES)


def token_of(message: bytes | str) -> str | None:
    """The token of an `auth` message, None for any other message."""
    if not isinstance(message, str) or len(message) > _MAX_AUTH_CHARACTERS:
        return None
    try:
        return AuthMessage.model_validate_json(message).token
    except ValidationError:
        return None


def _door(websocket: WebSocket) -> Door:
    return Door(websocket, container_of(websocket), address_of(websocket))


Doorway = Annotated[Door, Depends(_door)]
