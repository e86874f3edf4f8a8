"""Fuzzing of the API against its documentation with schemathesis, on the real service with a real token.

Schemathesis loads this module as its hooks (FUZZ_URL is set then); tests and benchmarks import it to start a run.
"""

import asyncio
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

import httpx
import schemathesis

from gwansang.container import open_accounts
from gwansang.services.ml.face_analyzer import canonical_landmarks
from tests.support.photos import REPOSITORY
from tests.support.serving import ENCRYPTION_KEYS, Server, settings_for_tests

PASSWORD = "a password of the fuzzer"
SERVICE = {
    "ALLOW_GUESTS": "false",
    "PASSWORD_BCRYPT_ROUNDS": "4",
    "LOG_LEVEL": "WARNING",
    "ENCRYPTION_KEYS": ENCRYPTION_KEYS,  # accounts are made in the fuzzer's own process, too
    "MAX_UNFINISHED_TASKS": "1000",
}


@dataclass(frozen=True)
class Outcome:
    """Result of a run."""

    requests: int
    passed: bool
    report: str


def fuzz(server: Server, max_examples: int, *, phases: str, operations: str = "", database: str = "") -> Outcome:
    """Run schemathesis against a server that was started in an empty folder with SERVICE.

    database: the URL of its database, if it was started with one.
    """
    database = database or f"sqlite:///{server.log.parent / '.data' / 'gwansang.sqlite3'}"
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(REPOSITORY / "schemathesis.toml")),
        *("run", f"{server.url}/api/v1/openapi.json", "--phases", phases, "--max-examples", str(max_examples)),
        *(["--include-operation-id-regex", operations] if operations else []),
    ]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.support.fuzzing", "FUZZ_URL": server.url}
    ran = subprocess.run(
        command,
        cwd=server.log.parent,
        env={**environment, "FUZZ_DATABASE": database, "PYTHONPATH": _python_path(), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    generated = re.search(r"(\d+) generated", ran.stdout)
    return Outcome(int(generated[1]) if generated else 0, ran.returncode == 0, ran.stdout + ran.stderr)


def _python_path() -> str:
    return os.pathsep.join(filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH", ""))))


class SignIn:
    """Administrators for the fuzzer: a new one whenever a generated request signed out or erased the last one."""

    def __init__(self, url: str, database: str) -> None:
        self._client = httpx.Client(base_url=url, trust_env=False)
        self._database = database
        self._numbers = count()

    def token(self) -> str:
        address = f"fuzz-{os.getpid()}-{next(self._numbers)}@example.com"
        asyncio.run(self._register(address))
        form = {"username": address, "password": PASSWORD}
        token: str = self._client.post("/api/v1/auth/login", data=form).json()["access_token"]
        return token

    def prepare(self, token: str, case: schemathesis.Case) -> None:
        """Give a call what its first check needs: a consent, or an object of the caller."""
        bearer = {"Authorization": f"Bearer {token}"}
        if case.path.startswith(("/api/v1/analysis/face", "/api/v1/analysis/batch")):
            self._client.put("/api/v1/consents/reading", headers=bearer)
        if case.path.startswith("/api/v1/celebrity/match"):
            self._client.put("/api/v1/consents/lookalike", headers=bearer)
        parameters = case.path_parameters or {}
        if _is_id(parameters.get("analysis_id")) and next(self._numbers) % 2:
            self._client.put("/api/v1/consents/reading", headers=bearer)
            self._client.put("/api/v1/consents/history", headers=bearer)
            face = {"landmarks": canonical_landmarks().tolist()}
            kept = self._client.post("/api/v1/analysis/face", json=face, headers=bearer)
            parameters["analysis_id"] = kept.json().get("analysis_id", parameters["analysis_id"])
        if _is_id(parameters.get("task_id")) and next(self._numbers) % 2:
            self._client.put("/api/v1/consents/reading", headers=bearer)
            face = {"landmarks": canonical_landmarks().tolist()}
            task = self._client.post("/api/v1/analysis/face/async", json=face, headers=bearer)
            parameters["task_id"] = task.json().get("task_id", parameters["task_id"])
        if _is_id(parameters.get("key_id")) and next(self._numbers) % 2:
            key = self._client.post("/api/v1/keys", json={"name": "x", "scopes": ["analyze"]}, headers=bearer)
            parameters["key_id"] = key.json().get("id", parameters["key_id"])
        if _is_id(parameters.get("session_id")) and next(self._numbers) % 2:
            (session,) = self._client.get("/api/v1/users/me/sessions", headers=bearer).json()["items"]
            parameters["session_id"] = session["id"]

    async def _register(self, address: str) -> None:
        async with open_accounts(settings_for_tests(database_url=self._database)) as accounts:
            await accounts.users.register(address, "fuzzer", PASSWORD, is_admin=True)


def _is_id(text: object) -> bool:
    try:
        return isinstance(text, str) and bool(UUID(text))
    except ValueError:
        return False


if "FUZZ_URL" in os.environ:
    _sign_in = SignIn(os.environ["FUZZ_URL"], os.environ["FUZZ_DATABASE"])

    @schemathesis.auth()
    class Bearer:
        """Provides a token at the start, and again after each 401."""

        def get(self, _case: object, _context: object) -> str:
            return _sign_in.token()

        def set(self, case: schemathesis.Case, data: str, _context: object) -> None:
            _sign_in.prepare(data, case)
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}

    @schemathesis.hook
    def before_load_schema(_: object, raw_schema: dict[str, Any]) -> None:
        """Describe the access token as schemathesis' authentication checks expect it."""
        raw_schema["components"]["securitySchemes"]["AccessToken"] = {"type": "http", "scheme": "bearer"}
        for path in raw_schema["paths"].values():
            for operation in path.values():
                for requirement in operation.get("security", []):
                    requirement.update({name: [] for name in requirement})

    @schemathesis.hook
    def filter_query(_: object, query: dict[str, Any] | None) -> bool:
        """Leave out lists as `locale`: sent as a repeated parameter, of which the last counts, they are valid too."""
        return not isinstance((query or {}).get("locale"), list)
