"""Sign-in of apps with ID tokens: what they get, and every hostile token refused."""

import base64
import gzip
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping

import httpx
import pytest

from tests.support.fakes import MovingClock
from tests.support.oidc_server import APP_IDS, CLIENT_IDS, KEY_ID, Answer, ProviderServer, Someone, rsa_key, s256
from tests.test_api.test_providers.conftest import NONCE, error_of, send

pytestmark = pytest.mark.anyio
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
INVALID = (401, "PROVIDER_PROOF_INVALID")
WEB, (IOS, ANDROID) = CLIENT_IDS["google"], APP_IDS["google"]


def encoded(content: Mapping[str, object] | bytes) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def with_shared_secret(claims: Mapping[str, object], secret: bytes, key_id: str = KEY_ID) -> str:
    """Return a token signed with HS256."""
    signed = f"{encoded({'alg': 'HS256', 'kid': key_id})}.{encoded(claims)}"
    return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), 'sha256'))}"


def claims_of(token: str) -> dict[str, object]:
    part = token.split(".")[1]
    claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


@pytest.mark.parametrize("provider", ["kakao", "google", "apple"])
async def test_an_app_signs_in_with_an_id_token_once(
    provider: str, client: httpx.AsyncClient, providers: ProviderServer
) -> None:
    access = {"access_token": providers.access_token()} if provider == "kakao" else {}
    token = providers.id_token(provider, NONCE, aud=APP_IDS[provider][0])
    answer = await send(client, provider, token, device_name="민지의 전화기", **access)
    assert answer.status_code == 200, answer.text
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    sessions = (await client.get("/api/v1/users/me/sessions", headers=bearer)).json()["items"]
    assert [session["device_name"] for session in sessions] == ["민지의 전화기"]
    assert error_of(await send(client, provider, token, **access)) == (409, "ID_TOKEN_USED")


@on_sqlite
async def test_tokens_as_providers_really_issue_them_are_accepted(
    client: httpx.AsyncClient, providers: ProviderServer
) -> None:
    accepted = {
        "for a service's client, from its Android app": {"aud": WEB, "azp": ANDROID},
        "for two clients of ours": {"aud": [WEB, IOS], "azp": IOS},
        "the nonce as SHA-256, as on Apple's devices": {"nonce": hashlib.sha256(NONCE.encode()).hexdigest()},
        "verified, as a text": {"email_verified": "true"},
        "clocks some seconds apart": {"iat": int(providers.clock().timestamp()) + 20},
    }
    answers = {
        name: (await send(client, "google", providers.id_token("google", NONCE, **changes))).status_code
        for name, changes in accepted.items()
    }
    assert answers == dict.fromkeys(accepted, 200)


def hostile_claims(now: int) -> dict[str, dict[str, object]]:
    """Return changes of claims that each make a token one that must not be believed."""
    return {
        "issuer: another one": {"iss": "https://evil.example"},
        "issuer: another provider here": {"iss": "http://127.0.0.1/kakao"},
        "issuer: a list": {"iss": ["https://accounts.google.com"]},
        "issuer: missing": {"iss": None},
        "audience: another client": {"aud": "another-client"},
        "audience: that of Kakao": {"aud": CLIENT_IDS["kakao"]},
        "audience: ours and a foreign one": {"aud": [WEB, "another-client"], "azp": WEB},
        "audience: two without azp": {"aud": [WEB, IOS]},
        "audience: an empty list": {"aud": []},
        "audience: no text": {"aud": {"client": WEB}},
        "audience: numbers": {"aud": [1]},
        "audience: missing": {"aud": None},
        "azp: a foreign client": {"azp": "another-client"},
        "azp: a list": {"azp": [WEB]},
        "nonce: another one": {"nonce": "another nonce 123456"},
        "nonce: missing": {"nonce": None},
        "nonce: a number": {"nonce": 1},
        "nonce: a list": {"nonce": [NONCE]},
        "exp: over": {"exp": now - 60},
        "exp: missing": {"exp": None},
        "exp: a text": {"exp": str(now + 3600)},
        "exp: true": {"exp": True},
        "iat: in the future": {"iat": now + 600, "exp": now + 3600},
        "iat: an hour old": {"iat": now - 3600},
        "iat: missing": {"iat": None},
        "iat: a text": {"iat": str(now)},
        "iat: infinite": {"iat": float("-inf")},
        "nbf: in the future": {"nbf": now + 600},
        "nbf: a text": {"nbf": "0"},
        "sub: missing": {"sub": None},
        "sub: empty": {"sub": ""},
        "sub: a number": {"sub": 1},
        "sub: too long": {"sub": "x" * 256},
    }


