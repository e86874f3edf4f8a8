"""Linking of identities: by proven address on both sides and a fresh sign-in, never silently; and their removal."""

from pathlib import Path

import httpx
import pytest

from tests.support.accounts import prove_address
from tests.support.fakes import MovingClock
from tests.support.mailbox import Mailbox, reset_password
from tests.support.oidc_server import ProviderServer, Someone
from tests.support.people import PASSWORD, Person, person
from tests.support.serving import application, container_behind
from tests.test_api.test_providers.conftest import NONCE, OWN, PROVIDERS, Browser, error_of

pytestmark = pytest.mark.anyio
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def minji(client: httpx.AsyncClient, providers: ProviderServer) -> Person:
    """A proven user, who has an account with the same address at every provider."""
    made = await person(client, "minji")
    providers.someone = Someone(email=made.email)
    return made


async def begin(someone: Person, provider: str, **body: object) -> httpx.Response:
    return await someone.call("POST", f"/users/me/identities/{provider}/start", json=body)


async def link(browser: Browser, someone: Person, provider: str, **body: object) -> httpx.Response:
    """Link an identity in a browser, and return the answer to the exchange."""
    began = await begin(someone, provider, **body)
    assert began.status_code == 200, began.text
    return await browser.exchange(await browser.come_back(await browser.agree(began.json()["authorization_url"])))


async def linked(someone: Person) -> list[str]:
    answer = await someone.call("GET", "/users/me/identities")
    assert answer.status_code == 200, answer.text
    return [item["provider"] for item in answer.json()["items"]]


async def test_after_a_fresh_sign_in_an_identity_is_linked_and_signs_in(browser: Browser, minji: Person) -> None:
    answer = await link(browser, minji, "kakao", return_to="account")
    assert answer.json() == {"return_to": "account", "tokens": None}
    assert await linked(minji) == ["kakao"]
    tokens = (await browser.sign_in("kakao")).json()["tokens"]
    own = await browser.client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert own.json()["id"] == minji.id
    (listed,) = (await minji.call("GET", "/users/me/identities")).json()["items"]
    assert set(listed) == {"provider", "created_at", "last_used_at"}
    assert listed["last_used_at"] is not None
    audit = (await minji.call("GET", "/users/me/export")).json()["audit"]
    assert [(entry["event"], entry["facts"]) for entry in audit if "identity" in entry["event"]] == [
        ("identity_linked", {"provider": "kakao"})
    ]


async def test_an_app_links_an_identity_by_its_token(minji: Person, providers: ProviderServer) -> None:
    body = {"id_token": providers.id_token("google", NONCE), "nonce": NONCE}
    assert (await minji.call("POST", "/users/me/identities/google/token", json=body)).status_code == 204
    assert await linked(minji) == ["google"]
    again = {**body, "id_token": providers.id_token("google", NONCE)}
    assert (
        await minji.call("POST", "/users/me/identities/google/token", json=again)
    ).status_code == 204  # it is theirs


@on_sqlite
async def test_a_stolen_token_links_nothing_without_the_password(
    minji: Person, providers: ProviderServer, clock: MovingClock
) -> None:
    clock.advance(minutes=6)
    token = {"id_token": providers.id_token("google", NONCE), "nonce": NONCE}
    for password, expected in ((None, (403, "RECENT_SIGN_IN_REQUIRED")), ("wrong", (401, "INVALID_CREDENTIALS"))):
        body = {} if password is None else {"current_password": password}
        assert error_of(await begin(minji, "google", **body)) == expected
        sent = await minji.call("POST", "/users/me/identities/google/token", json={**token, **body})
        assert error_of(sent) == expected
        removed = await minji.call("DELETE", "/users/me/identities/google", json=body)
        assert error_of(removed) == expected
    assert (await begin(minji, "google", current_password=PASSWORD)).status_code == 200


@on_sqlite
async def test_an_unproven_account_links_nothing(client: httpx.AsyncClient, providers: ProviderServer) -> None:
    squatter = await person(client, "squatter", proven=False)
    providers.someone = Someone(email=squatter.email)
    assert error_of(await begin(squatter, "google")) == (403, "EMAIL_UNVERIFIED")
    body = {"id_token": providers.id_token("google", NONCE), "nonce": NONCE}
    sent = await squatter.call("POST", "/users/me/identities/google/token", json=body)
    assert error_of(sent) == (403, "EMAIL_UNVERIFIED")


@on_sqlite
async def test_only_an_identity_with_the_same_verified_address_is_linked(
    browser: Browser, minji: Person, providers: ProviderServer
) -> None:
    for someone, expected in (
        (Someone(email="attacker@example.com"), (409, "IDENTITY_ADDRESS_DIFFERS")),
        (Someone(email=minji.email, verified=False), (403, "PROVIDER_EMAIL_UNVERIFIED")),
        (Someone(email=None), (403, "PROVIDER_EMAIL_UNVERIFIED")),
    ):
        providers.someone = someone
        assert error_of(await link(browser, minji, "google")) == expected
    assert await linked(minji) == []


