"""Accounts that strangers try to take over: addresses that are not theirs, stolen tokens, floods of mails."""

import asyncio
from collections import Counter

import httpx
import pytest

from gwansang.services.ml.face_analyzer import canonical_landmarks
from tests.support.fakes import MovingClock
from tests.support.mailbox import OTHER_PASSWORD, Mailbox, prove, reset_password
from tests.support.people import ADMIN_PASSWORD, PASSWORD, Person, person

pytestmark = pytest.mark.anyio
FACE = {"landmarks": canonical_landmarks().tolist()}


async def test_a_stranger_who_signs_up_with_an_address_gets_no_key_and_nothing_is_kept(
    client: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    stranger = await person(client, "victim", proven=False)
    refused = [
        await stranger.call("POST", "/keys", json={"name": "back door", "scopes": ["history:read"]}),
        await stranger.call("PUT", "/consents/history"),
        await stranger.call("PUT", "/consents/retain_photo"),
    ]
    assert [(one.status_code, one.json()["error"]["code"]) for one in refused] == [(403, "EMAIL_UNVERIFIED")] * 3
    assert (await stranger.call("POST", "/analysis/face", json=FACE)).status_code == 200
    assert (await stranger.call("GET", "/analysis")).json()["total"] == 0
    (code,) = await mailbox.codes(stranger.email, "verify")
    assert (await prove(client, code)).status_code == 200
    assert (await stranger.call("PUT", "/consents/history")).status_code == 200
    assert (await stranger.call("POST", "/keys", json={"name": "mine", "scopes": ["analyze"]})).status_code == 201
    await stranger.call("POST", "/analysis/face", json=FACE)
    assert (await stranger.call("GET", "/analysis")).json()["total"] == 1


async def test_nothing_is_kept_for_an_unproven_address_whose_consent_an_older_release_took(
    client: httpx.AsyncClient, minji: Person, admin: Person
) -> None:
    await minji.agree("history")
    moved = await admin.call("PATCH", f"/users/{minji.id}", json={"email": "elsewhere@example.com"})
    assert (moved.status_code, moved.json()["email_verified"]) == (200, False)
    await minji.call("POST", "/analysis/face", json=FACE)
    assert (await minji.call("GET", "/analysis")).json()["total"] == 0


async def test_a_reset_ends_every_key_and_sign_in_and_a_mail_tells_it(
    client: httpx.AsyncClient, minji: Person, mailbox: Mailbox
) -> None:
    key = await minji.key("analyze", "history:read")
    await client.post("/api/v1/auth/reset-password/request", json={"email": minji.email})
    (code,) = await mailbox.codes(minji.email, "reset")
    assert await reset_password(client, code) == 204
    assert (await client.get("/api/v1/analysis", headers=key)).status_code == 401
    assert (await minji.call("GET", "/users/me")).status_code == 401
    await mailbox.wait(minji.email, "password_changed")
    assert (await minji.login(OTHER_PASSWORD)).status_code == 200
    assert (await minji.call("GET", "/keys")).json()["total"] == 0


@pytest.mark.parametrize(
    ("field", "kept"), [({}, False), ({"keep_access": False}, False), ({"keep_access": True}, True)]
)
async def test_a_password_change_ends_every_key_and_sign_in_unless_they_are_to_be_kept(
    client: httpx.AsyncClient, minji: Person, mailbox: Mailbox, field: dict[str, bool], kept: bool
) -> None:
    key = await minji.key("history:read")
    elsewhere = Person(client, minji.id, minji.email)
    await elsewhere.login()
    change = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD, **field}
    assert (await minji.call("POST", "/users/me/password", json=change)).status_code == 204
    expected = 200 if kept else 401
    assert (await client.get("/api/v1/analysis", headers=key)).status_code == expected
    for someone in (minji, elsewhere):
        assert (await someone.call("GET", "/users/me")).status_code == expected
    await mailbox.wait(minji.email, "password_changed")
    assert (await minji.login()).status_code == 401


NEW_KEY = {"name": "back door", "scopes": ["history:read"]}
STOLEN_CALLS = (
    ("POST", "/keys", NEW_KEY),
    ("PATCH", "/users/me", {"email": "thief@example.com"}),
    ("PATCH", "/users/me", {"email": "thief@example.com", "username": "thief"}),
    ("DELETE", "/users/me", {}),
)


