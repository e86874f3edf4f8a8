"""Rate limits over HTTP: how callers are counted, costs of calls, and refusals."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from gwansang.services.ml.face_analyzer import canonical_landmarks
from tests.support.people import PASSWORD, Person, person
from tests.support.serving import JSON_CALL, run_app

pytestmark = pytest.mark.anyio
FACE = {"landmarks": canonical_landmarks().tolist()}
NOWHERE = "redis://127.0.0.1:1/0"
LOGIN = "/api/v1/auth/login"


@asynccontextmanager
async def app_from(*addresses: str, **settings: object) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Yield clients of one application, one for each address."""
    async with run_app(**settings) as app:
        clients = []
        for address in addresses:
            transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 4711))
            clients.append(httpx.AsyncClient(transport=transport, base_url="http://test"))
        try:
            yield clients
        finally:
            for client in clients:
                await client.aclose()


async def guest_reading(client: httpx.AsyncClient, **headers: str) -> int:
    return (await client.post(JSON_CALL, json=FACE, headers=headers)).status_code


async def test_a_refusal_has_retry_after_and_the_limit() -> None:
    async with app_from("203.0.113.1", guest_readings_per_hour=2) as (client,):
        answers = [await client.post(JSON_CALL, json=FACE) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    refused = answers[2]
    assert refused.headers["ratelimit-limit"] == "2"
    assert refused.headers["ratelimit-policy"] == "2;w=3600"
    assert 0 < int(refused.headers["retry-after"]) <= 7200
    assert refused.headers["ratelimit-reset"] == refused.headers["retry-after"]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["error"]["code"] == "RATE_LIMITED"
    assert "retry-after" not in answers[0].headers


async def test_forged_forwarded_addresses_do_not_evade_the_limit() -> None:
    async with app_from("203.0.113.1", guest_readings_per_hour=2) as (client,):
        statuses = [
            await guest_reading(client, **{header: f"198.51.100.{number}"})
            for number, header in enumerate(
                ("X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP")
            )
        ]
    assert statuses == [200, 200, 429, 429, 429]


async def test_behind_a_proxy_callers_are_distinguished_by_the_address_that_the_proxy_saw() -> None:
    async with app_from("10.0.0.1", guest_readings_per_hour=1, trusted_proxies=1) as (proxy,):
        statuses = [
            await guest_reading(proxy, **{"X-Forwarded-For": f"6.6.6.{number}, {client}"})
            for number, client in enumerate(["198.51.100.1", "198.51.100.1", "198.51.100.2"])
        ]
    assert statuses == [200, 429, 200]


async def test_the_addresses_of_one_ipv6_network_count_together() -> None:
    addresses = ("2001:db8:1:2::1", "2001:db8:1:2:ffff::1", "2001:db8:1:3::1")
    async with app_from(*addresses, guest_readings_per_hour=1) as clients:
        assert [await guest_reading(client) for client in clients] == [200, 429, 200]


async def test_guests_are_counted_by_address_and_callers_by_account() -> None:
    async with app_from("203.0.113.1", "203.0.113.2", caller_points_per_minute=20) as (here, there):
        someone = await person(here)
        elsewhere = Person(there, someone.id, someone.email, tokens=someone.tokens)
        left = [(await user.call("GET", "/users/me")).headers["ratelimit-remaining"] for user in (someone, elsewhere)]
        assert left == ["19", "18"]


async def test_a_reading_costs_five_points_and_all_keys_of_a_user_count_together() -> None:
    async with app_from("203.0.113.1", caller_points_per_minute=20) as (client,):
        someone = await person(client)
        keys = [await someone.key("analyze"), await someone.key("analyze")]  # 2 points
        statuses = [
            (await client.post(JSON_CALL, json=FACE, headers=keys[number % 2])).status_code for number in range(4)
        ]
        assert statuses == [200, 200, 200, 429]
        assert (await someone.call("GET", "/users/me")).headers["ratelimit-remaining"] == "2"


async def test_all_spellings_of_a_path_count_together() -> None:
    async with app_from("203.0.113.1", address_calls_per_minute=2) as (client,):
        registration = {"email": "x", "username": "xyz", "password": PASSWORD}
        answers = [await client.post(f"/api/v1/users{slash}", json=registration) for slash in ("", "/", "")]
    assert [answer.status_code for answer in answers] == [422, 422, 429]


async def test_guessing_tokens_and_keys_is_counted_by_address() -> None:
    async with app_from("203.0.113.1", address_calls_per_minute=4) as (client,):
        statuses = [
            (await client.get("/api/v1/analysis", headers=headers)).status_code
            for headers in ({"Authorization": "Bearer a"}, {"X-API-Key": "b"}, {}, {"Authorization": "Basic c"}) * 2
        ]
    assert statuses == [401] * 4 + [429] * 4


async def guess(client: httpx.AsyncClient, email: str, **fields: str) -> int:
    form = {"username": email, "password": "a wrong guess", **fields}
    return (await client.post(LOGIN, data=form)).status_code


async def test_wrong_passwords_of_an_account_are_limited_for_an_address() -> None:
    async with app_from("203.0.113.1", logins_per_minute=3) as (client,):
        someone = await person(client)
        assert [await guess(client, someone.email.upper()) for _ in range(5)] == [401] * 3 + [429] * 2
        refused = await someone.login()
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) <= 120  # nobody is locked out for long


