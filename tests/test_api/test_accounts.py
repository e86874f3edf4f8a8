"""Accounts over HTTP: exactly what clients were promised."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import jwt
import pytest

from gwansang.config import DEFAULT_SECRET_KEY
from gwansang.container import open_accounts
from tests.fakes import NOON
from tests.people import ADMIN_PASSWORD, PASSWORD, Person, letters_in, mailed_codes, person
from tests.serving import application, settings_for_tests

pytestmark = pytest.mark.anyio
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # where no SQL is in question
ROUTES_FOR_ADMINS = [("GET", "/users"), ("GET", "/users/{id}"), ("PATCH", "/users/{id}"), ("DELETE", "/users/{id}")]


@pytest.fixture
def mail_folder(tmp_path: Path) -> Path:
    return tmp_path / "mail"


@pytest.fixture
async def client(mail_folder: Path, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with application(mail_folder=mail_folder, database_url=database_url) as connected:
        yield connected


@pytest.fixture
async def minji(client: httpx.AsyncClient) -> Person:
    return await person(client, "minji")


@pytest.fixture
async def admin(client: httpx.AsyncClient, database_url: str) -> Person:
    settings = settings_for_tests(database_url=database_url)
    async with open_accounts(settings) as accounts:
        made = await accounts.users.register("admin@example.com", "admin", ADMIN_PASSWORD, is_admin=True)
    someone = Person(client, made.id, made.email, ADMIN_PASSWORD)
    assert (await someone.login()).status_code == 200
    return someone


@pytest.mark.parametrize("path", ["/api/v1/users", "/api/v1/users/"])
async def test_registration_answers_201_with_exactly_the_promised_fields(path: str, client: httpx.AsyncClient) -> None:
    asked = {"email": "Minji@Example.com", "username": "김민지", "password": PASSWORD}
    answer = await client.post(path, json=asked)
    assert answer.status_code == 201
    assert answer.json() == {
        "id": answer.json()["id"],
        "email": "minji@example.com",
        "username": "김민지",
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


async def test_of_twenty_racing_registrations_one_wins(client: httpx.AsyncClient) -> None:
    asked = {"email": "race@example.com", "username": "racer", "password": PASSWORD}
    answers = await asyncio.gather(*(client.post("/api/v1/users/", json=asked) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19


@on_sqlite
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"email": "a@example.com\r\nBcc: b@example.com"}, "email"),
        ({"email": "a" * 400 + "@example.com"}, "email"),
        ({"email": '"a b"@example.com'}, "email"),
        ({"email": "\ud800@example.com"}, "email"),
        ({"email": 7}, "email"),
        ({"username": "ab"}, "username"),
        ({"username": "x" * 51}, "username"),
        ({"username": "a\x00bc"}, "username"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"password": "가" * 25}, "password"),
        ({"password": "has\x00nothing"}, "password"),
        ({"password": "x" * 200_000}, "password"),
        ({"is_admin": True}, "is_admin"),
        ({"id": 1}, "id"),
    ],
)
async def test_what_can_not_be_an_account_is_422_and_never_echoed(
    change: dict[str, object], field: str, client: httpx.AsyncClient
) -> None:
    asked = {"email": "new@example.com", "username": "newcomer", "password": PASSWORD, **change}
    answer = await client.post("/api/v1/users/", content=_json(asked), headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    error = answer.json()["error"]
    told = error["details"] if isinstance(error["details"], list) else [error["details"]]
    assert [fault["field"] for fault in told] == [field]
    assert PASSWORD not in answer.text
    assert "xxx" not in answer.text


async def test_a_login_answers_a_bearer_pair(minji: Person) -> None:
    answer = await minji.login()
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("bearer", 1800)
    claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
    assert claims["sub"] == str(minji.id)
    assert claims["type"] == "access"


async def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(
    client: httpx.AsyncClient, minji: Person
) -> None:
    wrong = await minji.login("wrong password")
    unknown = await client.post("/api/v1/auth/login", data={"username": "x@example.com", "password": PASSWORD})
    for answer in (wrong, unknown):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
    assert _said(wrong) == _said(unknown)


async def test_a_deactivated_account_is_403_and_its_tokens_end(minji: Person, admin: Person) -> None:
    assert (await admin.call("PATCH", f"/users/{minji.id}", json={"is_active": False})).json()["is_active"] is False
    answer = await minji.login()
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "INACTIVE_USER")
    assert (await minji.call("GET", "/users/me")).status_code == 401


@on_sqlite
async def test_a_login_form_has_no_room_for_a_flood(client: httpx.AsyncClient) -> None:
    for data in ({"username": "x", "password": "p" * 9000}, {f"f{number}": "x" for number in range(2000)}):
        assert (await client.post("/api/v1/auth/login", data=data)).status_code == 413
    answer = await client.post("/api/v1/auth/login", json={"username": "x", "password": "y"})
    assert answer.status_code == 422


async def test_a_refresh_token_works_once_and_used_again_ends_its_family(
    client: httpx.AsyncClient, minji: Person
) -> None:
    first = minji.tokens["refresh_token"]
    second = (await client.post("/api/v1/auth/refresh", json={"refresh_token": first})).json()
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


async def test_people_change_their_name_and_address_but_nothing_else(minji: Person, client: httpx.AsyncClient) -> None:
    other = await person(client, "other")
    changed = await minji.call("PATCH", "/users/me", json={"username": "new name", "email": "New@example.com"})
    assert changed.status_code == 200
    assert (changed.json()["username"], changed.json()["email"]) == ("new name", "new@example.com")
    taken = await minji.call("PATCH", "/users/me", json={"email": other.email})
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "EMAIL_TAKEN")


@on_sqlite
@pytest.mark.parametrize(
    "stolen",
    [
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
    ],
)
async def test_nobody_can_give_oneself_more_than_a_name(stolen: dict[str, object], minji: Person) -> None:
    before = (await minji.call("GET", "/users/me")).json()
    assert (await minji.call("PATCH", "/users/me", json={"username": "new name", **stolen})).status_code == 422
    assert (await minji.call("GET", "/users/me")).json() == before


async def test_the_export_has_all_own_data_and_no_secret(minji: Person, client: httpx.AsyncClient) -> None:
    await person(client, "somebody-else")
    key = (await minji.key("analyze"))["X-API-Key"]
    answer = await minji.call("GET", "/users/me/export")
    assert answer.status_code == 200
    export = answer.json()
    assert export["account"]["email"] == minji.email
    assert [consent["purpose"] for consent in export["consents"]] == ["reading"]
    assert len(export["api_keys"]) == 1
    assert len(export["sign_ins"]) == 1
    for secret in (key, "password", 'hash"', "somebody-else", str(minji.tokens["refresh_token"])):
        assert secret not in answer.text


async def test_after_erasing_oneself_nothing_works_and_the_address_is_free(
    minji: Person, client: httpx.AsyncClient
) -> None:
    key = await minji.key("analyze", "history:read")
    assert (await minji.call("DELETE", "/users/me")).status_code == 204
    assert (await minji.call("GET", "/users/me")).status_code == 401
    assert (await client.get("/api/v1/analysis", headers=key)).status_code == 401
    assert (await minji.login()).status_code == 401
    again = {"email": minji.email, "username": "again", "password": PASSWORD}
    assert (await client.post("/api/v1/users/", json=again)).status_code == 201


# --- administrators ---------------------------------------------------------------------------------------------------


async def test_administrators_list_accounts_in_pages_and_by_filter(admin: Person, client: httpx.AsyncClient) -> None:
    people = [await person(client, f"guest{number}") for number in range(3)]
    await admin.call("PATCH", f"/users/{people[0].id}", json={"is_active": False})
    page = (await admin.call("GET", "/users", params={"page": 2, "size": 2})).json()
    assert (page["total"], page["page"], page["size"], page["pages"]) == (4, 2, 2, 2)
    assert [item["id"] for item in page["items"]] == [people[1].id, people[2].id]
    inactive = (await admin.call("GET", "/users", params={"active": False})).json()
    assert [item["id"] for item in inactive["items"]] == [people[0].id]
    found = (await admin.call("GET", "/users", params={"email": "GUEST1"})).json()
    assert [item["id"] for item in found["items"]] == [people[1].id]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("page=0", 422),
        ("size=0", 422),
        ("size=101", 422),
        ("size=-1", 422),
        ("size=abc", 422),
        ("page=1000000000000", 422),
        ("page=1000000&size=100", 200),
        ("email=%25", 200),
        ("email=_", 200),
        ("email=\\", 200),
        ("email=' OR 1=1--", 200),
        ("email=%00", 422),
        ("email=%ff", 200),
        ("active=perhaps", 422),
    ],
)
async def test_odd_pages_and_filters_are_refused_or_find_nothing(query: str, status: int, admin: Person) -> None:
    answer = await admin.call("GET", f"/users?{query}")
    assert answer.status_code == status
    assert status == 422 or answer.json()["items"] == []


@on_sqlite
@pytest.mark.parametrize(("method", "path"), ROUTES_FOR_ADMINS)
async def test_what_is_for_administrators_is_for_nobody_else(
    method: str, path: str, minji: Person, client: httpx.AsyncClient
) -> None:
    place = "/api/v1" + path.format(id=minji.id)
    body = {"json": {"is_admin": True}} if method == "PATCH" else {}
    key = await minji.key("analyze", "history:read", "history:write", "match")
    outcomes = [
        (await client.request(method, place, headers=headers, **body)).status_code
        for headers in ({}, minji.bearer, key)
    ]
    assert outcomes == [401, 403, 403]
    assert (await minji.call("GET", "/users/me")).json()["is_admin"] is False


async def test_a_role_that_was_taken_away_is_gone_at_once(admin: Person, minji: Person) -> None:
    await admin.call("PATCH", f"/users/{minji.id}", json={"is_admin": True})
    await minji.login()
    assert (await minji.call("GET", "/users")).status_code == 200
    await admin.call("PATCH", f"/users/{minji.id}", json={"is_admin": False})
    assert (await minji.call("GET", "/users")).status_code == 401
    await minji.login()
    assert (await minji.call("GET", "/users")).status_code == 403


@pytest.mark.parametrize("user_id", ["999999", "0", "2147483648", "9" * 40, "-1", "me2", "1%20OR%201=1"])
async def test_an_id_of_nobody_is_not_an_error_of_ours(user_id: str, admin: Person) -> None:
    for method in ("GET", "DELETE"):
        assert (await admin.call(method, f"/users/{user_id}")).status_code in (404, 422)


# --- codes by mail ----------------------------------------------------------------------------------------------------


async def test_a_code_sent_at_sign_up_proves_the_address_once(
    client: httpx.AsyncClient, minji: Person, mail_folder: Path
) -> None:
    (code,) = await mailed_codes(mail_folder, 1)
    assert (await minji.call("GET", "/users/me")).json()["email_verified"] is False
    proved = await client.post("/api/v1/auth/verify-email", json={"token": code})
    assert proved.json()["email_verified"] is True
    again = await client.post("/api/v1/auth/verify-email", json={"token": code})
    assert (again.status_code, again.json()["error"]["code"]) == (400, "MAIL_TOKEN_INVALID")


async def test_another_code_can_be_asked_for_and_replaces_the_first(
    client: httpx.AsyncClient, minji: Person, mail_folder: Path
) -> None:
    await mailed_codes(mail_folder, 1)
    assert (await minji.call("POST", "/auth/verify-email/request")).status_code == 202
    first, second = await mailed_codes(mail_folder, 2)
    assert (await client.post("/api/v1/auth/verify-email", json={"token": first})).status_code == 400
    assert (await client.post("/api/v1/auth/verify-email", json={"token": second})).status_code == 200


async def test_a_forgotten_password_is_chosen_anew_with_a_code_and_ends_every_sign_in(
    client: httpx.AsyncClient, minji: Person, mail_folder: Path
) -> None:
    await mailed_codes(mail_folder, 1)
    asked = await client.post("/api/v1/auth/reset-password/request", json={"email": minji.email.upper()})
    assert (asked.status_code, asked.json()) == (202, {"status": "accepted"})
    _, code = await mailed_codes(mail_folder, 2)
    chosen = {"token": code, "password": "a brand-new one"}
    assert (await client.post("/api/v1/auth/reset-password", json=chosen)).status_code == 204
    assert (await client.post("/api/v1/auth/reset-password", json=chosen)).status_code == 400
    assert (await minji.call("GET", "/users/me")).status_code == 401
    assert (await minji.login("a brand-new one")).status_code == 200


async def test_a_reset_for_an_unknown_address_is_answered_alike_and_sends_nothing(
    client: httpx.AsyncClient, minji: Person, mail_folder: Path
) -> None:
    await mailed_codes(mail_folder, 1)
    known = await client.post("/api/v1/auth/reset-password/request", json={"email": minji.email})
    unknown = await client.post("/api/v1/auth/reset-password/request", json={"email": "nobody@example.com"})
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    await mailed_codes(mail_folder, 2)
    await asyncio.sleep(0.1)
    assert len(letters_in(mail_folder)) == 2


# --- tokens that are not ours -----------------------------------------------------------------------------------------


def _claims(user_id: object, **changes: object) -> dict[str, object]:
    now = NOON
    claims: dict[str, object] = {
        "sub": str(user_id),
        "type": "access",
        "ver": 0,
        "jti": uuid4().hex,
        "family": str(uuid4()),
        "iat": now,
        "exp": now + timedelta(minutes=5),
    }
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


@on_sqlite
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"type": "refresh"},
        {"type": "reset"},
        {"exp": None},
        {"exp": "2030-01-01"},
        {"exp": 1e20},
        {"exp": datetime(2020, 1, 1, tzinfo=UTC)},
        {"nbf": datetime(2030, 1, 1, tzinfo=UTC)},
        {"iat": datetime(2030, 1, 1, tzinfo=UTC)},
        {"sub": "1 OR 1=1"},
        {"sub": "minji@example.com"},
        {"sub": "9" * 30},
        {"sub": "-1"},
        {"ver": "0"},
        {"family": "../x"},
        {"jti": None},
    ],
    ids=str,
)
async def test_a_token_with_other_claims_is_401_even_when_signed_with_our_key(
    changes: dict[str, object], client: httpx.AsyncClient, minji: Person
) -> None:
    ours = jwt.decode(str(minji.tokens["access_token"]), options={"verify_signature": False})
    family = changes.get("family", ours["family"]) if changes else str(uuid4())
    try:
        token = jwt.encode(_claims(minji.id, **{**changes, "family": family}), DEFAULT_SECRET_KEY, "HS256")
    except TypeError:
        pytest.skip("the library refuses to make such a token")
    answer = await client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "TOKEN_INVALID")


@on_sqlite
async def test_a_token_that_was_signed_otherwise_or_tampered_with_is_401(
    client: httpx.AsyncClient, minji: Person
) -> None:
    header, payload, signature = str(minji.tokens["access_token"]).split(".")
    unsigned = [jwt.encode(_claims(minji.id), None, "none"), f"{header}.{payload}.", f"{header}.{payload}"]
    foreign = [
        jwt.encode(_claims(minji.id), "k" * 64, "HS256"),
        jwt.encode(_claims(minji.id), DEFAULT_SECRET_KEY.ljust(64), "HS512"),
        jwt.encode(_claims(minji.id), DEFAULT_SECRET_KEY, "HS256", headers={"kid": "../../dev/null"}),
        jwt.encode(_claims(minji.id), "k" * 64, "HS256", headers={"jku": "https://evil.example/keys"}),
    ]
    broken = [
        f"{header}.{payload}.{signature[:-4]}AAAA",
        f"{header}.{payload[:-3]}AAA.{signature}",
        f"{header}.{payload}.{signature}.x.y",
        "x" * 20_000,
        "..",
        "",
        str(minji.tokens["refresh_token"]),
    ]
    for token in (*unsigned, *foreign, *broken):
        answer = await client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, token[:60]
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_an_access_token_does_not_refresh(client: httpx.AsyncClient, minji: Person) -> None:
    asked = {"refresh_token": minji.tokens["access_token"]}
    assert (await client.post("/api/v1/auth/refresh", json=asked)).status_code == 401


@on_sqlite
async def test_credentials_are_taken_in_one_way_only(client: httpx.AsyncClient, minji: Person) -> None:
    token = minji.tokens["access_token"]
    key = await minji.key("history:read")
    odd = [
        [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")],
        [("Authorization", f"Bearer Bearer {token}")],
        [("Authorization", f"Basic {token}")],
        [("Authorization", str(token))],
        [("Authorization", "Bearer")],
        [("Authorization", f"Bearer\t{token}")],
        [("Authorization", f"Bearer {token}"), ("X-API-Key", key["X-API-Key"])],
        [("X-API-Key", key["X-API-Key"]), ("X-API-Key", key["X-API-Key"])],
        [],
    ]
    for headers in odd:
        assert (await client.get("/api/v1/analysis", headers=headers)).status_code == 401, headers
    for query in (f"access_token={token}", f"token={token}", f"api_key={key['X-API-Key']}"):
        assert (await client.get(f"/api/v1/analysis?{query}")).status_code == 401, query


def _passwords(current: str, new: str) -> dict[str, str]:
    return {"current_password": current, "new_password": new}


def _said(answer: httpx.Response) -> dict[str, object]:
    return {name: value for name, value in answer.json().items() if name != "request_id"}


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
