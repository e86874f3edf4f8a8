"""Accounts that a first sign-in with a provider makes: the consent, and an address that the provider does not prove."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.mailbox import Mailbox
from tests.support.oidc_server import ProviderServer, Someone
from tests.support.people import PASSWORD, Person, person
from tests.support.serving import application
from tests.test_api.test_providers.conftest import AUTH, NONCE, Browser, error_of, send

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
async def naver(database_url: str, providers: ProviderServer, tmp_path: Path) -> AsyncIterator[Browser]:
    """A browser whose service has Naver, and a folder of mails."""
    settings = providers.settings("naver", "google")
    async with application(database_url=database_url, mail_folder=tmp_path, **settings) as client:
        yield Browser(client)


async def consent_of(client: httpx.AsyncClient, tokens: dict[str, object]) -> tuple[str, str]:
    """Return the language of the one consent of an account, and the digest of its text."""
    exported = (await Person(client, 0, "", tokens=tokens).call("GET", "/users/me/export")).json()
    (consent,) = exported["consents"]
    return consent["locale"], consent["text_sha256"]


async def test_the_consent_of_a_new_account_is_to_the_text_that_was_shown(
    browser: Browser, providers: ProviderServer
) -> None:
    shown = (await browser.client.get(AUTH, headers=ENGLISH)).json()["consent_text"]
    expected = ("en", hashlib.sha256(shown.encode()).hexdigest())
    started = await browser.client.post(f"{AUTH}/google/start", json={}, headers=ENGLISH)
    back = await browser.agree(started.json()["authorization_url"])
    tokens = (await browser.exchange(await browser.come_back(back))).json()["tokens"]
    assert await consent_of(browser.client, tokens) == expected
    providers.someone = Someone("person-2", "jisu@example.com")
    body = {"id_token": providers.id_token("google", NONCE), "nonce": NONCE}
    app = await browser.client.post(f"{AUTH}/google/token", json=body, headers=ENGLISH)
    assert await consent_of(browser.client, app.json()) == expected
    providers.someone = Someone("person-3", "hana@example.com")
    korean = await send(browser.client, "google", providers.id_token("google", NONCE))
    assert (await consent_of(browser.client, korean.json()))[0] == "ko"


async def test_the_consent_of_a_registration_is_to_the_text_that_was_shown(browser: Browser) -> None:
    for language in ("ko", "en", "ja"):
        headers = {"Accept-Language": language}
        shown = (await browser.client.get(AUTH, headers=headers)).json()["consent_text"]
        someone = Person(browser.client, 0, f"{language}@example.com")
        registration = {"email": someone.email, "username": "minji", "password": PASSWORD}
        answer = await browser.client.post("/api/v1/users", json=registration, headers=headers)
        assert answer.status_code == 201
        await someone.login()
        expected = (language, hashlib.sha256(shown.encode()).hexdigest())
        assert await consent_of(browser.client, someone.tokens) == expected


async def test_an_account_says_whether_it_has_a_password(browser: Browser, providers: ProviderServer) -> None:
    registered = await person(browser.client)
    tokens = (await browser.sign_in("google")).json()["tokens"]
    made_elsewhere = Person(browser.client, 0, "", tokens=tokens)
    for someone, expected in ((registered, True), (made_elsewhere, False)):
        assert (await someone.call("GET", "/users/me")).json()["has_password"] is expected
    renamed = await made_elsewhere.call("PATCH", "/users/me", json={"username": "민지"})
    assert renamed.json()["has_password"] is False


async def test_an_address_from_naver_is_proven_by_a_code_like_any_other(
    naver: Browser, providers: ProviderServer, tmp_path: Path
) -> None:
    providers.someone = Someone(email="minji@naver.com")
    tokens = (await naver.sign_in("naver")).json()["tokens"]
    minji = Person(naver.client, 0, "minji@naver.com", tokens=tokens)
    assert (await minji.call("GET", "/users/me")).json()["email_verified"] is False
    assert (await naver.sign_in("naver")).status_code == 200  # which sends no second code
    (code,) = await Mailbox(tmp_path).codes("minji@naver.com", "verify")
    assert (await naver.client.post("/api/v1/auth/verify-email", json={"token": code})).status_code == 200
    assert (await minji.call("GET", "/users/me")).json()["email_verified"] is True
    assert Mailbox(tmp_path).purposes("minji@naver.com") == ["verify"]


async def test_a_provider_that_proves_addresses_sends_no_code(
    naver: Browser, providers: ProviderServer, tmp_path: Path
) -> None:
    assert (await naver.sign_in("google")).status_code == 200
    providers.someone = Someone("person-2", "last@example.com")
    assert (await naver.sign_in("naver")).status_code == 200
    await Mailbox(tmp_path).codes("last@example.com", "verify")
    assert Mailbox(tmp_path).purposes("minji@example.com") == []


async def test_an_address_from_naver_enters_no_account(naver: Browser, providers: ProviderServer) -> None:
    owner = await person(naver.client, "owner")
    providers.someone = Someone(email=owner.email)
    assert error_of(await naver.sign_in("naver")) == (409, "ACCOUNT_EXISTS")
    assert (await owner.call("GET", "/users/me/identities")).json() == {"items": []}


async def test_naver_is_linked_to_an_account_with_its_address(naver: Browser, providers: ProviderServer) -> None:
    owner = await person(naver.client, "owner")
    for email, status in (("other@naver.com", 409), (owner.email, 200)):
        providers.someone = Someone(email=email)
        began = await owner.call("POST", "/users/me/identities/naver/start", json={})
        back = await naver.agree(began.json()["authorization_url"])
        assert (await naver.exchange(await naver.come_back(back))).status_code == status
