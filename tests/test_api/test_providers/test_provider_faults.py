"""What people and operators see when a provider fails, refuses, or names itself in another way."""

import asyncio
import json
import sqlite3
from contextlib import closing
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.support.fakes import MovingClock
from tests.support.oidc_server import Answer, ProviderServer, rsa_key
from tests.support.serving import application
from tests.test_api.test_providers.conftest import AUTH, NONCE, Browser, error_of, send, with_query

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
UNAVAILABLE = (503, "PROVIDER_UNAVAILABLE")
GOOGLE_METADATA = "/google/.well-known/openid-configuration"


def unavailable() -> Answer:
    return Answer(b"", 500)


def errors_in(caplog: pytest.LogCaptureFixture, event: str) -> list[object]:
    """Return the errors that were logged with an event."""
    logged = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    return [entry["error"] for entry in logged if entry["event"] == event]


async def test_google_may_name_itself_without_a_scheme(client: httpx.AsyncClient, providers: ProviderServer) -> None:
    for issuer in ("accounts.google.com", "https://accounts.google.com"):
        token = providers.id_token("google", NONCE, iss=issuer)
        assert (await send(client, "google", token)).status_code == 200, issuer


async def test_apples_metadata_and_its_tokens_may_have_different_names(
    client: httpx.AsyncClient, providers: ProviderServer
) -> None:
    base = f"{providers.url}/apple"
    metadata = {
        "issuer": "https://account.apple.com",
        "jwks_uri": f"{base}/jwks",
        "authorization_endpoint": f"{base}/authorize",
        "token_endpoint": f"{base}/token",
    }
    providers.overrides["/apple/.well-known/openid-configuration"] = lambda: Answer.of(metadata)
    token = providers.id_token("apple", NONCE, iss="https://appleid.apple.com")
    assert (await send(client, "apple", token)).status_code == 200
    foreign = providers.id_token("apple", NONCE, iss="https://accounts.google.com")
    assert error_of(await send(client, "apple", foreign)) == (401, "PROVIDER_PROOF_INVALID")


async def test_a_provider_that_has_just_failed_is_not_asked_again(
    client: httpx.AsyncClient, providers: ProviderServer, clock: MovingClock
) -> None:
    providers.overrides[GOOGLE_METADATA] = unavailable
    token = providers.id_token("google", NONCE)
    answers = await asyncio.gather(*(send(client, "google", token) for _ in range(5)))
    assert [error_of(answer) for answer in answers] == [UNAVAILABLE] * 5
    assert providers.requests.count(GOOGLE_METADATA) == 1
    providers.overrides.clear()
    clock.advance(seconds=9)
    assert error_of(await send(client, "google", token)) == UNAVAILABLE
    clock.advance(seconds=1)
    assert (await send(client, "google", token)).status_code == 200


async def test_known_metadata_and_keys_serve_for_a_day_while_new_ones_can_not_be_fetched(
    client: httpx.AsyncClient, providers: ProviderServer, clock: MovingClock
) -> None:
    assert (await send(client, "google", providers.id_token("google", NONCE))).status_code == 200
    providers.overrides |= {GOOGLE_METADATA: unavailable, "/google/jwks": unavailable}
    clock.advance(hours=23)
    assert (await send(client, "google", providers.id_token("google", NONCE))).status_code == 200
    unknown = providers.id_token("google", NONCE, key=rsa_key("key-2"), header={"kid": "key-2"})
    assert error_of(await send(client, "google", unknown)) == UNAVAILABLE  # it may be a new one
    assert (await Browser(client).start("google")).startswith(f"{providers.url}/google/authorize")
    clock.advance(hours=2)
    assert error_of(await send(client, "google", providers.id_token("google", NONCE))) == UNAVAILABLE