async def test_the_owner_gets_in_from_elsewhere_while_a_stranger_guesses() -> None:
    async with app_from("203.0.113.1", "203.0.113.2", logins_per_minute=3) as (stranger, home):
        someone = await person(home)
        for _ in range(4):
            assert await guess(stranger, someone.email) in (401, 429)
            assert (await someone.login()).status_code == 200


async def test_right_passwords_do_not_use_up_the_tries() -> None:
    async with app_from("203.0.113.1", logins_per_minute=2) as (client,):
        someone = await person(client)
        assert [(await someone.login()).status_code for _ in range(6)] == [200] * 6
        assert [await guess(client, someone.email) for _ in range(3)] == [401, 401, 429]


async def test_sign_ins_of_an_address_are_limited_with_right_passwords_too() -> None:
    async with app_from("203.0.113.1", "203.0.113.2", logins_per_minute=2) as (client, elsewhere):
        someone = await person(client)  # signs in once
        statuses = [(await someone.login()).status_code for _ in range(13)]
        assert statuses == [200] * 11 + [429] * 2
        assert await guess(client, someone.email) == 429
        form = {"username": someone.email, "password": PASSWORD, "device_token": str(someone.tokens["device_token"])}
        assert (await client.post(LOGIN, data=form)).status_code == 200  # a known device behind that address
        assert (await Person(elsewhere, someone.id, someone.email).login()).status_code == 200


async def test_concurrent_guesses_get_exactly_the_limit() -> None:
    async with app_from("203.0.113.1", logins_per_minute=4) as (client,):
        someone = await person(client)
        statuses = await asyncio.gather(*(guess(client, someone.email) for _ in range(12)))
    assert sorted(statuses) == [401] * 4 + [429] * 8


async def test_a_known_device_gets_in_behind_the_address_of_a_stranger_who_guesses() -> None:
    async with app_from("203.0.113.1", logins_per_minute=3) as (shared,):
        someone, stranger = await person(shared), await person(shared)
        known, foreign = [str(one.tokens["device_token"]) for one in (someone, stranger)]
        assert [await guess(shared, someone.email) for _ in range(4)] == [401] * 3 + [429]
        form = {"username": someone.email, "password": PASSWORD}
        for token in (foreign, known + "x", "", known[:-4] + "AAAA"):
            assert (await shared.post(LOGIN, data={**form, "device_token": token})).status_code == 429, token
        assert (await shared.post(LOGIN, data={**form, "device_token": known})).status_code == 200
        assert [await guess(shared, someone.email, device_token=known) for _ in range(4)] == [401] * 3 + [429]
        headers = {"Authorization": f"Bearer {known}"}
        assert (await shared.get("/api/v1/users/me", headers=headers)).status_code == 401


async def test_a_known_device_stays_the_same_device() -> None:
    async with app_from("203.0.113.1", logins_per_minute=3) as (client,):
        someone = await person(client)
        tokens = [str(someone.tokens["device_token"])]
        for _ in range(4):
            form = {"username": someone.email, "password": PASSWORD, "device_token": tokens[-1]}
            tokens.append((await client.post(LOGIN, data=form)).json()["device_token"])
        tried = [await guess(client, someone.email, device_token=token) for token in tokens]
    assert tried == [401] * 3 + [429] * 2


async def test_many_known_devices_have_no_more_tries_than_their_address() -> None:
    async with app_from("203.0.113.1", "203.0.113.2", logins_per_minute=3) as (client, elsewhere):
        someone, stranger = await person(client), await person(client)
        tokens = [str((await someone.login()).json()["device_token"]) for _ in range(6)]
        tried = [await guess(client, someone.email, device_token=token) for token in tokens for _ in range(2)]
        assert tried == [401] * 9 + [429] * 3  # and not twelve
        form = {"username": someone.email, "password": PASSWORD, "device_token": tokens[-1]}
        assert (await elsewhere.post(LOGIN, data=form)).status_code == 200
        assert (await stranger.login()).status_code == 200


async def test_many_known_devices_have_no_more_tries_than_their_account() -> None:
    addresses = [f"203.0.113.{number}" for number in range(1, 14)]
    async with app_from(*addresses, logins_per_minute=1) as clients:
        someone = await person(clients[0])
        tokens = [str((await Person(client, 0, someone.email).login()).json()["device_token"]) for client in clients]
        tried = [
            await guess(client, someone.email, device_token=token)
            for client, token in zip(clients, tokens, strict=True)
        ]
        assert tried == [401] * 10 + [429] * 3


