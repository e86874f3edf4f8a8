"""`gwansang setup`, which makes a new installation ready and can be repeated."""

import subprocess
from pathlib import Path

from tests.support.s3_server import s3_server
from tests.support.serving import serving
from tests.test_cli.running import gwansang

ADMIN = {"FIRST_ADMIN_EMAIL": "boss@example.com", "FIRST_ADMIN_PASSWORD": "a password of the boss 42"}


def set_up(folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return gwansang("setup", folder=folder, **settings)


def test_the_first_administrator_can_sign_in_and_a_second_setup_changes_nothing(tmp_path: Path) -> None:
    first = set_up(tmp_path, **ADMIN)
    assert first.returncode == 0, first.stderr
    assert "boss@example.com is an administrator now" in first.stdout
    again = set_up(tmp_path, **ADMIN | {"FIRST_ADMIN_PASSWORD": "another password 43"})
    assert again.returncode == 0, again.stderr
    assert "boss@example.com has an account" in again.stdout
    with serving(tmp_path) as server, server.client() as client:
        form = {"username": ADMIN["FIRST_ADMIN_EMAIL"], "password": ADMIN["FIRST_ADMIN_PASSWORD"]}
        token = client.post("/api/v1/auth/login", data=form).json()["access_token"]
        assert client.get("/api/v1/users", headers={"Authorization": f"Bearer {token}"}).json()["total"] == 1


def test_the_bucket_is_created_once_and_keeps_files(tmp_path: Path) -> None:
    with s3_server() as server:
        settings = {name.upper(): value for name, value in server.settings().items()} | {"S3_BUCKET": "brand-new"}
        outcomes = [set_up(tmp_path, **settings) for _ in range(2)]
        assert ["the bucket brand-new was created" in each.stdout for each in outcomes] == [True, False], outcomes
        assert "the bucket brand-new exists" in outcomes[1].stdout
        refused = set_up(tmp_path, **settings | {"S3_SECRET_ACCESS_KEY": "wrong", "S3_BUCKET": "another"})
        assert refused.returncode == 1
        assert "gwansang: " in refused.stderr
