"""Who gets into the admin pages: nobody without a session of an administrator, and no form of another page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from gwansang.services.accounts.admin_sessions import IDLE, LONGEST
from gwansang.web.admin.forms import COOKIE
from tests.support.admin_pages import SIGN_IN, AdminDesk, admin_routes, filled
from tests.support.fakes import MovingClock
from tests.support.people import ADMIN_PASSWORD, Person, person
from tests.support.serving import client_of, container_behind, run_app

pytestmark = pytest.mark.anyio
ROUTES = sorted(admin_routes())
CHIEF = "chief@example.com"


@asynccontextmanager
async def opened(clock: MovingClock | None = None, **changes: object) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of an application with one administrator, and no worker."""
    async with run_app(clock=clock or MovingClock(), jobs_concurrency=0, **changes) as app, client_of(app) as client:
        await container_behind(client).users.register(CHIEF, "chief", ADMIN_PASSWORD, is_admin=True)
        yield client


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with opened() as connected:
        yield connected


@pytest.fixture
async def desk(client: httpx.AsyncClient) -> AdminDesk:
    return await signed_in(client)


async def signed_in(client: httpx.AsyncClient) -> AdminDesk:
    at = AdminDesk(client)
    assert (await at.sign_in(CHIEF, ADMIN_PASSWORD)).status_code == 303
    return at


async def answers(client: httpx.AsyncClient, headers: dict[str, str]) -> dict[tuple[str, str], httpx.Response]:
    """Return the answer of every admin page to a request with these headers."""
    found = {}
    for method, template in ROUTES:
        found[method, template] = await client.request(method, filled(template), headers=headers)
        client.cookies.clear()
    return found


def assert_only_the_sign_in(found: dict[tuple[str, str], httpx.Response], status: int = 401) -> None:
    assert {answer.status_code for answer in found.values()} == {status}
    for answer in found.values():
        assert f'action="{SIGN_IN}"' in answer.text
        assert "form_token" not in answer.text
        assert answer.headers["cache-control"] == "private, no-store"
        assert "location" not in answer.headers


def test_the_pages_have_every_section() -> None:
    shown = {path for method, path in ROUTES if method == "GET"}
    assert {f"/admin{name}" for name in ("", "/users", "/gallery", "/tasks", "/privacy", "/audit", "/keys")} <= shown
    assert len(ROUTES) > 25


async def test_a_guest_sees_nothing_but_the_sign_in_at_every_page(client: httpx.AsyncClient) -> None:
    assert_only_the_sign_in(await answers(client, {}))


async def test_tokens_of_the_api_and_invented_cookies_open_no_page(client: httpx.AsyncClient) -> None:
    chief = Person(client, 1, CHIEF, ADMIN_PASSWORD)
    await chief.login()
    member = await person(client)
    family = (await container_behind(client).sessions.page(1, None)).items[0].id.hex
    for headers in (
        chief.bearer,
        member.bearer,
        {"Cookie": f"{COOKIE}={chief.tokens['access_token']}"},
        {"Cookie": f"{COOKIE}={family}.{chief.tokens['refresh_token']}"},
        {"Cookie": f"{COOKIE}={family}.{'A' * 43}"},
        {"Cookie": f"{COOKIE}="},
    ):
        assert_only_the_sign_in(await answers(client, headers))


async def test_a_user_who_is_no_administrator_gets_no_session(client: httpx.AsyncClient) -> None:
    member = await person(client)
    at = AdminDesk(client)
    refused = await at.sign_in(member.email, member.password)
    assert (refused.status_code, refused.headers.get("set-cookie")) == (403, None)
    assert "administrator" in refused.text
    assert_only_the_sign_in(await answers(client, {}))


async def test_a_wrong_password_and_an_unknown_address_look_alike(client: httpx.AsyncClient) -> None:
    at = AdminDesk(client)
    wrong, unknown = await at.sign_in(CHIEF, "not it"), await at.sign_in("nobody@example.com", "not it")
    assert (wrong.status_code, wrong.text) == (401, unknown.text)


