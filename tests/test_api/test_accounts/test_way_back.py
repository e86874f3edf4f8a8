"""The way back after a change of the address: who has it, for how long, and what it ends."""

import asyncio

import httpx
import pytest
from sqlalchemy import text

from gwansang.db.session import Database
from tests.support.fakes import MovingClock
from tests.support.mailbox import OTHER_PASSWORD, Mailbox, prove, reset_password, undo_change
from tests.support.people import PASSWORD, Person, person

pytestmark = pytest.mark.anyio


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
        thief = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
        assert (await minji.call("POST", "/users/me/password", json=thief)).status_code == 204
        again = {"email": minji.email, "username": "squatter", "password": PASSWORD}
        taken = await client.post("/api/v1/users", json=again)
        assert (taken.status_code, taken.json()["error"]["code"]) == (409, "EMAIL_TAKEN")
    clock.advance(days=6, hours=23)
    restored = await undo_change(client, undo)
    assert (restored.status_code, restored.json()["email"]) == (200, minji.email)
    assert (await client.get("/api/v1/analysis", headers=key)).status_code == 401
    assert (await minji.call("GET", "/users/me")).status_code == 401
    assert (await prove(client, change)).status_code == 400
    assert (await undo_change(client, undo)).status_code == 400
    for known_to_the_thief in (PASSWORD, OTHER_PASSWORD):
        assert (await minji.login(known_to_the_thief)).status_code == 401
    (code,) = await mailbox.codes(minji.email, "restored")
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
    assert (await undo_change(client, undo)).json()["email"] == minji.email
    assert (await undo_change(client, thiefs)).status_code == 400


async def test_a_way_back_ends_after_seven_days_and_the_address_is_free_again(
    client: httpx.AsyncClient, minji: Person, mailbox: Mailbox, clock: MovingClock
) -> None:
    await minji.call("PATCH", "/users/me", json={"email": "new@example.com"})
    await prove(client, *await mailbox.codes("new@example.com", "change"))
    (undo,) = await mailbox.codes(minji.email, "undo")
    clock.advance(days=7)
    assert (await undo_change(client, undo)).status_code == 400
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
    await mailbox.wait(minji.email, "address_changed_by_admin")
    await mailbox.codes("elsewhere@example.com", "verify")


async def test_the_code_after_an_undo_arrives_though_strangers_asked_for_resets(
    client: httpx.AsyncClient, minji: Person, mailbox: Mailbox
) -> None:
    old = minji.email
    for _ in range(5):
        await client.post("/api/v1/auth/reset-password/request", json={"email": old})
    await mailbox.codes(old, "reset", 3)
    await move(client, minji, "thief@example.com", mailbox)
    (undo,) = await mailbox.codes(old, "undo")
    assert (await undo_change(client, undo)).status_code == 200
    (code,) = await mailbox.codes(old, "restored")
    assert await reset_password(client, code) == 204
    assert (await Person(client, minji.id, old, OTHER_PASSWORD).login()).status_code == 200


async def test_no_key_that_is_made_meanwhile_survives(
    client: httpx.AsyncClient, minji: Person, mailbox: Mailbox
) -> None:
    old, new_key = minji.email, {"name": "back door", "scopes": ["history:read"]}
    await move(client, minji, "thief@example.com", mailbox)
    (undo,) = await mailbox.codes(old, "undo")
    answers = await asyncio.gather(
        minji.call("POST", "/keys", json=new_key),
        undo_change(client, undo),
        *(minji.call("POST", "/keys", json=new_key) for _ in range(4)),
    )
    made = [answer.json()["key"] for answer in answers if answer.status_code == 201]
    used = [(await client.get("/api/v1/analysis", headers={"X-API-Key": key})).status_code for key in made]
    assert used == [401] * len(made)


async def test_a_completed_change_is_told_to_the_old_address(
    client: httpx.AsyncClient, minji: Person, mailbox: Mailbox
) -> None:
    old = minji.email
    await move(client, minji, "new@example.com", mailbox)
    await mailbox.wait(old, "address_changed")
    assert mailbox.purposes("new@example.com") == ["change"]


