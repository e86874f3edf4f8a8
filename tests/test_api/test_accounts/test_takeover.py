"""Accounts that strangers try to take over: addresses that are not theirs, stolen tokens, floods of mails."""

import asyncio
import email
import email.policy
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from gwansang.services.ml.face_analyzer import canonical_landmarks
from tests.support.fakes import MovingClock
from tests.support.people import ADMIN_PASSWORD, PASSWORD, Person, code_of, mails_in, person

pytestmark = pytest.mark.anyio
OTHER = "staple 맞는 말 42"
FACE = {"landmarks": canonical_landmarks().tolist()}
SUBJECTS = {
    "verify": "이메일 주소를 확인해 주세요",
    "change": "새 이메일 주소를 확인해 주세요",
    "undo": "계정의 이메일 주소를 바꾸려고 해요",
    "reset": "비밀번호를 새로 정해 주세요",
    "password_changed": "비밀번호가 바뀌었어요",
    "address_changed": "계정의 이메일 주소가 바뀌었어요",
}


class Mailbox:
    """The mails of a folder, by address and purpose."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def purposes(self, address: str) -> list[str]:
        """Return the purposes of the mails to an address, oldest first."""
        return [purpose for to, purpose, _ in self._mails() if to == address]

    async def codes(self, address: str, purpose: str, count: int = 1) -> list[str]:
        """Wait for mails of a purpose to an address and return their codes, oldest first."""
        paths = await self.wait(address, purpose, count)
        return [code_of(path) for path in paths]

    async def wait(self, address: str, purpose: str, count: int = 1) -> list[Path]:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found = [path for to, kind, path in self._mails() if (to, kind) == (address, purpose)]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.01)
        raise AssertionError(f"{count} mails {purpose} did not arrive")

    def _mails(self) -> list[tuple[str, str, Path]]:
        purposes = {subject: purpose for purpose, subject in SUBJECTS.items()}
        parsed = [
            (email.message_from_bytes(path.read_bytes(), policy=email.policy.default), path)
            for path in mails_in(self._folder)
        ]
        return [(str(mail["To"]), purposes[str(mail["Subject"])], path) for mail, path in parsed]


@pytest.fixture
def mailbox(mail_folder: Path) -> Mailbox:
    return Mailbox(mail_folder)


async def reset_password(client: httpx.AsyncClient, code: str, password: str = OTHER) -> int:
    chosen = {"token": code, "password": password}
    return (await client.post("/api/v1/auth/reset-password", json=chosen)).status_code


async def prove(client: httpx.AsyncClient, code: str) -> httpx.Response:
    return await client.post("/api/v1/auth/verify-email", json={"token": code})


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
    assert (await minji.login(OTHER)).status_code == 200
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
    change = {"current_password": PASSWORD, "new_password": OTHER, **field}
    assert (await minji.call("POST", "/users/me/password", json=change)).status_code == 204
    expected = 200 if kept else 401
    assert (await client.get("/api/v1/analysis", headers=key)).status_code == expected
    for someone in (minji, elsewhere):
        assert (await someone.call("GET", "/users/me")).status_code == expected
    await mailbox.wait(minji.email, "password_changed")
    assert (await minji.login()).status_code == 401


STOLEN_CALLS = (
    ("PATCH", "/users/me", {"email": "thief@example.com"}),
    ("PATCH", "/users/me", {"email": "thief@example.com", "username": "thief"}),
    ("DELETE", "/users/me", {}),
)


@pytest.mark.parametrize(("method", "path", "body"), STOLEN_CALLS)
async def test_a_stolen_token_neither_moves_nor_erases_an_account(
    client: httpx.AsyncClient, minji: Person, clock: MovingClock, method: str, path: str, body: dict[str, str]
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
    assert (await minji.call(method, path, json={**body, "current_password": PASSWORD})).status_code in (200, 204)


@pytest.mark.parametrize(("method", "path", "body"), STOLEN_CALLS)
async def test_within_five_minutes_after_the_sign_in_no_password_is_needed(
    minji: Person, clock: MovingClock, method: str, path: str, body: dict[str, str]
) -> None:
    clock.advance(minutes=5)
    answer = await minji.call(method, path, **({"json": body} if body else {}))
    assert answer.status_code in (200, 204)


async def test_a_stolen_token_of_an_administrator_neither_moves_nor_erases_accounts(
    minji: Person, admin: Person, clock: MovingClock
) -> None:
    clock.advance(minutes=6)
    moved = {"email": "thief@example.com"}
    for method, body in (("PATCH", moved), ("DELETE", {})):
        alone = await admin.call(method, f"/users/{minji.id}", json=body)
        assert (alone.status_code, alone.json()["error"]["code"]) == (403, "RECENT_SIGN_IN_REQUIRED")
        theirs = await admin.call(method, f"/users/{minji.id}", json={**body, "current_password": PASSWORD})
        assert theirs.status_code == 401
    assert (await admin.call("GET", f"/users/{minji.id}")).json()["email"] == minji.email
    assert (await admin.call("PATCH", f"/users/{minji.id}", json={"username": "other name"})).status_code == 200
    with_password = {**moved, "current_password": ADMIN_PASSWORD}
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


@pytest.mark.parametrize("proven", [True, False])
async def test_the_old_address_gets_the_account_back_and_every_sign_in_and_key_ends(
    client: httpx.AsyncClient, minji: Person, mailbox: Mailbox, clock: MovingClock, proven: bool
) -> None:
    key = await minji.key("history:read")
    await minji.call("PATCH", "/users/me", json={"email": "thief@example.com"})
    (undo,) = await mailbox.codes(minji.email, "undo")
    (change,) = await mailbox.codes("thief@example.com", "change")
    if proven:  # then the thief also chooses a password and registers the address that became free
        assert (await prove(client, change)).status_code == 200
        thief = {"current_password": PASSWORD, "new_password": OTHER}
        assert (await minji.call("POST", "/users/me/password", json=thief)).status_code == 204
        again = {"email": minji.email, "username": "squatter", "password": PASSWORD}
        taken = await client.post("/api/v1/users", json=again)
        assert (taken.status_code, taken.json()["error"]["code"]) == (409, "EMAIL_TAKEN")
    clock.advance(days=6, hours=23)
    restored = await client.post("/api/v1/auth/undo-email", json={"token": undo})
    assert (restored.status_code, restored.json()["email"]) == (200, minji.email)
    assert (await client.get("/api/v1/analysis", headers=key)).status_code == 401
    assert (await minji.call("GET", "/users/me")).status_code == 401
    assert (await prove(client, change)).status_code == 400
    assert (await client.post("/api/v1/auth/undo-email", json={"token": undo})).status_code == 400
    (code,) = await mailbox.codes(minji.email, "reset")
    assert await reset_password(client, code, "chosen by the owner") == 204
    assert (await minji.login("chosen by the owner")).status_code == 200


async def test_a_second_change_of_a_thief_does_not_end_the_way_back(
    client: httpx.AsyncClient, minji: Person, mailbox: Mailbox, clock: MovingClock
) -> None:
    await minji.call("PATCH", "/users/me", json={"email": "thief@example.com"})
    (undo,) = await mailbox.codes(minji.email, "undo")
    await prove(client, *await mailbox.codes("thief@example.com", "change"))
    clock.advance(seconds=1)
    await minji.call("PATCH", "/users/me", json={"email": "second@example.com"})
    await prove(client, *await mailbox.codes("second@example.com", "change"))
    (thiefs,) = await mailbox.codes("thief@example.com", "undo")
    assert (await client.post("/api/v1/auth/undo-email", json={"token": undo})).json()["email"] == minji.email
    assert (await client.post("/api/v1/auth/undo-email", json={"token": thiefs})).status_code == 400


async def test_a_way_back_ends_after_seven_days_and_the_address_is_free_again(
    client: httpx.AsyncClient, minji: Person, mailbox: Mailbox, clock: MovingClock
) -> None:
    await minji.call("PATCH", "/users/me", json={"email": "new@example.com"})
    await prove(client, *await mailbox.codes("new@example.com", "change"))
    (undo,) = await mailbox.codes(minji.email, "undo")
    clock.advance(days=7)
    assert (await client.post("/api/v1/auth/undo-email", json={"token": undo})).status_code == 400
    again = {"email": minji.email, "username": "another", "password": PASSWORD}
    assert (await client.post("/api/v1/users", json=again)).status_code == 201


async def test_a_stranger_at_a_mistyped_address_gets_no_way_into_the_account(
    client: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    someone = await person(client, "mistyped", proven=False)
    await someone.call("PATCH", "/users/me", json={"email": "right@example.com"})
    assert (await prove(client, *await mailbox.codes("right@example.com", "change"))).status_code == 200
    (stale,) = await mailbox.codes(someone.email, "verify")
    assert (await prove(client, stale)).status_code == 400
    assert mailbox.purposes(someone.email) == ["verify"]


async def test_an_address_that_an_administrator_changes_is_told(minji: Person, admin: Person, mailbox: Mailbox) -> None:
    await admin.call("PATCH", f"/users/{minji.id}", json={"email": "elsewhere@example.com"})
    await mailbox.wait(minji.email, "address_changed")
    await mailbox.codes("elsewhere@example.com", "verify")


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
    await mailbox.codes(minji.email, "reset", 2)
    await asyncio.sleep(0.3)
    assert len(mailbox.purposes(minji.email)) == 3  # one may be that of the sign-up
    first, *later = await mailbox.codes(minji.email, "reset")
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
