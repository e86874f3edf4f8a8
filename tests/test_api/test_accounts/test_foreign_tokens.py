"""Forged, expired and malformed tokens."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import jwt
import pytest

from gwansang.config import DEFAULT_SECRET_KEY
from tests.support.fakes import NOON
from tests.support.people import Person

pytestmark = pytest.mark.anyio
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # no SQL involved


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


WRONG_CLAIMS: tuple[dict[str, object], ...] = (
    {},
    {"type": "refresh"},
    {"type": "reset"},
    {"exp": None},
    {"exp": "2030-01-01"},
    *({"exp": moment} for moment in (1e20, 10**20, 2**63, 2**32, -1, -(10**20), 0, True, "9" * 20, [], {}, 1e400)),
    {"exp": float("nan")},
    {"exp": float("-inf")},
    {"exp": NOON.timestamp() + 60.5},
    {"iat": 10**20},
    {"nbf": 10**20},
    {"iat": float("nan")},
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
)


@on_sqlite
async def test_a_token_with_wrong_claims_is_401_even_if_signed_with_our_key(
    client: httpx.AsyncClient, minji: Person
) -> None:
    ours = jwt.decode(str(minji.tokens["access_token"]), options={"verify_signature": False})
    for changes in WRONG_CLAIMS:
        family = changes.get("family", ours["family"]) if changes else str(uuid4())
        token = jwt.encode(_claims(minji.id, **{**changes, "family": family}), DEFAULT_SECRET_KEY, "HS256")
        answer = await client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "TOKEN_INVALID"), changes


@on_sqlite
async def test_a_token_with_a_wrong_or_missing_signature_is_401(client: httpx.AsyncClient, minji: Person) -> None:
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
async def test_ambiguous_or_malformed_credentials_are_401(client: httpx.AsyncClient, minji: Person) -> None:
    token = minji.tokens["access_token"]
    key = await minji.key("history:read")
    odd = [
        [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")],
        [("Authorization", f"Bearer Bearer {token}")],
        [("Authorization", f"Basic {token}")],
        [("Authorization", str(token))],
        [("Authorization", "Bearer")],
        [("Authorization", f"Bearer\t{token}")],
        [("X-API-Key", key["X-API-Key"]), ("X-API-Key", key["X-API-Key"])],
        [],
    ]
    for headers in odd:
        assert (await client.get("/api/v1/analysis", headers=headers)).status_code == 401, headers
    for query in (f"access_token={token}", f"token={token}", f"api_key={key['X-API-Key']}"):
        assert (await client.get(f"/api/v1/analysis?{query}")).status_code == 401, query


@on_sqlite
async def test_a_token_and_a_key_together_have_a_code_of_their_own_whatever_each_is_worth(
    client: httpx.AsyncClient, minji: Person
) -> None:
    key = (await minji.key("history:read"))["X-API-Key"]
    for authorization, api_key in ((minji.bearer["Authorization"], key), ("Bearer x", key), ("Basic x", "gsk_0")):
        both = {"Authorization": authorization, "X-API-Key": api_key}
        for path in ("/api/v1/analysis", "/api/v1/users/me"):
            answer = await client.get(path, headers={**both, "Accept-Language": "ko"})
            problem = answer.json()
            assert (answer.status_code, problem["error"]["code"]) == (401, "TWO_CREDENTIALS"), both
            assert "하나만" in problem["detail"]
            assert (await client.get(problem["type"])).status_code == 200
