"""Providers to sign in with, as a real HTTP server: three of OpenID Connect, and Naver with plain OAuth 2."""

import hashlib
import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from gwansang.core.clock import Clock

OPENID = ("kakao", "google", "apple")
CLIENT_IDS = {name: f"{name}-web-client" for name in (*OPENID, "naver")}
APP_IDS = {name: (f"{name}-ios-app", f"{name}-android-app") for name in OPENID}
CLIENT_SECRET = "a secret of the client"
KEY_ID = "key-1"
_OK = 200

Form = Mapping[str, str]


@cache
def rsa_key(name: str = KEY_ID) -> RSAKey:
    """Return the RSA key of a name, made once."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


@cache
def apple_client_key() -> ECKey:
    """Return the key that the service signs its client secrets for Apple with."""
    return ECKey.generate_key("P-256")


def s256(text: str) -> str:
    """Return the challenge of a verifier of PKCE."""
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Someone:
    """The person at the provider's page."""

    subject: str = "person-1"
    email: str | None = "minji@example.com"
    verified: object = True
    name: str | None = "김민지"


@dataclass(frozen=True)
class Answer:
    """An answer of the server; with a pause it comes byte by byte."""

    body: bytes
    status: int = _OK
    headers: Mapping[str, str] = field(default_factory=dict)
    pause_s: float = 0.0

    @classmethod
    def of(cls, content: object, status: int = _OK) -> "Answer":
        return cls(json.dumps(content).encode(), status, {"Content-Type": "application/json"})

    @classmethod
    def redirect(cls, location: str) -> "Answer":
        return cls(b"", 302, {"Location": location})