async def test_an_identity_has_one_account_and_an_account_one_identity_of_a_provider(
    browser: Browser, minji: Person, providers: ProviderServer
) -> None:
    assert (await link(browser, minji, "google")).status_code == 200
    providers.someone = Someone(subject="person-2", email=minji.email)
    assert error_of(await link(browser, minji, "google")) == (409, "PROVIDER_LINKED")
    other = await person(browser.client, "other")
    providers.someone = Someone(subject="person-1", email=other.email)
    assert error_of(await link(browser, other, "google")) == (409, "IDENTITY_TAKEN")
    assert (await linked(minji), await linked(other)) == (["google"], [])


@on_sqlite
async def test_a_link_that_began_ends_with_its_sign_in(browser: Browser, minji: Person) -> None:
    """Sign-out, a reset or the end of the session: what was begun by a token that does not count any more is void."""
    began = (await begin(minji, "google")).json()["authorization_url"]
    back = await browser.agree(began)
    await minji.call("POST", "/auth/logout")
    assert await browser.come_back(back) == "expired"
    await minji.login()
    assert await linked(minji) == []


@on_sqlite
async def test_a_link_begun_by_an_attacker_is_not_finished_by_the_victim(
    client: httpx.AsyncClient, minji: Person
) -> None:
    """The attacker sends the victim the provider's page of a link to the attacker's account."""
    victim = Browser(httpx.AsyncClient(transport=client._transport, base_url="http://test"))
    url = (await begin(minji, "google")).json()["authorization_url"]
    assert await victim.come_back(await victim.agree(url)) == "expired"
    assert await linked(minji) == []


@on_sqlite
async def test_a_removed_identity_does_not_sign_in_any_more(browser: Browser, minji: Person) -> None:
    await link(browser, minji, "google")
    pending = await browser.come_back(await browser.agree(await browser.start("google")))
    assert (await minji.call("DELETE", "/users/me/identities/google")).status_code == 204
    assert error_of(await browser.exchange(pending)) == (400, "PROVIDER_SIGN_IN_EXPIRED")
    assert error_of(await browser.sign_in("google")) == (409, "ACCOUNT_EXISTS")
    again = await minji.call("DELETE", "/users/me/identities/google")
    assert error_of(again) == (404, "IDENTITY_NOT_FOUND")


async def test_the_last_way_in_is_not_removed(
    database_url: str, clock: MovingClock, providers: ProviderServer, tmp_path: Path
) -> None:
    folder = tmp_path / "mail"
    settings = {**providers.settings(*PROVIDERS), "mail_folder": folder, "clock": clock}
    async with application(database_url=database_url, **settings) as client:
        browser = Browser(client)
        providers.someone = Someone(email="only@example.com")
        tokens = (await browser.sign_in("google")).json()["tokens"]
        someone = Person(client, 0, "only@example.com", tokens=tokens)
        assert error_of(await someone.call("DELETE", "/users/me/identities/google")) == (409, "LAST_WAY_IN")
        providers.someone = Someone(subject="apple-1", email="only@example.com")
        assert (await link(browser, someone, "apple")).status_code == 200
        assert (await someone.call("DELETE", "/users/me/identities/google")).status_code == 204
        assert error_of(await someone.call("DELETE", "/users/me/identities/apple")) == (409, "LAST_WAY_IN")
        await client.post("/api/v1/auth/reset-password/request", json={"email": someone.email})
        (code,) = await Mailbox(folder).codes(someone.email, "reset")
        assert await reset_password(client, code, PASSWORD) == 204
        assert (await someone.login(PASSWORD)).status_code == 200
        assert await linked(someone) == []  # after a reset nothing of before signs in


async def test_export_and_erasure_cover_identities(
    browser: Browser, minji: Person, providers: ProviderServer, database_url: str
) -> None:
    await link(browser, minji, "google")
    await browser.come_back(await browser.agree(await browser.start("google")))  # one under way
    exported = (await minji.call("GET", "/users/me/export")).json()
    assert [identity["provider"] for identity in exported["identities"]] == ["google"]
    assert (await minji.call("DELETE", "/users/me")).status_code == 204
    async with container_behind(browser.client).uow.read() as tx:
        assert await tx.identities.list_for_user(minji.id) == ()
    answer = await browser.sign_in("google")  # a new account, for nothing of the old one is left
    assert answer.status_code == 200
    assert answer.json()["tokens"] is not None


@on_sqlite
async def test_an_address_given_by_an_administrator_ends_what_the_old_one_linked(
    browser: Browser, minji: Person
) -> None:
    await link(browser, minji, "google")
    accounts = container_behind(browser.client)
    await accounts.users.update(minji.id, email="given@example.com", by=minji.id)
    await prove_address(accounts, minji.id)
    assert await linked(minji) == []


@on_sqlite
async def test_others_see_and_remove_nothing(browser: Browser, minji: Person) -> None:
    await link(browser, minji, "google")
    other = await person(browser.client, "other")
    assert await linked(other) == []
    assert error_of(await other.call("DELETE", "/users/me/identities/google")) == (404, "IDENTITY_NOT_FOUND")
    key = await minji.key("analyze")
    assert (await browser.client.get(OWN, headers=key)).status_code == 403
    assert (await browser.client.get(OWN)).status_code == 401
