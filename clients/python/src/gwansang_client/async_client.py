"""The client for programs with asyncio."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self, TypeVar
from urllib.parse import urljoin
from uuid import UUID

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from gwansang_client import live
from gwansang_client._core import Deadline, Options, Page, Prepared, refusal_of, sign_in_ended
from gwansang_client.calls import Call
from gwansang_client.decoding import as_bytes
from gwansang_client.errors import ApiError, AuthenticationError, ConnectionFailedError
from gwansang_client.generated import calls, models
from gwansang_client.generated.async_methods import AsyncMethods
from gwansang_client.live_session import AsyncLiveSession
from gwansang_client.retries import Attempts, RetryPolicy
from gwansang_client.sign_in import (
    REFRESH_ATTEMPTS,
    MemoryTokenStore,
    SignIn,
    Tokens,
    TokenStore,
    is_due,
    is_ended,
    refresh_call,
)
from gwansang_client.tasks import TaskEvent, TaskFollower, finished_task

T = TypeVar("T")


class AsyncGwansangClient(AsyncMethods):
    """A client of the service; its methods are the operations of the API, named as in the API document.

    api_key: a key, for programs that act for themselves. tokens: where the tokens of a sign-in are kept, by default in
    memory. locale: the language of texts, ko, en or ja. timeout: seconds for each step of a call. trust_env: use the
    proxies of the environment.
    """

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        tokens: TokenStore | None = None,
        locale: str | None = None,
        timeout: float = 30.0,
        retries: RetryPolicy | None = None,
        trust_env: bool = True,
    ) -> None:
        if api_key is not None and tokens is not None:
            raise ValueError("an API key and a sign-in exclude each other")
        self._options = Options(base_url, locale, timeout, trust_env)
        self._retries = retries or RetryPolicy()
        self._sign_in = SignIn(tokens or MemoryTokenStore(), api_key)
        self._renewing = asyncio.Lock()
        self._http = httpx.AsyncClient(**self._options.http())

    async def __aenter__(self) -> Self:
        """Return the client."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self.close()

    async def close(self) -> None:
        """Close the connections; the sign-in goes on."""
        await self._http.aclose()

    @property
    def tokens(self) -> Tokens | None:
        """Return the tokens of the sign-in, if there is one."""
        return self._sign_in.tokens

    async def sign_in(
        self, email: str, password: str, *, device_name: str | None = None, device_token: str | None = None
    ) -> None:
        """Sign in and keep the tokens; every later call renews them when it has to.

        device_token: that of an earlier sign-in on this device, by default the one in the store.
        """
        known = self.tokens
        device_token = device_token or (known.device_token if known else None)
        form = calls.login(username=email, password=password, device_name=device_name, device_token=device_token)
        self._sign_in.accept_sign_in(await self.send(form))

    async def sign_out(self) -> None:
        """End the sign-in, on the service too, unless it has ended there already."""
        try:
            if self.tokens is not None:
                await self.send(calls.logout())
        except AuthenticationError:
            pass
        finally:
            self._sign_in.forget()

    async def send(self, call: Call[T]) -> T:
        """Send a call of `gwansang_client.generated.calls` and return its answer; raises ApiError and others."""
        return await self._send(call, self._retries)

    async def watch_task(
        self,
        task_id: UUID | str,
        *,
        timeout: float | None = None,  # noqa: ASYNC109  # as in GwansangClient
        use_socket: bool = True,
    ) -> AsyncIterator[TaskEvent]:
        """Yield the state of a task and then every change, up to its end.

        It comes over a WebSocket, which is opened again if it breaks; if none can be had, the task is asked for again
        and again. timeout: seconds for all of it, after which WaitTimeoutError is raised.
        """
        follower, deadline = TaskFollower(task_id, use_socket=use_socket), Deadline(timeout)
        while True:
            follow = self._poll if follower.polling else self._listen
            async for event in follow(task_id, follower, deadline):
                yield event
                if event.finished:
                    return

    async def wait_for_task(
        self,
        task_id: UUID | str,
        *,
        timeout: float | None = None,  # noqa: ASYNC109  # as in GwansangClient
    ) -> models.TaskOut:
        """Return a task once it is done; raises TaskFailedError and WaitTimeoutError."""
        *_, last = [event async for event in self.watch_task(task_id, timeout=timeout)]
        return finished_task(last)

    @asynccontextmanager
    async def live(
        self, *, locale: str | None = None, birth_year: int | None = None
    ) -> AsyncIterator[AsyncLiveSession]:
        """Open a live session, as a guest if there are no credentials."""
        ticket = f"?ticket={(await self.issue_ticket()).ticket}" if self._sign_in.has_credentials else ""
        try:
            socket = await self._connect(live.PATH + ticket)
        except (OSError, WebSocketException) as failure:
            raise ConnectionFailedError(f"live session: {failure}") from failure
        async with socket:
            session = AsyncLiveSession(socket)
            await session.start(locale or self._options.locale, birth_year)
            yield session

    async def download_photo(self, analysis_id: UUID | str) -> bytes:
        """Return the kept photo of a reading as a JPEG; raises NotFoundError if none was kept."""
        link = await self.read_photo_link(analysis_id)
        url = urljoin(self._options.base_url, link.url)
        return await self.send(Call("download_photo", "GET", url, as_bytes, public=True))

    async def _send(self, call: Call[T], retries: RetryPolicy) -> T:
        prepared = await asyncio.to_thread(Prepared, call, self._sign_in)  # may read files
        attempts, renewed = Attempts(call, retries), False
        while True:
            tokens = None if call.public else await self._living_tokens()
            try:
                response = await self._http.request(**prepared.request(tokens))
            except httpx.RequestError as failure:
                await asyncio.sleep(attempts.pause_after_failure(failure))
                continue
            error = refusal_of(response)
            if error is None:
                return prepared.answer(response)
            if tokens is not None and not renewed and is_ended(error):
                await self._renew(tokens)
                renewed = True
            else:
                await asyncio.sleep(attempts.pause_after_refusal(error))

    async def _living_tokens(self) -> Tokens | None:
        tokens = self.tokens
        return await self._renew(tokens) if tokens is not None and is_due(tokens) else tokens

    async def _renew(self, used: Tokens) -> Tokens:
        """Exchange the refresh token, once for all tasks of asyncio that found the same access token ended."""
        async with self._renewing:
            current = self.tokens
            if current is None:
                raise sign_in_ended()
            if current.access_token != used.access_token:
                return current
            try:
                answer = await self._send(refresh_call(current), RetryPolicy(attempts=REFRESH_ATTEMPTS))
            except AuthenticationError as error:
                self._sign_in.forget()
                raise sign_in_ended(error) from error
            return self._sign_in.accept_refresh(answer)

    async def _items(self, call: Call[Page[T]]) -> AsyncIterator[T]:
        """Yield the items of all pages, which are fetched one after the other."""
        page = await self.send(call)
        for item in page.items:
            yield item
        while page.next is not None:
            page = await self.send(call.with_query(after=page.next))
            for item in page.items:
                yield item

    def _connect(self, path: str) -> connect:
        return connect(self._options.socket_url(path), **self._options.socket())

    async def _listen(
        self, task_id: UUID | str, follower: TaskFollower, deadline: Deadline
    ) -> AsyncIterator[TaskEvent]:
        """Yield events of the WebSocket until it ends or breaks."""
        path = follower.socket_path((await self.issue_ticket()).ticket)
        try:
            async with self._connect(path) as socket:
                while True:
                    async with asyncio.timeout(deadline.left()):
                        message = await socket.recv()
                    yield follower.heard(message)
        except (ApiError, OSError, WebSocketException):
            deadline.left()
            follower.lost()

    async def _poll(self, task_id: UUID | str, follower: TaskFollower, deadline: Deadline) -> AsyncIterator[TaskEvent]:
        """Ask for the task once, yield the event if it has changed, and pause."""
        event = follower.polled(await self.read_task(task_id))
        if event is not None:
            yield event
        await asyncio.sleep(deadline.pause(follower.pause_s()))
