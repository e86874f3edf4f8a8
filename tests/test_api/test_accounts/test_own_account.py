"""The API for the own account."""

import asyncio
import json

import httpx
import jwt
import pytest

from tests.support.fakes import MovingClock
from tests.support.people import PASSWORD, Person, person

pytestmark = pytest.mark.anyio
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # no SQL involved


@pytest.mark.parametrize(("path", "name"), [("/api/v1/users", "김민지"), ("/api/v1/users/", "민지")])
async def test_registration_returns_201_with_exactly_the_documented_fields(
    path: str, name: str, client: httpx.AsyncClient
) -> None:
    asked = {"email": "Minji@Example.com", "username": name, "password": PASSWORD}
    answer = await client.post(path, json=asked)
    assert answer.status_code == 201
    assert answer.json() == {
        "id": answer.json()["id"],
        "email": "minji@example.com",
        "username": name,
        "is_active": True,
        "created_at": "2026-11-23T03:00:00Z",
        "updated_at": "2026-11-23T03:00:00Z",
    }
    assert isinstance(answer.json()["id"], int)


async def test_a_taken_address_is_a_conflict_in_any_case(client: httpx.AsyncClient, minji: Person) -> None:
    for address in (minji.email, minji.email.upper(), f" {minji.email}"):
        asked = {"email": address, "username": "other", "password": PASSWORD}
        answer = await client.post("/api/v1/users/", json=asked)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "EMAIL_TAKEN")


