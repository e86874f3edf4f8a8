"""WebSockets: origins, credentials, limits, and their end."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.support.fakes import MovingClock
from tests.support.people import Person, person
from tests.support.serving import client_of, run_app
from tests.support.sockets import LIVE, accepted_socket, open_socket

pytestmark = pytest.mark.anyio
SITE = "https://app.example.org"


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
async def app(clock: MovingClock) -> AsyncIterator[ASGIApp]:
    rules = {"cors_origins": (SITE,), "trusted_hosts": ("test", "testserver"), "socket_recheck_s": 0.05}
    async with run_app(clock=clock, allow_guests=False, **rules) as running:
        yield running


@pytest.fixture
async def client(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as connected:
        yield connected


@pytest.fixture
async def minji(client: httpx.AsyncClient) -> Person:
    return await person(client, "minji")


def bearer(someone: Person) -> tuple[str, str]:
    return "authorization", f"Bearer {someone.tokens['access_token']}"


async def ticket_of(someone: Person, **headers: str) -> str:
    answer = await someone.client.post("/api/v1/auth/tickets", headers=headers or someone.bearer)
    assert answer.status_code == 201, answer.text
    assert answer.json()["expires_in"] == 30
    ticket: str = answer.json()["ticket"]
    return ticket


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://test.evil.example", "http://", "//"])
async def test_a_page_of_another_origin_is_refused_before_the_socket_opens(
    app: ASGIApp, minji: Person, origin: str
) -> None:
    async with open_socket(app, LIVE, bearer(minji), ("origin", origin), ("cookie", "session=1")) as socket:
        status, problem = await socket.refusal()
    assert (status, problem["error"]["code"]) == (403, "FOREIGN_ORIGIN")


@pytest.mark.parametrize("origin", [SITE, "https://test", "http://test", None])
async def test_allowed_origins_the_same_origin_and_programs_can_open_sockets(
    app: ASGIApp, minji: Person, origin: str | None
) -> None:
    headers = [("origin", origin)] if origin else []
    async with accepted_socket(app, LIVE, bearer(minji), *headers) as socket:
        assert (await socket.next())["type"] == "hello"


async def test_an_untrusted_host_is_refused(app: ASGIApp, minji: Person) -> None:
    async with open_socket(app, LIVE, bearer(minji), ("host", "evil.example")) as socket:
        status, problem = await socket.refusal()
    assert (status, problem["error"]["code"]) == (400, "UNKNOWN_HOST")


async def test_a_header_a_key_a_ticket_and_a_first_message_each_open_a_socket(app: ASGIApp, minji: Person) -> None:
    key = (await minji.key("analyze"))["X-API-Key"]
    ways = [
        (LIVE, [bearer(minji)], None),
        (LIVE, [("x-api-key", key)], None),
        (f"{LIVE}?ticket={await ticket_of(minji)}", [], None),
        (f"{LIVE}?ticket={await ticket_of(minji, **{'X-API-Key': key})}", [], None),
        (LIVE, [], minji.tokens["access_token"]),
        (LIVE, [], key),
    ]
    for address, headers, token in ways:
        async with accepted_socket(app, address, *headers) as socket:
            if token:
                socket.send({"type": "auth", "token": token})
            assert await socket.next() == {
                "type": "hello",
                "guest": False,
                "max_frame_bytes": 1048576,
                "frames_per_second": 30,
            }


async def test_invalid_credentials_are_a_problem_as_on_http_and_close_with_4401(app: ASGIApp, minji: Person) -> None:
    refresh, ticket = str(minji.tokens["refresh_token"]), await ticket_of(minji)
    ways = [
        (LIVE, [("authorization", "Bearer x")], "TOKEN_INVALID"),
        (LIVE, [("authorization", f"Bearer {refresh}")], "TOKEN_INVALID"),
        (LIVE, [("authorization", "Basic eDp4")], "TOKEN_INVALID"),
        (LIVE, [("x-api-key", "gsk_0")], "KEY_INVALID"),
        (f"{LIVE}?ticket=x", [], "TICKET_INVALID"),
        (f"{LIVE}?ticket={ticket}", [bearer(minji)], "TWO_CREDENTIALS"),
        (f"{LIVE}?ticket={ticket}&ticket={ticket}", [], "TWO_CREDENTIALS"),
        (LIVE, [bearer(minji), ("x-api-key", "gsk_0")], "TWO_CREDENTIALS"),
    ]
    for address, headers, code in ways:
        async with accepted_socket(app, address, *headers, ("accept-language", "en")) as socket:
            problem = await socket.problem()
            assert (problem["error"]["code"], problem["status"], problem["instance"]) == (code, 401, LIVE)
            assert socket.closed_with == 4401


@pytest.mark.parametrize("name", ["token", "access_token", "Token", "jwt", "auth", "authToken", "x-api-key", "apikey"])
@pytest.mark.parametrize("allow_guests", [True, False])
async def test_a_token_in_the_url_is_refused_with_a_word_and_nobody_becomes_a_guest(
    name: str, allow_guests: bool
) -> None:
    async with run_app(allow_guests=allow_guests) as app, client_of(app) as client:
        token = (await person(client)).tokens["access_token"]
        async with accepted_socket(app, f"{LIVE}?{name}={token}", ("accept-language", "en")) as socket:
            socket.send({"type": "start"})
            problem = await socket.problem()
        assert problem["error"]["code"] == "TOKEN_IN_QUERY"
        assert "/auth/tickets" in problem["detail"]
        assert (socket.closed_with, socket.reason) == (4401, "TOKEN_IN_QUERY")
        answer = await client.post(f"/api/v1/analysis/face?{name}={token}", json={})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "TOKEN_IN_QUERY")


@pytest.mark.parametrize(
    "first",
    [b"a frame", "not JSON", '{"type": "start"}', '{"type": "auth"}', '{"type": "auth", "token": "x"}', "{" * 9000],
    ids=lambda first: str(first)[:20],
)
async def test_without_guests_the_first_message_has_to_be_a_valid_token(app: ASGIApp, first: bytes | str) -> None:
    async with accepted_socket(app) as socket:
        socket.send(first)
        assert (await socket.problem())["status"] == 401
        assert socket.closed_with == 4401


async def test_a_socket_without_a_first_message_is_closed(app: ASGIApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gwansang.api.v1.sockets.connection._AUTH_S", 0.05)
    async with accepted_socket(app) as socket:
        assert (await socket.problem())["error"]["code"] == "UNAUTHENTICATED"
        assert socket.closed_with == 4401


async def test_a_ticket_opens_one_socket_within_thirty_seconds(app: ASGIApp, minji: Person, clock: MovingClock) -> None:
    used, late = await ticket_of(minji), await ticket_of(minji)
    async with accepted_socket(app, f"{LIVE}?ticket={used}") as socket:
        assert (await socket.next())["type"] == "hello"
    clock.advance(seconds=30)
    for ticket in (used, late):
        async with accepted_socket(app, f"{LIVE}?ticket={ticket}") as socket:
            assert (await socket.problem())["error"]["code"] == "TICKET_INVALID"


async def test_one_ticket_opens_one_of_several_concurrent_sockets(app: ASGIApp, minji: Person) -> None:
    ticket = await ticket_of(minji)

    async def first_type() -> str:
        async with accepted_socket(app, f"{LIVE}?ticket={ticket}") as socket:
            return str((await socket.next())["type"])

    types = await asyncio.gather(*(first_type() for _ in range(8)))
    assert sorted(types) == ["error"] * 7 + ["hello"]


async def test_a_ticket_needs_the_analyze_scope(client: httpx.AsyncClient, minji: Person) -> None:
    assert (await client.post("/api/v1/auth/tickets")).status_code == 401
    key = await minji.key("history:read")
    assert (await client.post("/api/v1/auth/tickets", headers=key)).status_code == 403


async def test_a_ticket_ends_with_its_sign_in(app: ASGIApp, minji: Person) -> None:
    ticket = await ticket_of(minji)
    await minji.call("POST", "/auth/logout")
    async with accepted_socket(app, f"{LIVE}?ticket={ticket}") as socket:
        assert (await socket.problem())["status"] == 401


async def test_a_key_without_the_scope_is_forbidden(app: ASGIApp, minji: Person) -> None:
    key = (await minji.key("history:read"))["X-API-Key"]
    async with accepted_socket(app, LIVE, ("x-api-key", key)) as socket:
        problem = await socket.problem()
    assert (problem["error"]["code"], socket.closed_with) == ("SCOPE_MISSING", 4403)


@pytest.mark.parametrize("by", ["header", "ticket", "message"])
async def test_an_open_socket_ends_when_its_token_expires(
    app: ASGIApp, minji: Person, clock: MovingClock, by: str
) -> None:
    address = f"{LIVE}?ticket={await ticket_of(minji)}" if by == "ticket" else LIVE
    async with accepted_socket(app, address, *([bearer(minji)] if by == "header" else [])) as socket:
        if by == "message":
            socket.send({"type": "auth", "token": minji.tokens["access_token"]})
        assert (await socket.next())["type"] == "hello"
        clock.advance(minutes=29, seconds=59)
        await asyncio.sleep(0.15)
        assert socket.from_app.empty()
        clock.advance(seconds=1)
        assert (await socket.problem())["error"]["code"] == "TOKEN_INVALID"
        assert socket.closed_with == 4401


async def test_an_open_socket_ends_with_its_sign_in_key_or_account(app: ASGIApp, minji: Person) -> None:
    created = (await minji.call("POST", "/keys", json={"name": "k", "scopes": ["analyze"]})).json()
    async with accepted_socket(app, LIVE, ("x-api-key", created["key"])) as socket:
        assert (await socket.next())["type"] == "hello"
        await minji.call("DELETE", f"/keys/{created['id']}")
        assert (await socket.problem())["error"]["code"] == "KEY_INVALID"
    async with accepted_socket(app, LIVE, bearer(minji)) as socket:
        assert (await socket.next())["type"] == "hello"
        await minji.call("POST", "/auth/logout")
        assert (await socket.problem())["error"]["code"] == "TOKEN_INVALID"
    await minji.login()
    async with accepted_socket(app, LIVE, bearer(minji)) as socket:
        assert (await socket.next())["type"] == "hello"
        gone = await minji.call("DELETE", "/users/me")
        assert gone.status_code == 204
        assert (await socket.problem())["status"] == 401
        assert socket.closed_with == 4401


async def test_a_user_has_three_sockets_and_a_closed_one_frees_its_slot(app: ASGIApp, minji: Person) -> None:
    async with (
        accepted_socket(app, LIVE, bearer(minji)) as first,
        accepted_socket(app, LIVE, bearer(minji)) as second,
        accepted_socket(app, LIVE, bearer(minji)) as third,
    ):
        for socket in (first, second, third):
            assert (await socket.next())["type"] == "hello"
        async with accepted_socket(app, LIVE, bearer(minji)) as fourth:
            problem = await fourth.problem()
            assert (problem["error"]["code"], problem["error"]["details"]) == ("TOO_MANY_SOCKETS", {"max": 3})
            assert fourth.closed_with == 1013
    async with accepted_socket(app, LIVE, bearer(minji)) as again:
        assert (await again.next())["type"] == "hello"


async def test_sockets_of_an_address_are_limited_signed_in_or_not() -> None:
    async with run_app(sockets_per_address=2) as app, accepted_socket(app) as first, accepted_socket(app) as second:
        for silent in (first, second):
            silent.send({"type": "start"})
            assert (await silent.next())["guest"] is True
        async with accepted_socket(app) as third:
            assert (await third.problem())["error"]["code"] == "TOO_MANY_SOCKETS"
            assert third.closed_with == 1013


async def test_wrong_tokens_and_guests_are_counted_against_their_address() -> None:
    limits = {"address_calls_per_minute": 2, "guest_readings_per_hour": 1}
    async with run_app(**limits) as app:
        codes = []
        for _ in range(3):
            async with accepted_socket(app, f"{LIVE}?ticket=wrong") as socket:
                codes.append((await socket.problem())["error"]["code"])
        assert codes == ["TICKET_INVALID", "TICKET_INVALID", "RATE_LIMITED"]
        async with accepted_socket(app) as guest:
            guest.send({"type": "start"})
            assert (await guest.next())["type"] == "hello"
        async with accepted_socket(app) as second:
            second.send({"type": "start"})
            assert (await second.problem())["error"]["code"] == "RATE_LIMITED"
            assert second.closed_with == 1013


async def test_a_flood_of_small_messages_ends_the_socket(app: ASGIApp, minji: Person) -> None:
    async with accepted_socket(app, LIVE, bearer(minji)) as socket:
        for _ in range(1000):
            socket.send(b"x")
        assert (await socket.problem())["error"]["code"] == "SOCKET_FLOOD"
        assert socket.closed_with == 1013


async def test_an_idle_or_endless_guidance_is_closed(
    app: ASGIApp, minji: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("_IDLE_S", "_SESSION_S"):
        with monkeypatch.context() as patched:
            patched.setattr(f"gwansang.api.v1.sockets.live.{limit}", 0.1)
            async with accepted_socket(app, LIVE, bearer(minji)) as socket:
                assert (await socket.problem())["error"]["code"] == "SOCKET_IDLE"
                assert socket.closed_with == 4408


async def test_a_client_that_does_not_take_messages_is_closed(
    app: ASGIApp, minji: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gwansang.api.v1.sockets.connection._SEND_S", 0.05)
    monkeypatch.setattr("gwansang.api.v1.sockets.connection._CLOSE_S", 0.05)
    drained, tries = asyncio.Event(), []

    async def stuffed(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_slowly(message: Message) -> None:
            if message["type"] == "websocket.send":
                tries.append(message)
                await drained.wait()  # the client's window is full, and nobody reads
            await send(message)

        await app(scope, receive, send_slowly)

    async with accepted_socket(stuffed, LIVE, bearer(minji)) as socket:
        assert await socket.next() == {}
    assert (socket.closed_with, len(tries)) == (4408, 1)  # its slot is not held for a second message


async def test_an_unexpected_error_is_sent_with_the_request_id_and_nothing_else(
    app: ASGIApp, minji: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr("gwansang.services.readings.live_service.LiveService.open_session", explode)
    async with accepted_socket(app, LIVE, bearer(minji), ("x-request-id", "bang")) as socket:
        problem = await socket.problem()
    assert (problem["error"]["code"], problem["request_id"], socket.closed_with) == ("INTERNAL_ERROR", "bang", 1011)
    assert "secret" not in str(problem)


async def test_other_paths_have_no_socket(app: ASGIApp) -> None:
    async with open_socket(app, "/api/v1/analysis/nowhere") as socket:
        assert await socket.event() == {"type": "websocket.close", "code": 1000, "reason": ""}
