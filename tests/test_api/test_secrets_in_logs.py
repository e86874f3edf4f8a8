"""All account operations on the real service leave no secrets in its log."""

import base64
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gwansang.services.ml.face_analyzer import canonical_landmarks
from tests.support.database import run_in_thread
from tests.support.people import code_of, mails_in
from tests.support.photos import drawn_portrait
from tests.support.serving import Server, serving
from tests.test_api.test_logs import requests_of
from tests.test_services.test_sealing import query

PASSWORD = "pa55-w0rd-of-a-test"
OTHER, LAST = "an0ther-pa55word", "a-th1rd-pa55word"
EMAIL = "log-reader@example.com"
PEPPER = "a-secret-key-that-is-only-in-this-test-0123456789"


@pytest.fixture(scope="module")
def verbose_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that logs at the level DEBUG."""
    folder = tmp_path_factory.mktemp("verbose_server")
    with serving(folder, LOG_LEVEL="DEBUG", SECRET_KEY=PEPPER, API_KEY_IN_QUERY="true") as running:
        yield running


def code_in(folder: Path, number: int) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        mails = [path for path in mails_in(folder) if f"To: {EMAIL}\n" in path.read_text()]
        if len(mails) >= number:
            return code_of(mails[number - 1])
        time.sleep(0.02)
    raise AssertionError("no mail")


class Account:
    """Every operation of an account, and the secrets that it must not log."""

    def __init__(self, client: httpx.Client, mails: Path) -> None:
        self._client = client
        self._mails = mails
        self._tokens: dict[str, str] = {}
        self.secrets = {PASSWORD, OTHER, LAST, EMAIL, PEPPER}

    def post(self, path: str, **request: object) -> httpx.Response:
        return self._client.post(f"/api/v1{path}", **request)

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._tokens['access_token']}"}

    def begin(self) -> None:
        for name in ("reader of logs", "a second time"):
            self.post("/users/", json={"email": EMAIL, "username": name, "password": PASSWORD})
        self.post("/users", json={"email": EMAIL, "password": PASSWORD, "unknown": PASSWORD})
        code = code_in(self._mails, 1)
        assert self.post("/auth/verify-email", json={"token": code}).is_success
        self.post("/auth/login", data={"username": EMAIL, "password": "wr0ng-" + PASSWORD})
        self.secrets.add(code)
        self.sign_in(PASSWORD)

    def sign_in(self, password: str) -> None:
        self._note(self.post("/auth/login", data={"username": EMAIL, "password": password}))

    def use(self) -> None:
        photo = drawn_portrait()
        text = base64.b64encode(photo).decode()
        asked = {"name": "k", "scopes": ["analyze", "history:read"]}
        key = self.post("/keys", json=asked, headers=self.bearer).json()["key"]
        self._client.put("/api/v1/consents/history", headers=self.bearer)
        assert self.post("/analysis/face", json={"image": text}, headers={"X-API-Key": key}).is_success
        self.post("/analysis/face/upload", files={"file": (f"{EMAIL}.jpg", photo)}, headers=self.bearer)
        self.post("/analysis/face", json={"landmarks": canonical_landmarks().tolist()}, params={"api_key": key})
        self.post("/analysis/face", json={"image": text[:-40] + "!"}, headers=self.bearer)
        self._client.get("/api/v1/users/me/export", headers=self.bearer)
        self.secrets |= {key, key[21:], text[200:240]}

    def end(self) -> None:
        spent = {"refresh_token": self._tokens["refresh_token"]}
        for _ in range(2):
            self._note(self.post("/auth/refresh", json={"refresh_token": self._tokens["refresh_token"]}))
        assert self.post("/auth/refresh", json=spent).status_code == 401
        self.post("/auth/reset-password/request", json={"email": EMAIL})
        code = code_in(self._mails, 2)
        answer = self.post("/auth/reset-password", json={"token": code, "password": OTHER})
        assert answer.is_success, answer.text
        self.secrets.add(code)
        self.sign_in(OTHER)
        self._client.patch("/api/v1/users/me", json={"email": f"n{EMAIL}"}, headers=self.bearer)
        undo = code_in(self._mails, 4)
        assert self.post("/auth/undo-email", json={"token": undo}).is_success
        restored = code_in(self._mails, 5)  # the undo ends the password, too
        self.secrets |= {undo, restored, f"n{EMAIL}"}
        assert self.post("/auth/reset-password", json={"token": restored, "password": LAST}).is_success
        self.sign_in(LAST)
        assert self._client.delete("/api/v1/users/me", headers=self.bearer).is_success

    def _note(self, answer: httpx.Response) -> None:
        assert answer.is_success, answer.text
        self._tokens = answer.json()
        signed = [value for name, value in self._tokens.items() if name.endswith("_token")]
        self.secrets |= {token.rpartition(".")[2] for token in signed}


def test_the_log_of_all_account_operations_has_no_secrets(verbose_server: Server) -> None:
    with verbose_server.client() as client:
        account = Account(client, verbose_server.log.parent / ".data" / "mail")
        account.begin()
        account.use()
        account.end()
    log, secrets = verbose_server.log.read_text(), account.secrets
    assert len(secrets) >= 14
    assert [secret for secret in secrets if secret in log] == []
    assert not re.search(r"[\w.+-]+@[\w-]+\.\w+", log)
    assert "eyJ" not in log
    assert not re.search(r"(?:0\.\d{3,}, ){5}", log)  # landmarks
    events = {event["event"] for event in verbose_server.events()}
    assert {
        "account.created",
        "auth.login",
        "key.created",
        "mail.sent",
        "auth.token_reused",
        "account.address_restored",
        "account.erased",
    } <= events


def test_the_log_identifies_callers_by_digest_only(verbose_server: Server) -> None:
    with verbose_server.client() as client:
        client.post("/api/v1/users", json={"email": f"x{EMAIL}", "username": "somebody", "password": PASSWORD})
        form = {"username": f"x{EMAIL}", "password": PASSWORD}
        token = client.post("/api/v1/auth/login", data=form).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}", "X-Request-ID": "who-1"}
        client.get("/api/v1/users/me", headers=headers)
    (event,) = requests_of(verbose_server, "who-1")
    assert re.fullmatch(r"user:[0-9a-f]{12}", str(event["caller"]))
    assert json.dumps(event).count(EMAIL) == 0


REFUSE_USERS = {
    "sqlite": ["CREATE TRIGGER refuse BEFORE INSERT ON users BEGIN SELECT RAISE(ABORT, 'a defect'); END"],
    "postgresql": [
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a defect'; END $$",
        "CREATE TRIGGER refuse BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION refuse()",
    ],
}


def test_an_unexpected_error_of_the_database_is_logged_without_the_values_of_its_statement(
    database_url: str, tmp_path: Path
) -> None:
    for statement in REFUSE_USERS["sqlite" if database_url.startswith("sqlite") else "postgresql"]:
        run_in_thread(lambda statement=statement: query(database_url, statement))
    with serving(tmp_path, DATABASE_URL=database_url) as server, server.client() as client:
        account = {"email": EMAIL, "username": "somebody", "password": PASSWORD}
        assert client.post("/api/v1/users", json=account).status_code == 500
        log = server.log.read_text()
    assert "a defect" in log
    assert [word for word in (EMAIL, "somebody", "$2b$") if word in log] == []
