"""Requests of one visitor, to any replica, each of them noted in the ledger."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.chaos.ledger import Ledger, Request
from benchmarks.chaos.link import Address

_TIMEOUT_S = 120.0
_PAUSE_S = (0.5, 3.0)
_PREFIX = "/api/v1"
Headers = dict[str, str]


class Caller:
    """Sends requests through the links of the clients; `addresses` are those of the replicas behind them."""

    def __init__(self, addresses: list[Address], ledger: Ledger, chance: random.Random) -> None:
        self._addresses = addresses
        self._ledger = ledger
        self._chance = chance
        self._opened: httpx.AsyncClient | None = None

    @property
    def _client(self) -> httpx.AsyncClient:
        if self._opened is None:
            limits = httpx.Limits(keepalive_expiry=4.0)  # the service closes idle connections later than that
            self._opened = httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False, limits=limits)
        return self._opened

    async def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        if self._opened is not None:
            await self._opened.aclose()
            self._opened = None

    async def send(
        self, method: str, path: str, *, route: str = "", headers: Headers | None = None, **request: object
    ) -> httpx.Response | None:
        """Send a request; return None if it was not answered."""
        host, port = self._chance.choice(self._addresses)
        began = time.monotonic()
        status, code, retry_after, answer = 0, "", False, None
        url = f"http://{host}:{port}{_PREFIX}{path}"
        try:
            answer = await self._client.request(method, url, headers=headers, **request)  # type: ignore[arg-type]  # any
        except httpx.TransportError as error:
            code = type(error).__name__
        else:
            status, retry_after = answer.status_code, "retry-after" in answer.headers
            code = _code(answer) if status >= 400 else ""
        name = f"{method} {route or path}"
        self._ledger.requests.append(Request(name, began, time.monotonic(), status, code, retry_after))
        return answer

    async def fetch(self, url: str) -> bytes | None:
        """Fetch a link of the file store."""
        if url.startswith("/"):
            host, port = self._addresses[0]
            url = f"http://{host}:{port}{url}"
        try:
            answer = await self._client.get(url)
        except httpx.TransportError:
            return None
        return answer.content if answer.status_code == 200 else None

    async def insist(
        self, act: Callable[[], Awaitable[httpx.Response | None]], seconds: float
    ) -> httpx.Response | None:
        """Repeat a request until its answer is no 503 and no silence, or the time is over."""
        deadline = time.monotonic() + seconds
        while True:
            answer = await act()
            if answer is not None and answer.status_code < 500 and answer.status_code != 429:
                return answer
            if time.monotonic() > deadline:
                return answer
            await asyncio.sleep(self._chance.uniform(*_PAUSE_S))

    @asynccontextmanager
    async def socket(self, path: str, headers: Headers) -> AsyncIterator[ClientConnection]:
        """Open a WebSocket."""
        host, port = self._chance.choice(self._addresses)
        url = f"ws://{host}:{port}{_PREFIX}{path}"
        async with connect(
            url, additional_headers=headers, proxy=None, open_timeout=60, close_timeout=5, compression=None
        ) as opened:
            yield opened


def _code(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return "(no problem document)"