@on_sqlite
async def test_tokens_with_hostile_claims_are_refused(client: httpx.AsyncClient, providers: ProviderServer) -> None:
    hostile = hostile_claims(int(providers.clock().timestamp()))
    answers = {
        name: error_of(await send(client, "google", providers.id_token("google", NONCE, **changes)))
        for name, changes in hostile.items()
    }
    assert answers == dict.fromkeys(hostile, INVALID)


@on_sqlite
async def test_tokens_with_hostile_signatures_are_refused(client: httpx.AsyncClient, providers: ProviderServer) -> None:
    other = rsa_key("another key")
    good = providers.id_token("google", NONCE)
    header, payload, signature = good.split(".")
    claims = claims_of(good)
    public = rsa_key().as_pem(private=False)
    critical = encoded({"alg": "RS256", "kid": KEY_ID, "crit": ["x"], "x": 1})
    jwk = other.as_dict(private=False)
    evil = f"{providers.url}/evil/jwks"
    providers.overrides["/evil/jwks"] = lambda: Answer.of({"keys": [{**jwk, "kid": KEY_ID}]})
    changed = encoded({**claims, "sub": "somebody else"})
    hostile = {
        "alg none": f"{encoded({'alg': 'none', 'kid': KEY_ID})}.{payload}.",
        "alg None": f"{encoded({'alg': 'None', 'kid': KEY_ID})}.{payload}.",
        "alg none with a signature": f"{encoded({'alg': 'none', 'kid': KEY_ID})}.{payload}.{signature}",
        "HS256 with the public key": with_shared_secret(claims, public),
        "HS256 with the client id": with_shared_secret(claims, WEB.encode()),
        "another key under a known id": providers.id_token("google", NONCE, key=other),
        "an unknown key id": providers.id_token("google", NONCE, key=other, header={"kid": "unknown"}),
        "no key id": f"{encoded({'alg': 'RS256'})}.{payload}.{signature}",
        "a list as key id": f"{encoded({'alg': 'RS256', 'kid': [KEY_ID]})}.{payload}.{signature}",
        "an embedded jwk": providers.id_token("google", NONCE, key=other, header={"jwk": jwk}),
        "a jku": providers.id_token("google", NONCE, key=other, header={"jku": evil}),
        "a x5u": providers.id_token("google", NONCE, key=other, header={"x5u": evil}),
        "a critical extension": f"{critical}.{payload}.{signature}",
        "changed claims": f"{header}.{changed}.{signature}",
        "no signature": f"{header}.{payload}.",
        "two parts": f"{header}.{payload}",
        "encrypted": f"{header}.{payload}.{signature}.{payload}.{signature}",
        "no JSON": f"{header}.{encoded(b'no JSON')}.{signature}",
        "deep JSON": f"{encoded(b'[' * 5000)}.{payload}.{signature}",
        "no base64": "§.§.§",
        "not ASCII": "지.지.지",
        "empty parts": "..",
    }
    answers = {name: error_of(await send(client, "google", token)) for name, token in hostile.items()}
    assert answers == dict.fromkeys(hostile, INVALID)
    assert "/evil/jwks" not in providers.requests
    assert (await send(client, "google", good)).status_code == 200


@on_sqlite
async def test_a_token_of_another_provider_is_refused(client: httpx.AsyncClient, providers: ProviderServer) -> None:
    token = providers.id_token("google", NONCE)
    assert error_of(await send(client, "apple", token)) == INVALID
    assert error_of(await send(client, "naver", token)) == (422, "ID_TOKEN_UNSUPPORTED")


@on_sqlite
async def test_an_access_token_of_somebody_else_proves_no_address(
    client: httpx.AsyncClient, providers: ProviderServer
) -> None:
    own = Someone(subject="attacker", email="attacker@example.com", verified=False)
    victims = providers.access_token()
    providers.someone = own
    token = providers.id_token("kakao", NONCE)
    assert error_of(await send(client, "kakao", token, access_token=victims)) == INVALID
    assert error_of(await send(client, "kakao", token, access_token="forged")) == INVALID
    hashed = providers.id_token("kakao", NONCE, at_hash=s256("another access token")[:22])
    assert error_of(await send(client, "kakao", hashed, access_token=providers.access_token())) == INVALID
    unproven = providers.id_token("kakao", NONCE)
    assert error_of(await send(client, "kakao", unproven)) == (403, "PROVIDER_EMAIL_UNVERIFIED")