async def test_a_device_is_forgotten_when_all_sign_ins_are_ended() -> None:
    async with app_from("203.0.113.1", logins_per_minute=3) as (client,):
        someone = await person(client)
        change = {"current_password": PASSWORD, "new_password": "another 비밀번호 7"}
        assert (await someone.call("POST", "/users/me/password", json=change)).status_code == 204
        known_before = str(someone.tokens["device_token"])
        assert [await guess(client, someone.email) for _ in range(3)] == [401] * 3
        assert await guess(client, someone.email, device_token=known_before) == 429


async def test_a_device_of_an_erased_account_is_not_known_to_a_later_one_with_the_same_address() -> None:
    async with app_from("203.0.113.1", logins_per_minute=3) as (client,):
        earlier = await person(client)
        known_before = str(earlier.tokens["device_token"])
        assert (await earlier.call("DELETE", "/users/me")).status_code == 204
        registration = {"email": earlier.email, "username": "later", "password": PASSWORD}
        assert (await client.post("/api/v1/users", json=registration)).status_code == 201
        assert [await guess(client, earlier.email) for _ in range(3)] == [401] * 3
        assert await guess(client, earlier.email, device_token=known_before) == 429


async def test_guesses_from_very_many_addresses_are_limited_for_the_account() -> None:
    addresses = [f"203.0.113.{number}" for number in range(1, 25)]
    async with app_from(*addresses, logins_per_minute=2) as clients:
        someone = await person(clients[0])
        assert [await guess(client, someone.email) for client in clients] == [401] * 20 + [429] * 4
        form = {"username": someone.email, "password": PASSWORD, "device_token": str(someone.tokens["device_token"])}
        assert (await clients[0].post(LOGIN, data=form)).status_code == 200


async def test_logins_of_one_address_are_limited_across_accounts() -> None:
    async with app_from("203.0.113.1", logins_per_minute=2) as (client,):
        tries = [
            await client.post(LOGIN, data={"username": f"u{number}@example.com", "password": "password1"})
            for number in range(8)
        ]
    assert [answer.status_code for answer in tries] == [401] * 6 + [429] * 2


async def test_guessing_the_current_password_with_a_stolen_token_is_limited() -> None:
    async with app_from("203.0.113.1", logins_per_minute=3) as (client,):
        someone = await person(client)
        body = {"current_password": "a guess", "new_password": "brand-new one"}
        statuses = [(await someone.call("POST", "/users/me/password", json=body)).status_code for _ in range(4)]
    assert statuses == [401, 401, 401, 429]


async def test_codes_to_ones_own_address_are_limited() -> None:
    async with app_from("203.0.113.1") as (client,):
        someone, another = await person(client, proven=False), await person(client, proven=False)
        statuses = []
        for user in (someone,) * 4 + (another,):
            statuses.append((await user.call("POST", "/auth/verify-email/request")).status_code)
            await asyncio.sleep(0.2)  # counted when the mail is sent, in the background; that of the sign-up, too
        assert statuses == [202, 202, 429, 429, 202]


async def test_health_and_documentation_are_never_counted() -> None:
    async with app_from("203.0.113.1", address_calls_per_minute=1) as (client,):
        for path in ("/health", "/health/live", "/health/ready", "/docs", "/api/v1/openapi.json") * 3:
            answer = await client.get(path)
            assert answer.status_code == 200
            assert "ratelimit-limit" not in answer.headers


async def test_without_redis_logins_are_refused_and_other_calls_work() -> None:
    async with app_from("203.0.113.1", redis_url=NOWHERE, guest_readings_per_hour=2) as (client,):
        registration = {"email": "x@example.com", "username": "xyz", "password": PASSWORD}
        assert (await client.post("/api/v1/users/", json=registration)).status_code == 201
        refused = await client.post(LOGIN, data={"username": "x@example.com", "password": PASSWORD})
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "LIMITS_UNAVAILABLE")
        assert refused.headers["retry-after"] == "5"
        assert [await guest_reading(client) for _ in range(3)] == [200, 200, 429]
        assert (await client.get("/health/ready")).status_code == 200


async def test_the_body_of_a_refused_call_is_not_parsed() -> None:
    """The body of a call that is refused by its credentials or limits is not parsed."""
    async with app_from("203.0.113.1", guest_readings_per_hour=1) as (client,):
        await guest_reading(client)
        answer = await client.post(JSON_CALL, content=b"{" * 1000, headers={"Content-Type": "application/json"})
    assert answer.status_code == 429


async def test_concurrent_calls_of_one_address_get_exactly_the_limit() -> None:
    async with app_from("203.0.113.1", guest_readings_per_hour=7) as (client,):
        statuses = await asyncio.gather(*(guest_reading(client) for _ in range(20)))
    assert sorted(statuses) == [200] * 7 + [429] * 13
