"""Sign-ins with their devices: listed and ended by their user."""

import asyncio

import httpx
import pytest

from tests.support.fakes import MovingClock
from tests.support.people import Person, person
from tests.support.serving import application

pytestmark = pytest.mark.anyio
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # no SQL involved
WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)


async def signed_in(minji: Person, *, user_agent: str = WINDOWS, **fields: str) -> Person:
    """Return the same user, signed in on another device."""
    form = {"username": minji.email, "password": minji.password, **fields}
    answer = await minji.client.post("/api/v1/auth/login", data=form, headers={"User-Agent": user_agent})
    assert answer.status_code == 200, answer.text
    return Person(minji.client, minji.id, minji.email, tokens=answer.json())


async def sessions_of(someone: Person) -> list[dict[str, object]]:
    answer = await someone.call("GET", "/users/me/sessions")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, object]] = answer.json()["items"]
    return items


async def test_sign_ins_are_listed_with_device_and_last_use(minji: Person, clock: MovingClock) -> None:
    clock.advance(minutes=1)
    phone = await signed_in(minji, device_name="  민지의 전화\n기 ")
    clock.advance(minutes=1)
    laptop = await signed_in(minji)
    clock.advance(minutes=20)
    asked = {"refresh_token": phone.tokens["refresh_token"]}
    phone.tokens = (await minji.client.post("/api/v1/auth/refresh", json=asked)).json()
    listed = await sessions_of(laptop)
    assert [one["device_name"] for one in listed] == ["민지의 전화기", "Chrome, Windows", "python-httpx"]
    assert [one["current"] for one in listed] == [False, True, False]
    assert [str(one["last_used_at"])[11:16] for one in listed] == ["03:22", "03:02", "03:00"]
    assert [str(one["created_at"])[11:16] for one in listed] == ["03:01", "03:02", "03:00"]
    assert set(listed[0]) == {"id", "device_name", "created_at", "last_used_at", "expires_at", "current"}
    clock.advance(days=6.99)
    await minji.login()
    assert len(await sessions_of(minji)) == 2  # expired ones are gone


async def test_ending_a_sign_in_ends_its_tokens_and_tickets_and_no_other(
    minji: Person, client: httpx.AsyncClient
) -> None:
    phone = await signed_in(minji, device_name="phone")
    listed = {one["device_name"]: one["id"] for one in await sessions_of(minji)}
    assert (await minji.call("DELETE", f"/users/me/sessions/{listed['phone']}")).status_code == 204
    assert (await phone.call("GET", "/users/me")).status_code == 401
    asked = {"refresh_token": phone.tokens["refresh_token"]}
    assert (await client.post("/api/v1/auth/refresh", json=asked)).status_code == 401
    assert (await minji.call("GET", "/users/me")).status_code == 200
    again = await minji.call("DELETE", f"/users/me/sessions/{listed['phone']}")
    assert (again.status_code, again.json()["error"]["code"]) == (404, "SESSION_NOT_FOUND")
    assert (await minji.call("DELETE", f"/users/me/sessions/{listed['python-httpx']}")).status_code == 204
    assert (await minji.call("GET", "/users/me")).status_code == 401


async def test_of_too_many_sign_ins_the_least_recently_used_one_ends(database_url: str, clock: MovingClock) -> None:
    changes = {"max_sign_ins_per_user": 3, "clock": clock}
    async with application(database_url=database_url, **changes) as client:
        first, other = await person(client, "minji"), await person(client, "other")
        devices = [first]
        for number in range(2):
            clock.advance(minutes=1)
            devices.append(await signed_in(first, device_name=f"device {number}"))
        clock.advance(minutes=1)
        asked = {"refresh_token": first.tokens["refresh_token"]}
        first.tokens = (await client.post("/api/v1/auth/refresh", json=asked)).json()
        clock.advance(minutes=1)
        devices.append(await signed_in(first, device_name="one more"))
        seen = [(await device.call("GET", "/users/me")).status_code for device in devices]
        assert seen == [200, 401, 200, 200]
        assert len(await sessions_of(first)) == 3
        assert (await other.call("GET", "/users/me")).status_code == 200


async def test_of_concurrent_sign_ins_at_most_the_limit_lives(database_url: str, clock: MovingClock) -> None:
    changes = {"max_sign_ins_per_user": 3, "clock": clock}
    async with application(database_url=database_url, **changes) as client:
        minji = await person(client, "minji")
        devices = await asyncio.gather(*(signed_in(minji, device_name=f"device {number}") for number in range(8)))
        seen = [(await device.call("GET", "/users/me")).status_code for device in (minji, *devices)]
        assert sorted(seen) == [200] * 3 + [401] * 6


async def test_sign_ins_of_others_do_not_exist_for_a_caller(minji: Person, client: httpx.AsyncClient) -> None:
    other = await person(client, "other")
    (session,) = await sessions_of(other)
    answer = await minji.call("DELETE", f"/users/me/sessions/{session['id']}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "SESSION_NOT_FOUND")
    assert len(await sessions_of(minji)) == 1
    assert (await other.call("GET", "/users/me")).status_code == 200


USER_AGENTS = {
    "": None,
    "curl/8.5.0": "curl",
    "okhttp/4.12.0": "okhttp",
    "GwanSang/3 CFNetwork/1568 Darwin/24.0": "GwanSang",
    "<script>alert(1)</script>": None,
    "Mozilla/5.0": None,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 "
    "Mobile/15E148 Safari/604.1": "Safari, iPhone",
    "Mozilla/5.0 (Linux; Android 15; SM-S928N) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 "
    "Chrome/125.0.0.0 Mobile Safari/537.36": "Samsung Internet, Android",
    "Mozilla/5.0 (Linux; Android 15; wv) AppleWebKit/537.36 Chrome/140 Mobile KAKAOTALK/2511": "KakaoTalk, Android",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox, Mac",
    WINDOWS.replace("Safari/537.36", "Safari/537.36 Edg/140.0.0.0"): "Edge, Windows",
    "x" * 5000: "x" * 40,
}


@on_sqlite
async def test_a_device_without_a_name_is_called_by_its_program_and_system(minji: Person) -> None:
    for user_agent, name in USER_AGENTS.items():
        someone = await signed_in(minji, user_agent=user_agent)
        (current,) = [one for one in await sessions_of(someone) if one["current"]]
        assert current["device_name"] == name, user_agent
        assert (await someone.call("POST", "/auth/logout")).status_code == 204
    long = await signed_in(minji, device_name="긴" * 200)
    assert "긴" * 50 in [one["device_name"] for one in await sessions_of(long)]