async def test_of_twenty_concurrent_registrations_one_succeeds(client: httpx.AsyncClient) -> None:
    asked = {"email": "race@example.com", "username": "racer", "password": PASSWORD}
    answers = await asyncio.gather(*(client.post("/api/v1/users/", json=asked) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19


INVALID_REGISTRATIONS: tuple[tuple[dict[str, object], str], ...] = (
    ({"email": "no address"}, "email"),
    ({"email": "a@example.com\r\nBcc: b@example.com"}, "email"),
    ({"email": "a" * 400 + "@example.com"}, "email"),
    ({"email": '"a b"@example.com'}, "email"),
    ({"email": "\ud800@example.com"}, "email"),
    ({"email": 7}, "email"),
    ({"username": "김"}, "username"),
    ({"username": "x" * 51}, "username"),
    ({"username": "a\x00bc"}, "username"),
    ({"password": "short"}, "password"),
    ({"password": "x" * 129}, "password"),
    ({"password": "가" * 25}, "password"),
    ({"password": "has\x00nothing"}, "password"),
    ({"password": "x" * 200_000}, "password"),
    ({"is_admin": True}, "is_admin"),
    ({"id": 1}, "id"),
)


@on_sqlite
async def test_an_invalid_registration_is_422_and_not_echoed(client: httpx.AsyncClient) -> None:
    for change, field in INVALID_REGISTRATIONS:
        asked = {"email": "new@example.com", "username": "newcomer", "password": PASSWORD, **change}
        answer = await client.post("/api/v1/users/", content=_json(asked), headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, field
        error = answer.json()["error"]
        faults = error["details"] if isinstance(error["details"], list) else [error["details"]]
        assert [fault["field"] for fault in faults] == [field], change
        assert PASSWORD not in answer.text
        assert "xxx" not in answer.text


async def test_a_login_returns_a_bearer_token_pair(minji: Person) -> None:
    answer = await minji.login()
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "refresh_token", "token_type", "expires_in", "device_token"}
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("bearer", 1800)
    claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
    assert claims["sub"] == str(minji.id)
    assert claims["type"] == "access"


async def test_an_unknown_address_and_a_wrong_password_get_the_same_response(
    client: httpx.AsyncClient, minji: Person
) -> None:
    wrong = await minji.login("wrong password")
    unknown = await client.post("/api/v1/auth/login", data={"username": "x@example.com", "password": PASSWORD})
    for answer in (wrong, unknown):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
    assert _body_without_request_id(wrong) == _body_without_request_id(unknown)


async def test_a_deactivated_account_and_its_living_tokens_are_403(minji: Person, admin: Person) -> None:
    assert (await admin.call("PATCH", f"/users/{minji.id}", json={"is_active": False})).json()["is_active"] is False
    answer = await minji.login()
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "INACTIVE_USER")
    living = await minji.call("GET", "/users/me")
    assert (living.status_code, living.json()["error"]["code"]) == (403, "INACTIVE_USER")
    assert (await admin.call("PATCH", f"/users/{minji.id}", json={"is_active": True})).status_code == 200
    assert (await minji.call("GET", "/users/me")).status_code == 401  # its sign-in ended


@on_sqlite
async def test_an_oversized_login_form_is_413(client: httpx.AsyncClient) -> None:
    for data in ({"username": "x", "password": "p" * 9000}, {f"f{number}": "x" for number in range(2000)}):
        assert (await client.post("/api/v1/auth/login", data=data)).status_code == 413


@on_sqlite
async def test_a_login_in_json_is_415_and_the_answer_says_how(client: httpx.AsyncClient, minji: Person) -> None:
    fields = {"username": minji.email, "password": PASSWORD}
    for sent in ({"json": fields}, {"content": b"x", "headers": {"Content-Type": "text/plain"}}):
        answer = await client.post("/api/v1/auth/login", **sent)
        assert (answer.status_code, answer.json()["error"]["code"]) == (415, "CONTENT_TYPE_NOT_ACCEPTED")
        assert "application/x-www-form-urlencoded (username=…&password=…)" in answer.json()["detail"]
    assert (await client.post("/api/v1/auth/login")).status_code == 422
    multipart = {name: (None, value) for name, value in fields.items()}
    assert (await client.post("/api/v1/auth/login", files=multipart)).status_code == 200


async def test_two_windows_that_refresh_at_once_both_stay_signed_in(
    client: httpx.AsyncClient, minji: Person, clock: MovingClock
) -> None:
    asked = {"refresh_token": minji.tokens["refresh_token"]}
    both = await asyncio.gather(*(client.post("/api/v1/auth/refresh", json=asked) for _ in range(2)))
    clock.advance(seconds=20)
    lost = await client.post("/api/v1/auth/refresh", json=asked)  # the answer was lost, so a phone asks again
    assert [answer.status_code for answer in (*both, lost)] == [200] * 3
    assert both[0].json() == both[1].json() == lost.json()
    bearer = {"Authorization": f"Bearer {lost.json()['access_token']}"}
    assert (await client.get("/api/v1/users/me", headers=bearer)).status_code == 200
    following = {"refresh_token": lost.json()["refresh_token"]}
    assert (await client.post("/api/v1/auth/refresh", json=following)).status_code == 200


async def test_reusing_a_refresh_token_ends_its_family(
    client: httpx.AsyncClient, minji: Person, clock: MovingClock
) -> None:
    first = minji.tokens["refresh_token"]
    second = (await client.post("/api/v1/auth/refresh", json={"refresh_token": first})).json()
    clock.advance(seconds=21)
    again = await client.post("/api/v1/auth/refresh", json={"refresh_token": first})
    assert (again.status_code, again.json()["error"]["code"]) == (401, "TOKEN_REUSED")
    ended = await client.post("/api/v1/auth/refresh", json={"refresh_token": second["refresh_token"]})
    assert ended.status_code == 401
    bearer = {"Authorization": f"Bearer {second['access_token']}"}
    assert (await client.get("/api/v1/users/me", headers=bearer)).status_code == 401


async def test_a_logout_ends_this_sign_in_and_no_other(client: httpx.AsyncClient, minji: Person) -> None:
    elsewhere = Person(client, minji.id, minji.email)
    await elsewhere.login()
    assert (await minji.call("POST", "/auth/logout")).status_code == 204
    assert (await minji.call("GET", "/users/me")).status_code == 401
    assert (await elsewhere.call("GET", "/users/me")).status_code == 200


async def test_a_password_change_ends_every_sign_in(client: httpx.AsyncClient, minji: Person) -> None:
    elsewhere = Person(client, minji.id, minji.email)
    await elsewhere.login()
    wrong = await minji.call("POST", "/users/me/password", json=_passwords("not it", "another fine one"))
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "INVALID_CREDENTIALS")
    changed = await minji.call("POST", "/users/me/password", json=_passwords(PASSWORD, "another fine one"))
    assert changed.status_code == 204
    for someone in (minji, elsewhere):
        assert (await someone.call("GET", "/users/me")).status_code == 401
        refreshed = await client.post("/api/v1/auth/refresh", json={"refresh_token": someone.tokens["refresh_token"]})
        assert refreshed.status_code == 401
    assert (await minji.login()).status_code == 401
    assert (await minji.login("another fine one")).status_code == 200