@on_sqlite
async def test_rotated_keys_are_fetched_once_a_minute_at_most(
    client: httpx.AsyncClient, providers: ProviderServer, clock: MovingClock
) -> None:
    assert (await send(client, "google", providers.id_token("google", NONCE))).status_code == 200
    new = rsa_key("key-2")
    providers.keys = [new.as_dict(private=False)]
    clock.advance(minutes=1)
    rotated = providers.id_token("google", NONCE, key=new, header={"kid": "key-2"})
    assert (await send(client, "google", rotated)).status_code == 200
    for number in range(5):
        forged = providers.id_token("google", NONCE, header={"kid": f"unknown-{number}"})
        assert error_of(await send(client, "google", forged)) == INVALID
    old = providers.id_token("google", NONCE)
    assert error_of(await send(client, "google", old)) == INVALID
    assert providers.requests.count("/google/jwks") == 2


@on_sqlite
async def test_keys_that_are_no_keys_for_signatures_are_ignored(
    client: httpx.AsyncClient, providers: ProviderServer
) -> None:
    shared = {"kty": "oct", "kid": "shared", "k": encoded(b"k" * 32)}
    sealing = {**rsa_key("key-2").as_dict(private=False), "use": "enc"}
    providers.keys = [shared, sealing, {"kty": "RSA", "kid": "broken"}, {}, *providers.keys]
    hostile = [
        with_shared_secret(claims_of(providers.id_token("google", NONCE)), b"k" * 32, "shared"),
        providers.id_token("google", NONCE, key=rsa_key("key-2"), header={"kid": "key-2"}),
    ]
    assert [error_of(await send(client, "google", token)) for token in hostile] == [INVALID] * 2
    assert (await send(client, "google", providers.id_token("google", NONCE))).status_code == 200


def faulty_answers(providers: ProviderServer) -> dict[str, Callable[[], Answer]]:
    """Return answers to a request for the metadata that each make the provider one that can't be used."""
    good = {
        "issuer": f"{providers.url}/google",
        "jwks_uri": f"{providers.url}/google/jwks",
        "authorization_endpoint": f"{providers.url}/google/authorize",
        "token_endpoint": f"{providers.url}/google/token",
    }
    elsewhere = f"{providers.url}/kakao/.well-known/openid-configuration"
    return {
        "an error": lambda: Answer(b"", 500),
        "no JSON": lambda: Answer(b"<html>"),
        "a list": lambda: Answer.of([]),
        "deep JSON": lambda: Answer(b"[" * 100_000),
        "too large": lambda: Answer.of({**good, "padding": "x" * 300_000}),
        "packed": lambda: Answer(gzip.compress(json.dumps(good).encode()), headers={"Content-Encoding": "gzip"}),
        "a redirect": lambda: Answer.redirect(elsewhere),
        "another issuer": lambda: Answer.of({**good, "issuer": "https://evil.example"}),
        "keys of another host over HTTP": lambda: Answer.of({**good, "jwks_uri": "http://169.254.169.254/jwks"}),
        "keys in a file": lambda: Answer.of({**good, "jwks_uri": "file:///etc/passwd"}),
        "no keys": lambda: Answer.of({**good, "jwks_uri": None}),
        "keys without a host": lambda: Answer.of({**good, "jwks_uri": "https:///jwks"}),
        "keys at no address": lambda: Answer.of({**good, "jwks_uri": "https://[1"}),
    }


@on_sqlite
async def test_a_provider_that_answers_wrongly_is_unavailable_and_recovers(
    client: httpx.AsyncClient, providers: ProviderServer, clock: MovingClock
) -> None:
    token, path = providers.id_token("google", NONCE), "/google/.well-known/openid-configuration"
    answers = {}
    faults = faulty_answers(providers)
    for name, fault in faults.items():
        providers.overrides[path] = fault
        answers[name] = error_of(await send(client, "google", token))
        clock.advance(seconds=10)
    assert answers == dict.fromkeys(faults, (503, "PROVIDER_UNAVAILABLE"))
    providers.overrides.clear()
    assert (await send(client, "google", token)).status_code == 200


@on_sqlite
async def test_an_oversized_token_is_refused(client: httpx.AsyncClient, providers: ProviderServer) -> None:
    padded = providers.id_token("google", NONCE, padding="x" * 13_000)
    assert error_of(await send(client, "google", padded)) == (422, "VALIDATION_ERROR")
    assert error_of(await send(client, "google", "x" * 300_000)) == (413, "BODY_TOO_LARGE")