async def test_guesses_are_limited_as_at_the_api() -> None:
    async with opened(logins_per_minute=3) as client:
        at = AdminDesk(client)
        statuses = [(await at.sign_in(CHIEF, "not it")).status_code for _ in range(4)]
        assert statuses == [401, 401, 401, 429]
        refused = await at.sign_in(CHIEF, ADMIN_PASSWORD)
        assert (refused.status_code, "retry-after" in refused.headers) == (429, True)


async def test_the_cookie_is_for_these_pages_only_and_secure_behind_tls(client: httpx.AsyncClient) -> None:
    at = AdminDesk(client)
    plain = (await at.sign_in(CHIEF, ADMIN_PASSWORD)).headers["set-cookie"]
    at.origin = "https://test"
    secure = (await at.sign_in(CHIEF, ADMIN_PASSWORD)).headers["set-cookie"]
    for cookie in (plain, secure):
        parts = {part.strip().lower() for part in cookie.split(";")}
        assert {"httponly", "path=/admin", "samesite=strict"} <= parts
        assert not any(part.startswith("domain") for part in parts)
    assert ("Secure" in plain, "Secure" in secure) == (False, True)


async def test_pages_are_kept_nowhere_framed_nowhere_and_run_no_script(desk: AdminDesk) -> None:
    for method, template in ROUTES:
        if method == "GET":
            page = await desk.get(filled(template).removeprefix("/admin"))
            assert page.headers["cache-control"] == "private, no-store"
            assert "noindex" in page.headers["x-robots-tag"]
            policy = page.headers["content-security-policy"]
            assert {"default-src 'none'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} <= {
                part.strip() for part in policy.split(";")
            }
            assert "script-src" not in policy
            assert "unsafe" not in policy
            assert "<script" not in page.text
            assert " style=" not in page.text


async def test_a_tab_that_stays_open_after_the_sign_out_gets_nothing(desk: AdminDesk) -> None:
    stolen = AdminDesk(desk.client, cookie=desk.cookie, token=desk.token)
    left = await desk.act("/sign-out")
    assert (left.status_code, left.headers["location"]) == (303, SIGN_IN)
    assert f"{COOKIE}=" in left.headers["set-cookie"]
    desk.client.cookies.clear()
    assert_only_the_sign_in(await answers(desk.client, {"Cookie": f"{COOKIE}={stolen.cookie}"}))
    assert (await stolen.act("/users/1/deactivate")).status_code == 401


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_admin": False}])
async def test_an_administrator_who_is_deactivated_or_demoted_loses_the_open_session(
    desk: AdminDesk, change: dict[str, bool]
) -> None:
    users = container_behind(desk.client).users
    await users.register("second@example.com", "second", ADMIN_PASSWORD, is_admin=True)
    await users.update(1, **change)
    assert_only_the_sign_in(await answers(desk.client, {"Cookie": f"{COOKIE}={desk.cookie}"}))
    again = await AdminDesk(desk.client).sign_in(CHIEF, ADMIN_PASSWORD)
    assert (again.status_code, again.headers.get("set-cookie")) == (403, None)


async def test_a_changed_password_and_the_list_of_sessions_end_a_session(desk: AdminDesk) -> None:
    container, other = container_behind(desk.client), await signed_in(desk.client)
    newest = (await container.sessions.page(1, None)).items
    assert len(newest) == 2
    for session in newest:
        await container.sessions.end(1, session.id)
    assert {(await each.get("")).status_code for each in (desk, other)} == {401}
    third = await signed_in(desk.client)
    await container.users.change_password(1, ADMIN_PASSWORD, "another fine password 7")
    assert (await third.get("")).status_code == 401


async def test_a_session_ends_when_it_is_not_used_and_after_eight_hours_in_any_case() -> None:
    clock = MovingClock()
    async with opened(clock) as client:
        idle, used = await signed_in(client), await signed_in(client)
        for _ in range(int(LONGEST / (IDLE * 0.9))):
            clock.advance(seconds=0.9 * IDLE.total_seconds())
            assert (await used.get("")).status_code == 200
        assert (await idle.get("")).status_code == 401
        clock.advance(seconds=0.9 * IDLE.total_seconds())
        assert (await used.get("")).status_code == 401