@pytest.mark.parametrize(
    ("error", "expected", "logged"),
    [
        ("invalid_grant", (401, "PROVIDER_PROOF_INVALID"), []),
        ("invalid_client", UNAVAILABLE, ["invalid_client"]),
        ("text of a stranger", UNAVAILABLE, ["other"]),
        (["a", "list"], UNAVAILABLE, ["other"]),
    ],
)
async def test_only_a_refused_code_is_told_as_one(
    error: object,
    expected: tuple[int, str],
    logged: list[str],
    browser: Browser,
    providers: ProviderServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    providers.overrides["/google/token"] = lambda: Answer.of({"error": error, "error_description": "x"}, 400)
    assert error_of(await browser.sign_in("google")) == expected
    assert errors_in(caplog, "auth.provider_failed") == logged
    assert "stranger" not in caplog.text


@pytest.mark.parametrize(
    ("fields", "expected", "logged"),
    [
        ({"error": "access_denied"}, (403, "PROVIDER_DENIED"), []),
        ({"error": "user_cancelled_authorize"}, (403, "PROVIDER_DENIED"), []),
        ({"error": "invalid_scope", "code": "x"}, UNAVAILABLE, ["invalid_scope"]),
        ({"error": "text of a stranger"}, UNAVAILABLE, ["other"]),
        ({}, UNAVAILABLE, ["other"]),
    ],
)
async def test_only_a_cancelled_sign_in_is_told_as_one(
    fields: dict[str, str],
    expected: tuple[int, str],
    logged: list[str],
    browser: Browser,
    caplog: pytest.LogCaptureFixture,
) -> None:
    state = parse_qs(urlsplit(await browser.start("kakao")).query)["state"][0]
    back = with_query(f"{AUTH}/kakao/callback", state=state, **fields)
    assert error_of(await browser.exchange(await browser.come_back(back))) == expected
    assert errors_in(caplog, "auth.provider_returned_error") == logged
    assert "stranger" not in caplog.text


async def test_a_refused_app_is_logged(
    database_url: str, clock: MovingClock, providers: ProviderServer, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {**providers.settings("google"), "clock": clock, "log_level": "INFO"}
    async with application(database_url=database_url, **settings) as client:
        await send(client, "google", providers.id_token("google", "another nonce of 20"))
    (logged,) = [line for line in capsys.readouterr().err.splitlines() if "auth.provider_refused" in line]
    assert json.loads(logged)["code"] == "PROVIDER_PROOF_INVALID"


async def test_a_deactivation_in_the_middle_of_an_exchange_is_not_told_as_a_wrong_password(
    browser: Browser, database_url: str
) -> None:
    code = await browser.come_back(await browser.agree(await browser.start("google")))
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as database:
        database.execute("UPDATE users SET is_active = 0")
        database.commit()
    assert error_of(await browser.exchange(code)) == (400, "PROVIDER_SIGN_IN_EXPIRED")


async def test_a_provider_that_was_removed_meanwhile_is_told_to_the_page(
    database_url: str, clock: MovingClock, providers: ProviderServer
) -> None:
    async with application(database_url=database_url, clock=clock, **providers.settings("google")) as client:
        before = Browser(client)
        back = await before.agree(await before.start("google"))
    async with application(database_url=database_url, clock=clock) as client:
        client.cookies = before.client.cookies
        after = Browser(client)
        assert error_of(await after.exchange(await after.come_back(back))) == (404, "PROVIDER_NOT_CONFIGURED")


@pytest.mark.parametrize("provider", ["google", "apple"])
async def test_too_many_calls_are_told_on_the_page(
    provider: str, database_url: str, clock: MovingClock, providers: ProviderServer
) -> None:
    settings = {**providers.settings(provider), "clock": clock, "address_calls_per_minute": 1}
    async with application(database_url=database_url, **settings) as client:
        browser = Browser(client)
        await browser.start(provider)
        assert await browser.come_back(f"{AUTH}/{provider}/callback?state=x&code=y") == "later"
        posted = await client.post(f"{AUTH}/{provider}/callback", data={"state": "x", "code": "y"})
        assert (posted.status_code, posted.headers["location"]) == (303, "/#/signedin/later")
