"""Erasure end to end (E08, E09, D09, H14): a real server, an account that uses everything, its export, its erasure, and
a search of all files and tables for traces."""

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

from tests.support.database import run_in_thread
from tests.support.people import code_of, mails_in
from tests.support.photos import drawn_portrait
from tests.support.serving import Server, serving
from tests.test_services.test_erasure import tables_with
from tests.test_services.test_sealing import query

EMAIL, NAME, PASSWORD = "leaves.no.trace@example.com", "흔적없는이", "correct horse battery"
NEW_EMAIL, DEVICE = "leaves.no.trace.either@example.com", "나만의 전화기"
PHOTO = drawn_portrait()
TIMEOUT_S = 60.0
RECEIVER = "https://hooks.example.invalid.example/nobody/knows"
ONCE = "only-once-3f0c9a6e"
# in no file and no table, only sealed or as digests
HIDDEN = ("measure", "text", "link", "receiver", "secret of the webhook", "idempotency key")


@dataclass
class Account:
    """The client of an account, and the words to search for its traces."""

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


def use_everything(client: httpx.Client, folder: Path) -> Account:
    """Register an account, grant every consent, read photos directly and as a task, create a key and a webhook, share a
    reading."""
    account = Account(client)
    account.call(
        "POST", "/users", 201, json={"email": EMAIL, "username": NAME, "password": PASSWORD, "birth_year": 1990}
    )
    form = {"username": EMAIL, "password": PASSWORD, "device_name": DEVICE}
    tokens = account.call("POST", "/auth/login", data=form).json()
    client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    wait_for(lambda: bool(mails_in(folder / ".data" / "mail")), "the mail")
    (mail,) = mails_in(folder / ".data" / "mail")
    account.call("POST", "/auth/verify-email", json={"token": code_of(mail)})
    account.call("PATCH", "/users/me", json={"email": NEW_EMAIL})
    for purpose in ("history", "retain_photo", "improve", "lookalike"):
        account.call("PUT", f"/consents/{purpose}")
    account.call("DELETE", "/consents/lookalike")
    upload = {"files": {"file": ("me.jpg", PHOTO, "image/jpeg")}, "headers": {"Idempotency-Key": ONCE}}
    reading = account.call("POST", "/analysis/face/upload", **upload).json()
    key = account.call("POST", "/keys", 201, json={"name": "내 전화", "scopes": ["analyze"]}).json()
    webhook = account.call("POST", "/webhooks", 201, json={"url": RECEIVER}).json()
    later = {"image": base64.b64encode(PHOTO).decode()}
    task = account.call("POST", "/analysis/face/async", 202, json=later).json()["task_id"]
    wait_for(lambda: account.call("GET", f"/analysis/tasks/{task}").json()["status"] == "done", "the task")
    link = account.call("POST", f"/analysis/{reading['analysis_id']}/shares", 201).json()["url"]
    assert [client.get(f"{link}{picture}").status_code for picture in ("", "/card.png", "/qr.svg")] == [200] * 3
    value = next(
        reason["value"] for part in reading["parts_analysis"].values() for reason in part["reasons"] if reason["value"]
    )
    account.words = {
        "e-mail": EMAIL,
        "requested e-mail": NEW_EMAIL,
        "device": DEVICE,
        "name": NAME,
        "name as JSON": json.dumps(NAME)[1:-1],
        "reading": reading["analysis_id"],
        "reading, other spelling": reading["analysis_id"].replace("-", ""),
        "task": task,
        "task, other spelling": task.replace("-", ""),
        "key": key["key"][:20],
        "measure": repr(value) if len(repr(value)) > 7 else reading["parts_analysis"]["eyes"]["meaning"],
        "idempotency key": ONCE,
        "link": link.rpartition("/")[2],
        "webhook": webhook["id"],
        "webhook, other spelling": webhook["id"].replace("-", ""),
        "receiver": RECEIVER,
        "secret of the webhook": webhook["secret"][6:],
        "text": reading["parts_analysis"]["nose"]["meaning"],
    }
    return account


def wait_for(done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not done():
        assert time.monotonic() < deadline, f"{what} did not finish"
        time.sleep(0.2)


def traces(account: Account, folder: Path, database_url: str) -> list[str]:
    """Return the files (database, job engine, storage, mails, log) and tables of a server in which a word occurs."""
    files = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    if database_url.startswith("sqlite"):
        file = Path(database_url.removeprefix("sqlite:///"))
        files |= {str(path): path.read_bytes() for path in file.parent.glob(f"{file.stem}*")}
    places = [f"{what} in {name}" for name, content in files.items() for what, word in account.words.items()
             if word.encode() in content]  # fmt: skip
    if not database_url.startswith("sqlite"):
        for what, word in account.words.items():
            places += [
                f"{what} in {table}" for table in run_in_thread(lambda word=word: tables_with(database_url, word))
            ]
    return places


def test_face_data_is_sealed_the_export_is_complete_and_an_erasure_leaves_no_trace(
    running: Server, database_url: str, tmp_path: Path
) -> None:
    with running.client() as client:
        account = use_everything(client, tmp_path)
        assert traces(account, tmp_path, database_url)  # the search finds what exists
        face = {what: word for what, word in account.words.items() if what in HIDDEN}
        assert traces(Account(client, face), tmp_path, database_url) == []  # sealed
        exported = account.call("GET", "/users/me/export").json()
        check_export(exported, account)
        archive = account.call("GET", "/users/me/export?format=zip")
        check_archive(archive, exported)
        account.call("DELETE", "/users/me", 204)
        assert client.get("/api/v1/users/me").status_code == 401
    wait_for(lambda: traces(account, tmp_path, database_url) == [], "the erasure")
    storage = tmp_path / ".data" / "storage"  # a probe has a file there for a moment
    wait_for(lambda: not any(path.is_file() for path in storage.rglob("*")), "an empty store")
    assert run_in_thread(lambda: query(database_url, "SELECT count(*) FROM erasures")) == [(0,)]
    last_event = "SELECT event FROM audit_log WHERE event <> 'retention_run' ORDER BY seq DESC LIMIT 1"
    assert run_in_thread(lambda: query(database_url, last_event)) == [("erased",)]


def check_export(exported: dict[str, list[dict[str, object]]], account: Account) -> None:
    assert exported["account"]["email"] == EMAIL
    assert {one["purpose"] for one in exported["consents"]} >= {"reading", "history", "retain_photo", "lookalike"}
    assert [one["device_name"] for one in exported["sign_ins"]] == [DEVICE]
    assert exported["account"]["pending_email"] == NEW_EMAIL
    assert len(exported["api_keys"]) == 1
    assert [one["url"] for one in exported["webhooks"]] == [RECEIVER]
    assert {one["event"] for one in exported["webhook_deliveries"]} == {"task.done"}
    assert [one["analysis_id"] for one in exported["shares"]] == [account.words["reading"]]
    assert account.words["reading"] in {one["analysis_id"] for one in exported["analyses"]}
    assert [one["created_id"] for one in exported["idempotency"]] == [account.words["reading"]]
    assert [one["face"] for one in exported["usage"]] == [2]
    assert exported["profile"]["photos"] >= 1
    assert [one["id"] for one in exported["tasks"]] == [account.words["task"]]
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
        text = archive.read(readings[0]).decode()
        assert all(
            label in text for label in ("총점 / overall score", "기운 / energies", "다섯 상 / callings", "의 상 ")
        )
        photos = [archive.read(name) for name in names if name.startswith("photos/")]
    assert len(photos) == len(exported["photos"])
    assert all(photo.startswith(b"\xff\xd8") for photo in photos)