class ProviderServer:
    """The providers of one test; a test changes `someone`, `keys`, `claims` (of each ID token) and `overrides`."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.url = url
        self.clock = clock
        self.someone = Someone()
        self.keys: list[Mapping[str, Any]] = [rsa_key().as_dict(private=False)]
        self.claims: dict[str, object] = {}
        self.overrides: dict[str, Callable[[], Answer]] = {}  # by path
        self.requests: list[str] = []  # their paths
        self.secrets: list[str] = []  # of the client, as they were sent
        self._codes: dict[str, Form] = {}  # the authorization requests
        self._people: dict[str, Someone] = {}  # by access token
        self._numbers = count(1)

    def settings(self, *names: str) -> dict[str, object]:
        """Return the settings of a service that uses these providers."""
        settings: dict[str, object] = {}
        for name in names:
            settings[f"{name}_client_id"] = CLIENT_IDS[name]
            if name != "apple":
                settings[f"{name}_client_secret"] = CLIENT_SECRET
            if name in OPENID:
                settings[f"{name}_discovery_url"] = f"{self.url}/{name}/.well-known/openid-configuration"
                settings[f"{name}_app_client_ids"] = APP_IDS[name]
        if "apple" in names:
            pem = apple_client_key().as_pem(private=True).decode()
            settings |= {"apple_team_id": "TEAM", "apple_key_id": "APPLEKEY", "apple_private_key": pem}
        if "naver" in names:
            paths = {"authorize": "authorize", "token": "token", "profile": "profile"}
            settings |= {f"naver_{key}_url": f"{self.url}/naver/{path}" for key, path in paths.items()}
        return settings

    def id_token(
        self,
        provider: str,
        nonce: str,
        /,
        *,
        key: RSAKey | None = None,
        header: Mapping[str, object] | None = None,
        **changes: object,
    ) -> str:
        """Return an ID token for `someone`; a claim that is changed to None is left out."""
        now = int(self.clock().timestamp())
        claims: dict[str, object] = {
            "iss": f"{self.url}/{provider}",
            "aud": CLIENT_IDS[provider],
            "sub": self.someone.subject,
            "iat": now,
            "exp": now + 3600,
            "nonce": nonce,
            "email": self.someone.email,
            "email_verified": None if provider == "kakao" else self.someone.verified,  # as Kakao's tokens
            "name": self.someone.name,
            "jti": str(next(self._numbers)),
            **self.claims,
            **changes,
        }
        signing = key or rsa_key()
        present = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": KEY_ID, **(header or {})}, present, signing)

    def access_token(self) -> str:
        """Return an access token of `someone`."""
        token = f"access-{next(self._numbers)}"
        self._people[token] = self.someone
        return token

    def answer(self, method: str, target: str, form: Form, bearer: str) -> Answer:
        """Return the answer to a request."""
        parts = urlsplit(target)
        self.requests.append(parts.path)
        if parts.path in self.overrides:
            return self.overrides[parts.path]()
        _, provider, path = parts.path.split("/", 2)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        answers = {
            ("GET", ".well-known/openid-configuration"): lambda: Answer.of(self._metadata(provider)),
            ("GET", "jwks"): lambda: Answer.of({"keys": self.keys}),
            ("GET", "authorize"): lambda: self._authorize(query),
            ("POST", "token"): lambda: self._token(provider, form),
            ("GET", "userinfo"): lambda: self._userinfo(bearer),
            ("GET", "profile"): lambda: self._profile(bearer),
        }
        return answers.get((method, path), lambda: Answer(b"", 404))()

    def _metadata(self, provider: str) -> dict[str, object]:
        base = f"{self.url}/{provider}"
        endpoints = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
        return {
            "issuer": base,
            "jwks_uri": f"{base}/jwks",
            **{f"{name}_endpoint": f"{base}/{path}" for name, path in endpoints.items()},
        }

    def _authorize(self, query: Form) -> Answer:
        """Agree at once, as a person who is signed in there."""
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        code = f"code-{next(self._numbers)}"
        self._codes[code] = query
        fields = urlencode({"code": code, "state": query["state"]})
        if query.get("response_mode") == "form_post":  # the test posts them, as the form in the browser does
            return Answer(fields.encode(), _OK, {"X-Form-Action": query["redirect_uri"]})
        return Answer.redirect(f"{query['redirect_uri']}?{fields}")

    def _token(self, provider: str, form: Form) -> Answer:
        began = self._codes.pop(form.get("code", ""), None)
        self.secrets.append(form.get("client_secret", ""))
        if (
            began is None
            or form["client_id"] != began["client_id"]
            or form["redirect_uri"] != began["redirect_uri"]
            or s256(form["code_verifier"]) != began["code_challenge"]
        ):
            return Answer.of({"error": "invalid_grant"}, 400)
        tokens = {"access_token": self.access_token(), "token_type": "bearer", "expires_in": 3600}
        if provider in OPENID:
            tokens["id_token"] = self.id_token(provider, began["nonce"])
        return Answer.of(tokens)

    def _userinfo(self, bearer: str) -> Answer:
        person = self._people.get(bearer)
        if person is None:
            return Answer.of({"error": "invalid_token"}, 401)
        return Answer.of(
            {"sub": person.subject, "email": person.email, "email_verified": person.verified, "nickname": person.name}
        )

    def _profile(self, bearer: str) -> Answer:
        person = self._people.get(bearer)
        if person is None:
            return Answer.of({"resultcode": "024", "message": "Authentication failed"}, 401)
        profile = {"id": person.subject, "email": person.email, "nickname": person.name}
        return Answer.of({"resultcode": "00", "message": "success", "response": profile})


@contextmanager
def provider_server(clock: Clock) -> Iterator[ProviderServer]:
    """Serve the providers on a free loopback port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply("GET")

        def do_POST(self) -> None:
            self._reply("POST")

        def _reply(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
            answer = served.answer(method, self.path, form, bearer)
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if not answer.pause_s:
                self.wfile.write(answer.body)
                return
            with suppress(ConnectionError):  # the service gave up
                for byte in answer.body:
                    self.wfile.write(bytes([byte]))
                    time.sleep(answer.pause_s)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        served = ProviderServer(f"http://127.0.0.1:{server.server_port}", clock)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
