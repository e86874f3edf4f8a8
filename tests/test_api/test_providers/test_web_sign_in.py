"""Sign-in with a provider in a browser: the code flow, and what must not get through it."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt

from gwansang.container import open_accounts
from tests.support.fakes import MovingClock
from tests.support.oidc_server import Answer, ProviderServer, Someone, apple_client_key
from tests.support.people import person
from tests.support.serving import application, send_request, settings_for_tests
from tests.test_api.test_providers.conftest import AUTH, PROVIDERS, Browser, error_of, with_query

pytestmark = pytest.mark.anyio
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
EXPIRED = (400, "PROVIDER_SIGN_IN_EXPIRED")


async def me(client: httpx.AsyncClient, tokens: dict[str, str]) -> dict[str, object]:
    answer = await client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert answer.status_code == 200, answer.text
    account: dict[str, object] = answer.json()
    return account


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_new_person_gets_an_account_and_comes_back_to_it(
    provider: str, browser: Browser, providers: ProviderServer
) -> None:
    providers.someone = Someone(email="Minji@naver.com")
    first = await browser.sign_in(provider, return_to="history")
    assert first.status_code == 200, first.text
    assert first.json()["return_to"] == "history"
    account = await me(browser.client, first.json()["tokens"])
    assert (account["email"], account["username"]) == ("minji@naver.com", "김민지")
    assert account["email_verified"] is (provider != "naver")
    providers.someone = Someone(email="changed@naver.com", name="다른 이름")  # the id counts, not the address
    again = await browser.sign_in(provider)
    assert (await me(browser.client, again.json()["tokens"]))["id"] == account["id"]


async def test_without_settings_no_provider_is_offered() -> None:
    async with application() as client:
        assert (await client.get(AUTH)).json()["items"] == []
        assert error_of(await client.post(f"{AUTH}/kakao/start", json={})) == (404, "PROVIDER_NOT_CONFIGURED")
        token = {"id_token": "x", "nonce": "n" * 16}
        assert error_of(await client.post(f"{AUTH}/kakao/token", json=token)) == (404, "PROVIDER_NOT_CONFIGURED")


@on_sqlite
async def test_configured_providers_are_listed(client: httpx.AsyncClient) -> None:
    items = (await client.get(AUTH)).json()["items"]
    assert {item["provider"]: item["app"] for item in items} == {
        "kakao": True,
        "google": True,
        "apple": True,
        "naver": False,
    }


@on_sqlite
@pytest.mark.parametrize("provider", ["kakao", "apple"])
async def test_the_provider_is_asked_with_state_nonce_and_challenge(provider: str, browser: Browser) -> None:
    url = await browser.start(provider)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert asked["redirect_uri"] == f"http://test{AUTH}/{provider}/callback"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    secrets = [asked["state"], asked["nonce"], asked["code_challenge"], *browser.client.cookies.values()]
    assert len({*secrets}) == 4
    assert min(map(len, secrets)) >= 43
    assert asked.get("response_mode") == ("form_post" if provider == "apple" else None)


async def test_behind_tls_the_cookie_is_bound_to_this_host(providers: ProviderServer, clock: MovingClock) -> None:
    settings = {**providers.settings("kakao"), "public_url": "https://face.example.com", "clock": clock}
    async with application(**settings) as client:
        answer = await client.post(f"{AUTH}/kakao/start", json={})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-gwansang-sign-in=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    asked = parse_qs(urlsplit(answer.json()["authorization_url"]).query)
    assert asked["redirect_uri"] == [f"https://face.example.com{AUTH}/kakao/callback"]


@on_sqlite
async def test_apple_gets_a_client_secret_signed_with_the_teams_key(
    browser: Browser, providers: ProviderServer
) -> None:
    assert (await browser.sign_in("apple")).status_code == 200
    (secret,) = providers.secrets
    token = jwt.decode(secret, apple_client_key(), algorithms=["ES256"])
    assert token.header["kid"] == "APPLEKEY"
    assert (token.claims["iss"], token.claims["sub"]) == ("TEAM", "apple-web-client")
    assert token.claims["exp"] - token.claims["iat"] <= 600


async def test_state_and_code_count_once(browser: Browser) -> None:
    back = await browser.agree(await browser.start("google"))
    code = await browser.come_back(back)
    assert await browser.come_back(back) == "expired"
    cookies = dict(browser.client.cookies)
    assert (await browser.exchange(code)).status_code == 200
    browser.client.cookies.update(cookies)
    assert error_of(await browser.exchange(code)) == EXPIRED


@on_sqlite
async def test_a_code_of_the_provider_counts_once(browser: Browser) -> None:
    back = await browser.agree(await browser.start("google"))
    used = parse_qs(urlsplit(back).query)["code"][0]
    await browser.come_back(back)
    state = parse_qs(urlsplit(await browser.start("google")).query)["state"][0]
    code = await browser.come_back(with_query(back, state=state, code=used))
    assert error_of(await browser.exchange(code)) == (401, "PROVIDER_PROOF_INVALID")


@on_sqlite
async def test_another_browser_can_neither_finish_nor_exchange(client: httpx.AsyncClient) -> None:
    ours = Browser(client)
    theirs = Browser(httpx.AsyncClient(transport=client._transport, base_url="http://test"))
    back = await ours.agree(await ours.start("google"))
    assert await theirs.come_back(back) == "expired"  # without a cookie
    await theirs.start("google")
    assert await theirs.come_back(back) == "expired"  # with one of its own
    code = await ours.come_back(back)
    assert error_of(await theirs.exchange(code)) == EXPIRED
    assert (await ours.exchange(code)).status_code == 200


@on_sqlite
async def test_a_swapped_state_is_refused(browser: Browser) -> None:
    """An attacker's code under the state of the victim's own sign-in: PKCE and nonce are those of another one."""
    back = await browser.agree(await browser.start("google"))
    stolen = parse_qs(urlsplit(back).query)["code"][0]
    state = parse_qs(urlsplit(await browser.start("google")).query)["state"][0]
    code = await browser.come_back(with_query(back, state=state, code=stolen))
    assert error_of(await browser.exchange(code)) == (401, "PROVIDER_PROOF_INVALID")


@on_sqlite
async def test_a_state_of_another_provider_is_refused(browser: Browser) -> None:
    back = await browser.agree(await browser.start("google"))
    assert await browser.come_back(back.replace("google", "kakao")) == "expired"


@on_sqlite
async def test_an_unknown_state_is_refused(browser: Browser) -> None:
    await browser.start("google")
    for state in ("", "unknown", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")):
        assert await browser.come_back(with_query(f"{AUTH}/google/callback", state=state, code="x")) == "expired"


@on_sqlite
async def test_state_and_code_expire(browser: Browser, clock: MovingClock) -> None:
    back = await browser.agree(await browser.start("google"))
    clock.advance(minutes=10)
    assert await browser.come_back(back) == "expired"
    code = await browser.come_back(await browser.agree(await browser.start("google")))
    clock.advance(minutes=2)
    assert error_of(await browser.exchange(code)) == EXPIRED


@on_sqlite
async def test_only_screens_of_the_page_are_returned_to(client: httpx.AsyncClient) -> None:
    targets = (
        *("https://evil.example", "//evil.example", "/\\evil.example", "history/../..//evil.example"),
        *("javascript:alert(1)", "history\n", "%2F%2Fevil.example", "a" * 31),
    )
    for target in targets:
        answer = await client.post(f"{AUTH}/google/start", json={"return_to": target})
        assert error_of(answer) == (422, "VALIDATION_ERROR"), target


@on_sqlite
async def test_a_cancelled_sign_in_is_told_to_the_page(browser: Browser) -> None:
    state = parse_qs(urlsplit(await browser.start("kakao")).query)["state"][0]
    refused = with_query(f"{AUTH}/kakao/callback", state=state, error="access_denied", error_description="…")
    assert error_of(await browser.exchange(await browser.come_back(refused))) == (403, "PROVIDER_DENIED")


@on_sqlite
async def test_a_provider_that_fails_on_the_way_back_is_told_to_the_page(
    browser: Browser, providers: ProviderServer, clock: MovingClock
) -> None:
    for path in ("token", "jwks", "userinfo"):
        back = await browser.agree(await browser.start("kakao"))
        providers.overrides = {f"/kakao/{path}": lambda: Answer(b"<html>", 502)}
        assert error_of(await browser.exchange(await browser.come_back(back))) == (503, "PROVIDER_UNAVAILABLE"), path
        providers.overrides = {}
        clock.advance(seconds=10)
    assert (await browser.sign_in("kakao")).status_code == 200


@on_sqlite
@pytest.mark.parametrize("provider", ["kakao", "google"])
async def test_without_a_verified_address_no_account_is_made(
    provider: str, browser: Browser, providers: ProviderServer
) -> None:
    unverified = (Someone(verified=flag) for flag in (False, None, 1, "yes"))
    for someone in (Someone(email=None), Someone(email="no"), *unverified):
        providers.someone = someone
        assert error_of(await browser.sign_in(provider)) == (403, "PROVIDER_EMAIL_UNVERIFIED"), someone


@on_sqlite
async def test_a_child_gets_no_account(client: httpx.AsyncClient) -> None:
    answer = await client.post(f"{AUTH}/google/start", json={"birth_year": 2020})
    assert error_of(answer) == (422, "TOO_YOUNG")


async def test_a_deactivated_account_stays_closed(
    browser: Browser, providers: ProviderServer, database_url: str
) -> None:
    account = await me(browser.client, (await browser.sign_in("google")).json()["tokens"])
    async with open_accounts(settings_for_tests(database_url=database_url)) as accounts:
        await accounts.users.update(int(str(account["id"])), is_active=False, by=int(str(account["id"])))
    assert error_of(await browser.sign_in("google")) == (403, "INACTIVE_USER")


@on_sqlite
async def test_a_name_that_can_not_be_one_is_replaced(browser: Browser, providers: ProviderServer) -> None:
    names = {None: "user a", "": "user b", "지": "user c", "\u202e지": "user d", "x" * 200: "x" * 50}
    for letter, (name, expected) in zip("abcde", names.items(), strict=True):
        providers.someone = Someone(name=name, email=f"{letter}@example.com", subject=letter)
        account = await me(browser.client, (await browser.sign_in("google")).json()["tokens"])
        assert account["username"] == expected


@on_sqlite
async def test_no_secret_is_stored_or_logged(
    database_url: str, clock: MovingClock, providers: ProviderServer, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {**providers.settings("google"), "clock": clock, "log_level": "INFO"}
    async with application(database_url=database_url, **settings) as client:
        browser = Browser(client)
        url = await browser.start("google")
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        back = await browser.agree(url)
        provider_code = parse_qs(urlsplit(back).query)["code"][0]
        secrets = [asked["state"], asked["nonce"], *client.cookies.values()]
        code = await browser.come_back(back)
        await browser.exchange(code)
    files = [*Path(database_url.removeprefix("sqlite:///")).parent.glob(f"{Path(database_url).name}*")]
    kept = b"".join(file.read_bytes() for file in files)
    assert len(kept) > 10_000
    logged = capsys.readouterr().err
    assert "auth.identity_linked" in logged
    for secret in (*secrets, code, provider_code, "person-1"):
        assert secret.encode() not in kept
        assert secret not in logged


async def test_someone_elses_account_is_not_entered_by_its_address(browser: Browser, providers: ProviderServer) -> None:
    """Neither a proven account nor one that was registered with a foreign address is linked, or signed in to."""
    for proven in (True, False):
        owner = await person(browser.client, "owner", proven=proven)
        providers.someone = Someone(email=owner.email, subject=f"thief-{proven}")
        for provider in ("google", "kakao", "apple"):
            assert error_of(await browser.sign_in(provider)) == (409, "ACCOUNT_EXISTS")
        assert (await owner.call("GET", "/users/me/identities")).json() == {"items": []}


def test_the_callback_takes_no_token_and_answers_no_stranger() -> None:
    answer = send_request("GET", f"{AUTH}/myspace/callback")
    assert answer.status_code == 422
