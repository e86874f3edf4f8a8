"""Fixtures: a service that people sign in to with providers, and the providers."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import httpx
import pytest

from tests.support.fakes import MovingClock
from tests.support.oidc_server import ProviderServer, provider_server
from tests.support.serving import application

PROVIDERS = ("kakao", "naver", "google", "apple")
AUTH = "/api/v1/auth/providers"
OWN = "/api/v1/users/me/identities"
NONCE = "a nonce of this app 1234"


@dataclass
class Browser:
    """A browser with its cookies, between the service and the providers."""

    client: httpx.AsyncClient

    async def start(self, provider: str, **body: object) -> str:
        """Begin a sign-in and return the address of the provider's page."""
        answer = await self.client.post(f"{AUTH}/{provider}/start", json=body)
        assert answer.status_code == 200, answer.text
        url: str = answer.json()["authorization_url"]
        return url

    async def agree(self, url: str) -> str:
        """Agree at the provider's page and return the address that it sends the browser to."""
        async with httpx.AsyncClient(trust_env=False) as outside:
            answer = await outside.get(url)
        if "location" in answer.headers:
            return answer.headers["location"]
        posted = await self.client.post(
            answer.headers["x-form-action"],
            content=answer.content,
            headers={"Content-Type": "application/x-www-form-urlencoded", "Cookie": ""},  # none from another site
        )
        assert posted.status_code == 303
        return str(posted.headers["location"])

    async def come_back(self, address: str) -> str:
        """Follow the provider's redirect and return the code in the page's address."""
        answer = await self.client.get(address)
        assert answer.status_code == 303, answer.text
        before, _, code = answer.headers["location"].rpartition("/")
        assert before == "/#/signedin"
        return code

    async def exchange(self, code: str) -> httpx.Response:
        return await self.client.post(f"{AUTH}/exchange", json={"code": code})

    async def sign_in(self, provider: str, **body: object) -> httpx.Response:
        """Sign in with a provider, and return the answer to the exchange."""
        url = await self.start(provider, **body)
        return await self.exchange(await self.come_back(await self.agree(url)))


async def send(client: httpx.AsyncClient, provider: str, id_token: str, **fields: object) -> httpx.Response:
    """Sign in as an app, with an ID token for NONCE."""
    body = {"id_token": id_token, "nonce": NONCE, **fields}
    return await client.post(f"{AUTH}/{provider}/token", json=body)


def with_query(address: str, **fields: str) -> str:
    return f"{urlsplit(address).path}?{urlencode(fields)}"


def error_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
def providers(clock: MovingClock) -> Iterator[ProviderServer]:
    with provider_server(clock) as served:
        yield served


@pytest.fixture
async def client(database_url: str, clock: MovingClock, providers: ProviderServer) -> AsyncIterator[httpx.AsyncClient]:
    settings = providers.settings(*PROVIDERS)
    async with application(database_url=database_url, clock=clock, **settings) as connected:
        yield connected


@pytest.fixture
def browser(client: httpx.AsyncClient) -> Browser:
    return Browser(client)
