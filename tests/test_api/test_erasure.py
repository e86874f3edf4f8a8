"""The promise as an auditor would check it (E08, E09, D09, H14): a real server, a whole life of an account, the export
that holds everything, the erasure, and then a search for what is left."""

import base64
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.support.database import away
from tests.support.photos import drawn_portrait
from tests.support.serving import Server, serving
from tests.test_services.test_erasure import everything
from tests.test_services.test_sealing import query

EMAIL, NAME, PASSWORD = "leaves.no.trace@example.com", "흔적없는이", "correct horse battery"
PHOTO = drawn_portrait()
PATIENCE_S = 40.0


@dataclass
class Life:
    """What one account had, as words to search for."""

    client: httpx.Client
    words: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, expected: int = 200, **request: object) -> httpx.Response:
        answer = self.client.request(method, f"/api/v1{path}", **request)
        assert answer.status_code == expected, answer.text
        return answer


@pytest.fixture
def running(database_url: str, tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path, DATABASE_URL=database_url, LOG_LEVEL="DEBUG") as server:
        yield server


def live(client: httpx.Client) -> Life:
    """Signs up, agrees to everything, has photos read at once and later, makes a key."""
    life = Life(client)
    life.call("POST", "/users", 201, json={"email": EMAIL, "username": NAME, "password": PASSWORD, "birth_year": 1990})
    tokens = life.call("POST", "/auth/login", data={"username": EMAIL, "password": PASSWORD}).json()
    client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    for purpose in ("history", "retain_photo", "improve", "lookalike"):
        life.call("PUT", f"/consents/{purpose}")
    life.call("DELETE", "/consents/lookalike")
    reading = life.call("POST", "/analysis/face/upload", files={"file": ("me.jpg", PHOTO, "image/jpeg")}).json()
    key = life.call("POST", "/keys", 201, json={"name": "내 전화", "scopes": ["analyze"]}).json()
    later = {"image": base64.b64encode(PHOTO).decode()}
    task = life.call("POST", "/analysis/face/async", 202, json=later).json()["task_id"]
    wait_for(lambda: life.call("GET", f"/analysis/tasks/{task}").json()["status"] == "done", "the task")
    value = next(
        reason["value"] for part in reading["parts_analysis"].values() for reason in part["reasons"] if reason["value"]
    )
    life.words = {
        "e-mail": EMAIL,
        "name": NAME,
        "name as JSON": json.dumps(NAME)[1:-1],
        "reading": reading["analysis_id"],
        "reading, other spelling": reading["analysis_id"].replace("-", ""),
        "task": task,
        "task, other spelling": task.replace("-", ""),
        "key": key["key"][:20],
        "measure": repr(value) if len(repr(value)) > 7 else reading["parts_analysis"]["eyes"]["meaning"],
        "text": reading["parts_analysis"]["nose"]["meaning"],
    }
    return life


def wait_for(done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < deadline, f"{what} did not come to its end"
        time.sleep(0.2)


def left(life: Life, folder: Path, database_url: str) -> list[str]:
    """Where any of the words is: in files (database, job engine, storage, mails, log) or in tables of a server."""
    files = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    if database_url.startswith("sqlite"):
        file = Path(database_url.removeprefix("sqlite:///"))
        files |= {str(path): path.read_bytes() for path in file.parent.glob(f"{file.stem}*")}
    found = [f"{what} in {name}" for name, content in files.items() for what, word in life.words.items()
             if word.encode() in content]  # fmt: skip
    if not database_url.startswith("sqlite"):
        for what, word in life.words.items():
            found += [f"{what} in {table}" for table in away(lambda word=word: everything(database_url, word))]
    return found


def test_an_erased_account_leaves_nothing_and_its_export_had_everything(
    running: Server, database_url: str, tmp_path: Path
) -> None:
    with running.client() as client:
        life = live(client)
        assert left(life, tmp_path, database_url)  # the search does find what is there
        exported = life.call("GET", "/users/me/export").json()
        check_export(exported, life)
        archive = life.call("GET", "/users/me/export?format=zip")
        check_archive(archive, exported)
        life.call("DELETE", "/users/me", 204)
        assert client.get("/api/v1/users/me").status_code == 401
    wait_for(
        lambda: left(life, tmp_path, database_url) == [] or print_left(life, tmp_path, database_url), "the erasure"
    )
    assert [path for path in (tmp_path / ".data" / "storage").rglob("*") if path.is_file()] == []
    assert away(lambda: query(database_url, "SELECT count(*) FROM erasures")) == [(0,)]
    assert away(lambda: query(database_url, "SELECT event FROM audit_log ORDER BY seq DESC LIMIT 1")) == [("erased",)]


def print_left(life: Life, folder: Path, database_url: str) -> bool:
    print(left(life, folder, database_url))  # noqa: T201 - shown where the test fails
    return False


def check_export(exported: dict[str, list[dict[str, object]]], life: Life) -> None:
    assert exported["account"]["email"] == EMAIL
    assert {one["purpose"] for one in exported["consents"]} >= {"reading", "history", "retain_photo", "lookalike"}
    assert len(exported["sign_ins"]) == 1
    assert len(exported["api_keys"]) == 1
    assert life.words["reading"] in {one["analysis_id"] for one in exported["analyses"]}
    assert exported["profile"]["photos"] >= 1
    assert [one["id"] for one in exported["tasks"]] == [life.words["task"]]
    assert exported["tasks"][0]["result"]
    assert len(exported["photos"]) >= 1
    assert {one["event"] for one in exported["audit"]} >= {"signed_in", "key_created", "consent_withdrawn", "exported"}
    secrets = ("password_hash", "secret_hash", "token_hash", "wrapped", PASSWORD)
    assert not [secret for secret in secrets if secret in json.dumps(exported, ensure_ascii=False)]


def check_archive(answer: httpx.Response, exported: dict[str, list[dict[str, object]]]) -> None:
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert json.loads(archive.read("export.json"))["analyses"] == exported["analyses"]
        readings = [name for name in names if name.startswith("readings/")]
        assert len(readings) == len(exported["analyses"])
        told = archive.read(readings[0]).decode()
        assert all(
            words in told for words in ("총점 / overall score", "기운 / energies", "다섯 상 / callings", "의 상 ")
        )
        photos = [archive.read(name) for name in names if name.startswith("photos/")]
    assert len(photos) == len(exported["photos"])
    assert all(photo.startswith(b"\xff\xd8") for photo in photos)


def test_the_database_of_a_life_holds_no_measure_in_clear(running: Server, database_url: str, tmp_path: Path) -> None:
    with running.client() as client:
        life = live(client)
    facts = {what: word for what, word in life.words.items() if what in ("measure", "text")}
    assert left(Life(life.client, facts), tmp_path, database_url) == []