async def test_a_reset_by_the_new_address_does_not_void_the_way_back(
    client: httpx.AsyncClient, minji: Person, mailbox: Mailbox
) -> None:
    old = minji.email
    await move(client, minji, "thief@example.com", mailbox)
    await client.post("/api/v1/auth/reset-password/request", json={"email": "thief@example.com"})
    assert await reset_password(client, *await mailbox.codes("thief@example.com", "reset")) == 204
    (undo,) = await mailbox.codes(old, "undo")
    assert (await undo_change(client, undo)).json()["email"] == old
    minji.email = old
    assert (await minji.login(OTHER_PASSWORD)).status_code == 401


async def test_a_thief_who_undoes_a_second_change_does_not_void_the_way_back_of_the_owner(
    client: httpx.AsyncClient, minji: Person, mailbox: Mailbox, clock: MovingClock
) -> None:
    old = minji.email
    await move(client, minji, "thief@example.com", mailbox)
    clock.advance(seconds=1)
    await move(client, minji, "second@example.com", mailbox)
    (thiefs,) = await mailbox.codes("thief@example.com", "undo")
    assert (await undo_change(client, thiefs)).json()["email"] == "thief@example.com"
    (undo,) = await mailbox.codes(old, "undo")
    assert (await undo_change(client, undo)).json()["email"] == old


async def test_a_change_by_an_administrator_voids_every_code_from_before(
    client: httpx.AsyncClient, minji: Person, admin: Person, mailbox: Mailbox
) -> None:
    """The owner lost the mailbox, a thief has it, and the administrator gives the account to the owner's new one."""
    old = minji.email
    await move(client, minji, "second@example.com", mailbox)
    await client.post("/api/v1/auth/reset-password/request", json={"email": "second@example.com"})
    (reset,) = await mailbox.codes("second@example.com", "reset")
    answer = await admin.call("PATCH", f"/users/{minji.id}", json={"email": "owner@example.com"})
    assert answer.status_code == 200
    (undo,) = await mailbox.codes(old, "undo")
    assert (await undo_change(client, undo)).status_code == 400
    assert await reset_password(client, reset) == 400
    assert (await prove(client, *await mailbox.codes("owner@example.com", "verify"))).status_code == 200


async def test_a_verified_address_cancels_the_change_that_a_stranger_requested_before(
    client: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    stranger = await person(client, "victim", proven=False)
    await stranger.call("PATCH", "/users/me", json={"email": "stranger@example.com"})
    assert (await prove(client, *await mailbox.codes(stranger.email, "verify"))).status_code == 200
    assert (await prove(client, *await mailbox.codes("stranger@example.com", "change"))).status_code == 400
    assert (await stranger.call("GET", "/users/me")).json()["pending_email"] is None


@pytest.mark.parametrize("purpose", ["change", "undo"])
async def test_a_code_that_lost_its_address_in_a_downgrade_proves_and_restores_nothing(
    client: httpx.AsyncClient, mailbox: Mailbox, database_url: str, purpose: str
) -> None:
    someone = await person(client, "someone", proven=purpose == "undo")
    await someone.call("PATCH", "/users/me", json={"email": "new@example.com"})
    (code,) = await mailbox.codes("new@example.com" if purpose == "change" else someone.email, purpose)
    before = (await someone.call("GET", "/users/me")).json()
    database = Database(database_url)
    async with database.session("write") as session:
        await session.execute(text("UPDATE mail_tokens SET email = NULL"))
    await database.close()
    used = await (prove if purpose == "change" else undo_change)(client, code)
    assert (used.status_code, used.json()["error"]["code"]) == (400, "MAIL_TOKEN_INVALID")
    assert (await someone.call("GET", "/users/me")).json() == {**before, "pending_email": None}


async def move(client: httpx.AsyncClient, someone: Person, address: str, mailbox: Mailbox) -> None:
    """Change the address of a user and prove it."""
    assert (await someone.call("PATCH", "/users/me", json={"email": address})).status_code == 200
    assert (await prove(client, *await mailbox.codes(address, "change"))).status_code == 200
    someone.email = address