async def test_a_form_needs_the_token_of_its_own_session(desk: AdminDesk) -> None:
    other = await signed_in(desk.client)
    victim = await person(desk.client)
    for token in ("", "0" * 64, other.token, desk.token[:-1], "é"):
        forged = AdminDesk(desk.client, cookie=desk.cookie, token=token)
        for method, template in ROUTES:
            if method == "POST":
                path = filled(template, {"user_id": victim.id}).removeprefix("/admin")
                answer = await forged.act(path)
                assert (template, answer.status_code) == (template, 403)
    assert (await container_behind(desk.client).users.get(victim.id)).is_active
    assert (await desk.act(f"/users/{victim.id}/deactivate")).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://test.evil.example"},
        {"Origin": "http://test:81"},
        {},
        {"Origin": "http://test", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://test", "Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_form_of_another_site_is_refused_even_with_cookie_and_token(
    desk: AdminDesk, headers: dict[str, str]
) -> None:
    victim = await person(desk.client)
    for method, template in ROUTES:
        if method == "POST":
            answer = await desk.client.post(
                filled(template, {"user_id": victim.id}),
                data={"form_token": desk.token},
                headers={**headers, "Cookie": f"{COOKIE}={desk.cookie}"},
            )
            assert (template, answer.status_code) == (template, 403)
    signing_in = await desk.client.post(SIGN_IN, data={"email": CHIEF, "password": ADMIN_PASSWORD}, headers=headers)
    assert (signing_in.status_code, signing_in.headers.get("set-cookie")) == (403, None)
    assert (await container_behind(desk.client).users.get(victim.id)).is_active


async def test_the_public_address_is_an_own_origin_whatever_host_a_proxy_names() -> None:
    async with opened(public_url="https://faces.example:8443/") as client:
        statuses = {}
        for origin in (
            "https://faces.example:8443",
            "https://faces.example",
            "https://faces.example:8443.evil.example",
        ):
            statuses[origin] = (await AdminDesk(client, origin).sign_in(CHIEF, ADMIN_PASSWORD)).status_code
    assert list(statuses.values()) == [303, 403, 403]


async def test_where_the_public_address_has_tls_a_page_without_it_signs_nobody_in_and_the_cookie_is_secure() -> None:
    async with opened(public_url="https://test") as client:
        plain = await AdminDesk(client, "http://test").sign_in(CHIEF, ADMIN_PASSWORD)
        assert (plain.status_code, plain.headers.get("set-cookie")) == (403, None)
        at = AdminDesk(client, "https://test")
        assert "Secure" in (await at.sign_in(CHIEF, ADMIN_PASSWORD)).headers["set-cookie"]
        at.origin = "http://test"
        victim = await person(client)
        assert (await at.act(f"/users/{victim.id}/deactivate")).status_code == 403
        at.origin = "https://test"
        assert (await at.act(f"/users/{victim.id}/deactivate")).status_code == 303


async def test_a_script_of_an_allowed_origin_reads_no_page(desk: AdminDesk) -> None:
    headers = {"Cookie": f"{COOKIE}={desk.cookie}", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-site"}
    assert_only_the_sign_in(await answers(desk.client, headers))


async def test_the_last_administrator_can_neither_leave_nor_be_removed(desk: AdminDesk) -> None:
    for path, fields in (("/users/1/deactivate", {}), ("/users/1/account/delete", {"address": CHIEF})):
        refused = await desk.act(path, fields)
        assert (refused.status_code, "last administrator" in refused.text) == (409, True)
    assert (await desk.get("/users/1")).status_code == 200


async def test_taking_or_giving_access_needs_the_password_when_the_sign_in_is_old() -> None:
    clock = MovingClock()
    async with opened(clock) as client:
        at, victim = await signed_in(client), await person(client, proven=False)
        paths = ("deactivate", "address/verify", "account/delete")
        clock.advance(minutes=6)
        for path in paths:
            fields = {"address": victim.email}
            assert (await at.act(f"/users/{victim.id}/{path}", fields)).status_code == 403
            assert (await at.act(f"/users/{victim.id}/{path}", {**fields, "password": "no"})).status_code == 401
        assert (await at.get("")).status_code == 200  # a wrong password there does not end the session
        for path in paths:
            fields = {"address": victim.email, "password": ADMIN_PASSWORD}
            assert (await at.act(f"/users/{victim.id}/{path}", fields)).status_code == 303