@pytest.mark.parametrize(("method", "path", "body"), STOLEN_CALLS)
async def test_a_stolen_token_moves_and_erases_no_account_and_makes_no_key(
    client: httpx.AsyncClient, minji: Person, clock: MovingClock, method: str, path: str, body: dict[str, object]
) -> None:
    clock.advance(minutes=5, seconds=1)
    before = (await minji.call("GET", "/users/me")).json()
    refreshed = await client.post("/api/v1/auth/refresh", json={"refresh_token": minji.tokens["refresh_token"]})
    minji.tokens = refreshed.json()  # a refresh is no sign-in
    alone = await minji.call(method, path, **({"json": body} if body else {}))
    assert (alone.status_code, alone.json()["error"]["code"]) == (403, "RECENT_SIGN_IN_REQUIRED")
    wrong = await minji.call(method, path, json={**body, "current_password": "a guess"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "INVALID_CREDENTIALS")
    assert (await minji.call("GET", "/users/me")).json() == before
    assert (await minji.call("GET", "/keys")).json()["total"] == 0
    assert (await minji.call(method, path, json={**body, "current_password": PASSWORD})).status_code in (200, 201, 204)


@pytest.mark.parametrize(("method", "path", "body"), STOLEN_CALLS)
async def test_within_five_minutes_after_the_sign_in_no_password_is_needed(
    minji: Person, clock: MovingClock, method: str, path: str, body: dict[str, object]
) -> None:
    clock.advance(minutes=5)
    answer = await minji.call(method, path, **({"json": body} if body else {}))
    assert answer.status_code in (200, 201, 204)


async def test_a_stolen_token_of_an_administrator_takes_no_account_and_gives_none(
    minji: Person, admin: Person, clock: MovingClock
) -> None:
    clock.advance(minutes=6)
    moved = {"email": "thief@example.com"}
    sensitive = [("PATCH", moved), ("PATCH", {"is_admin": True}), ("PATCH", {"is_active": False}), ("DELETE", {})]
    for method, body in sensitive:
        alone = await admin.call(method, f"/users/{minji.id}", json=body)
        assert (alone.status_code, alone.json()["error"]["code"]) == (403, "RECENT_SIGN_IN_REQUIRED")
        theirs = await admin.call(method, f"/users/{minji.id}", json={**body, "current_password": PASSWORD})
        assert theirs.status_code == 401
    shown = (await admin.call("GET", f"/users/{minji.id}")).json()
    assert (shown["email"], shown["is_admin"], shown["is_active"]) == (minji.email, False, True)
    harmless = {"username": "other name", "email": minji.email, "is_admin": False, "is_active": True}
    assert (await admin.call("PATCH", f"/users/{minji.id}", json=harmless)).status_code == 200
    for body in (moved, {"is_admin": True}, {"is_active": False}):
        with_password = {**body, "current_password": ADMIN_PASSWORD}
        assert (await admin.call("PATCH", f"/users/{minji.id}", json=with_password)).status_code == 200


async def test_the_old_address_counts_until_the_new_one_is_proven(
    client: httpx.AsyncClient, minji: Person, mailbox: Mailbox
) -> None:
    answer = await minji.call("PATCH", "/users/me", json={"email": "New@example.com", "username": "new name"})
    shown = answer.json()
    assert (shown["email"], shown["pending_email"], shown["username"]) == (minji.email, "new@example.com", "new name")
    assert (await minji.call("GET", "/users/me")).json()["pending_email"] == "new@example.com"
    assert (await minji.login()).status_code == 200
    assert "undo" in mailbox.purposes(minji.email) or await mailbox.wait(minji.email, "undo")
    await minji.call("PATCH", "/users/me", json={"email": "new@example.com"})
    code, other = await mailbox.codes("new@example.com", "change", 2)
    proved = await prove(client, code)
    assert (proved.json()["email"], proved.json()["email_verified"]) == ("new@example.com", True)
    assert (await minji.call("GET", "/users/me")).json()["pending_email"] is None
    assert (await minji.login()).status_code == 401
    minji.email = "new@example.com"
    assert (await minji.login()).status_code == 200
    assert [(await prove(client, used)).status_code for used in (code, other)] == [400, 400]


async def test_a_request_is_cancelled_by_the_current_address_and_replaced_by_another(
    client: httpx.AsyncClient, minji: Person, mailbox: Mailbox
) -> None:
    for address in ("first@example.com", "second@example.com"):
        await minji.call("PATCH", "/users/me", json={"email": address})
    (first,), (second,) = [await mailbox.codes(f"{name}@example.com", "change") for name in ("first", "second")]
    assert (await prove(client, first)).status_code == 400
    cancelled = await minji.call("PATCH", "/users/me", json={"email": minji.email})
    assert (cancelled.status_code, cancelled.json()["pending_email"]) == (200, None)
    assert (await prove(client, second)).status_code == 400
    assert (await minji.call("GET", "/users/me")).json()["email"] == minji.email


async def test_an_address_gets_three_mails_an_hour_whatever_causes_them(
    client: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    target = "target@example.com"
    senders = [await person(client, f"sender{number}") for number in range(3)]
    registration = {"email": target, "username": "someone", "password": PASSWORD}
    assert (await client.post("/api/v1/users", json=registration)).status_code == 201
    stranger = Person(client, 0, target)
    await stranger.login()
    assert (await stranger.call("DELETE", "/users/me")).status_code == 204
    statuses: Counter[int] = Counter()
    for sender in senders:
        for _ in range(3):
            statuses[(await sender.call("PATCH", "/users/me", json={"email": target})).status_code] += 1
        await asyncio.sleep(0.2)  # mails are counted when they are sent, in the background
    for _ in range(5):
        asked = await client.post("/api/v1/auth/reset-password/request", json={"email": target.upper()})
        assert asked.status_code == 202
    await asyncio.sleep(0.3)
    assert len(mailbox.purposes(target)) + 1 == 3  # the erasure deleted the first from the folder
    assert statuses[429] >= 6


async def test_mails_that_strangers_cause_do_not_suppress_those_of_the_owner(
    client: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    target = "target@example.com"
    senders = [await person(client, f"sender{number}") for number in range(2)]
    for sender in senders * 3:
        await sender.call("PATCH", "/users/me", json={"email": target})
    await mailbox.codes(target, "change", 3)
    owner = {"email": target, "username": "owner", "password": PASSWORD}
    assert (await client.post("/api/v1/users", json=owner)).status_code == 201
    assert (await prove(client, *await mailbox.codes(target, "verify"))).status_code == 200
    for _ in range(5):
        await client.post("/api/v1/auth/reset-password/request", json={"email": target})
    assert await reset_password(client, (await mailbox.codes(target, "reset", 3))[2]) == 204
    await mailbox.wait(target, "password_changed")
    assert Counter(mailbox.purposes(target)) == {"change": 3, "verify": 1, "reset": 3, "password_changed": 1}


async def test_one_user_asks_for_three_changes_an_hour_whoever_gets_the_mails(minji: Person) -> None:
    statuses = [
        (await minji.call("PATCH", "/users/me", json={"email": f"target{number}@example.com"})).status_code
        for number in range(5)
    ]
    assert statuses == [200, 200, 200, 429, 429]


async def test_a_stranger_who_asks_for_resets_neither_locks_the_owner_out_nor_voids_codes(
    client: httpx.AsyncClient, minji: Person, mailbox: Mailbox
) -> None:
    for _ in range(10):
        asked = await client.post("/api/v1/auth/reset-password/request", json={"email": minji.email})
        assert (asked.status_code, asked.json()) == (202, {"status": "accepted"})
    first, *later = await mailbox.codes(minji.email, "reset", 3)
    await asyncio.sleep(0.3)
    assert mailbox.purposes(minji.email).count("reset") == 3
    assert await reset_password(client, first) == 204
    assert {await reset_password(client, code) for code in (first, *later)} == {400}
    await mailbox.wait(minji.email, "password_changed")  # the stranger's mails don't suppress it


@pytest.mark.parametrize("password", ["password", "12345678", "Password1!", "P@ssw0rd", "aaaaaaaa", "qwer1234"])
async def test_a_common_password_is_refused_wherever_one_is_chosen(
    client: httpx.AsyncClient, minji: Person, mailbox: Mailbox, password: str
) -> None:
    registration = {"email": "new@example.com", "username": "newcomer", "password": password}
    await client.post("/api/v1/auth/reset-password/request", json={"email": minji.email})
    (code,) = await mailbox.codes(minji.email, "reset")
    change = {"current_password": PASSWORD, "new_password": password}
    answers = [
        await client.post("/api/v1/users", json=registration),
        await minji.call("POST", "/users/me/password", json=change),
        await client.post("/api/v1/auth/reset-password", json={"token": code, "password": password}),
    ]
    assert [(one.status_code, one.json()["error"]["code"]) for one in answers] == [(422, "PASSWORD_TOO_COMMON")] * 3
    assert all(password not in one.text for one in answers if password != "password")
    assert await reset_password(client, code) == 204  # the code was not used
