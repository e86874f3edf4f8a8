"""Routes for administrators only."""

import httpx
import pytest

from tests.support.people import Person, person

pytestmark = pytest.mark.anyio
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # no SQL involved
ROUTES_FOR_ADMINS = [("GET", "/users"), ("GET", "/users/{id}"), ("PATCH", "/users/{id}"), ("DELETE", "/users/{id}")]


async def test_administrators_list_accounts_in_pages_and_by_filter(admin: Person, client: httpx.AsyncClient) -> None:
    people = [await person(client, f"guest{number}") for number in range(3)]
    await admin.call("PATCH", f"/users/{people[0].id}", json={"is_active": False})
    page = (await admin.call("GET", "/users", params={"page": 2, "size": 2})).json()
    assert (page["total"], page["page"], page["size"], page["pages"]) == (4, 2, 2, 2)
    assert [item["id"] for item in page["items"]] == [people[1].id, people[2].id]
    inactive = (await admin.call("GET", "/users", params={"active": False})).json()
    assert [item["id"] for item in inactive["items"]] == [people[0].id]
    filtered = (await admin.call("GET", "/users", params={"email": "GUEST1"})).json()
    assert [item["id"] for item in filtered["items"]] == [people[1].id]


PAGES_AND_FILTERS = (
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
)


async def test_invalid_pages_and_filters_are_rejected_or_find_nothing(admin: Person) -> None:
    for query, status in PAGES_AND_FILTERS:
        answer = await admin.call("GET", f"/users?{query}")
        assert answer.status_code == status, query
        assert status == 422 or answer.json()["items"] == [], query


@on_sqlite
@pytest.mark.parametrize(("method", "path"), ROUTES_FOR_ADMINS)
async def test_administrator_routes_reject_all_other_callers(
    method: str, path: str, minji: Person, client: httpx.AsyncClient
) -> None:
    url = "/api/v1" + path.format(id=minji.id)
    body = {"json": {"is_admin": True}} if method == "PATCH" else {}
    key = await minji.key("analyze", "history:read", "history:write", "match")
    statuses = [
        (await client.request(method, url, headers=headers, **body)).status_code for headers in ({}, minji.bearer, key)
    ]
    assert statuses == [401, 403, 403]
    assert (await minji.call("GET", "/users/me")).json()["is_admin"] is False


async def test_a_revoked_administrator_role_ends_access_at_once(admin: Person, minji: Person) -> None:
    await admin.call("PATCH", f"/users/{minji.id}", json={"is_admin": True})
    await minji.login()
    assert (await minji.call("GET", "/users")).status_code == 200
    await admin.call("PATCH", f"/users/{minji.id}", json={"is_admin": False})
    assert (await minji.call("GET", "/users")).status_code == 401
    await minji.login()
    assert (await minji.call("GET", "/users")).status_code == 403


async def test_an_unknown_user_id_is_a_client_error(admin: Person) -> None:
    for user_id in ("999999", "0", "2147483648", "9" * 40, "-1", "me2", "1%20OR%201=1"):
        for method in ("GET", "DELETE"):
            assert (await admin.call(method, f"/users/{user_id}")).status_code in (404, 422), user_id