async def test_users_can_change_their_name_but_not_to_a_taken_address(minji: Person, client: httpx.AsyncClient) -> None:
    other = await person(client, "other")
    changed = await minji.call("PATCH", "/users/me", json={"username": "new name", "email": minji.email.upper()})
    assert changed.status_code == 200
    assert (changed.json()["username"], changed.json()["email"]) == ("new name", minji.email)
    taken = await minji.call("PATCH", "/users/me", json={"email": other.email, "username": "not this"})
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "EMAIL_TAKEN")
    assert (await minji.call("GET", "/users/me")).json()["username"] == "new name"


FORBIDDEN_CHANGES: tuple[dict[str, object], ...] = (
    {"is_admin": True},
    {"is_active": False},
    {"role": "admin"},
    {"is_superuser": True},
    {"email_verified": True},
    {"hashed_password": "x"},
    {"password_hash": "x"},
    {"token_version": 0},
    {"credits": 10},
    {"id": 2},
    {"created_at": "2020-01-01T00:00:00Z"},
)


@on_sqlite
async def test_users_cannot_change_other_fields_of_their_account(minji: Person) -> None:
    before = (await minji.call("GET", "/users/me")).json()
    for forbidden in FORBIDDEN_CHANGES:
        changed = await minji.call("PATCH", "/users/me", json={"username": "new name", **forbidden})
        assert changed.status_code == 422, forbidden
    assert (await minji.call("GET", "/users/me")).json() == before


async def test_the_export_has_all_data_of_the_user_and_no_secrets(minji: Person, client: httpx.AsyncClient) -> None:
    await person(client, "somebody-else")
    key = (await minji.key("analyze"))["X-API-Key"]
    answer = await minji.call("GET", "/users/me/export")
    assert answer.status_code == 200
    export = answer.json()
    assert export["account"]["email"] == minji.email
    assert [consent["purpose"] for consent in export["consents"]] == ["reading"]
    assert len(export["api_keys"]) == 1
    assert len(export["sign_ins"]) == 1
    assert export["account"].pop("has_password") is True
    told = json.dumps(export)
    for secret in (key, "password", PASSWORD, 'hash"', "$2b$", "somebody-else", str(minji.tokens["refresh_token"])):
        assert secret not in told


async def test_after_an_erasure_no_credential_works_and_the_address_is_free(
    minji: Person, client: httpx.AsyncClient
) -> None:
    key = await minji.key("analyze", "history:read")
    assert (await minji.call("DELETE", "/users/me")).status_code == 204
    assert (await minji.call("GET", "/users/me")).status_code == 401
    assert (await client.get("/api/v1/analysis", headers=key)).status_code == 401
    assert (await minji.login()).status_code == 401
    again = {"email": minji.email, "username": "again", "password": PASSWORD}
    assert (await client.post("/api/v1/users/", json=again)).status_code == 201


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _body_without_request_id(answer: httpx.Response) -> dict[str, object]:
    return {name: value for name, value in answer.json().items() if name != "request_id"}


def _passwords(current: str, new: str) -> dict[str, str]:
    return {"current_password": current, "new_password": new}
