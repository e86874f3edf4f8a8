"""A database whose disk is full: readings are given and not kept, and the process takes no new requests."""

import json
import resource
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest
from sqlalchemy import make_url

from gwansang.services.ml.face_analyzer import canonical_landmarks
from tests.support.database import prove_addresses, scratch_database
from tests.support.people import person
from tests.support.serving import ENCRYPTION_KEYS, JSON_CALL, application, serving

FACE = json.dumps({"landmarks": canonical_landmarks().tolist()})
HEADERS = {"Content-Type": "application/json"}
FULL = """
CREATE OR REPLACE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER no_space BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION no_space();
"""


def sign_in(client: httpx.Client, database_url: str) -> dict[str, str]:
    account = {"email": "minji@example.com", "username": "minji", "password": "correct horse battery"}
    client.post("/api/v1/users/", json=account).raise_for_status()
    prove_addresses(database_url)
    form = {"username": account["email"], "password": account["password"]}
    token = client.post("/api/v1/auth/login", data=form).json()["access_token"]
    for purpose in ("reading", "history"):
        client.put(f"/api/v1/consents/{purpose}", headers={"Authorization": f"Bearer {token}"}).raise_for_status()
    return {**HEADERS, "Authorization": f"Bearer {token}"}


@pytest.mark.skipif(not hasattr(psutil.Process, "rlimit"), reason="only Linux limits the files of a running process")
def test_a_full_disk_of_sqlite_costs_the_history_and_not_the_reading(tmp_path: Path) -> None:
    with serving(tmp_path, ENCRYPTION_KEYS=ENCRYPTION_KEYS) as server, server.client() as client:
        headers = sign_in(client, f"sqlite:///{tmp_path / '.data' / 'gwansang.sqlite3'}")

        def read() -> tuple[int, object]:
            answer = client.post(JSON_CALL, content=FACE, headers=headers)
            return answer.status_code, answer.json().get("kept")

        log = tmp_path / ".data" / "gwansang.sqlite3-wal"
        while log.stat().st_size < 200_000:  # more than the limit, which also holds for the server's log
            assert read() == (200, True)
        _, hard = server.process.rlimit(resource.RLIMIT_FSIZE)
        server.process.rlimit(resource.RLIMIT_FSIZE, (65_536, hard))
        assert read() == (200, False)
        refused = client.get("/health/ready")
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "DATABASE_UNAVAILABLE")
        assert client.get("/api/v1/analysis", headers=headers).status_code == 200
        server.process.rlimit(resource.RLIMIT_FSIZE, (hard, hard))
        assert client.get("/health/ready").status_code == 200
        assert read() == (200, True)


@pytest.mark.anyio
async def test_a_full_disk_of_postgresql_costs_the_history_and_not_the_reading() -> None:
    with scratch_database("postgresql") as url:
        async with application(database_url=url) as client:
            someone = await person(client)
            await someone.agree("reading")
            await someone.agree("history")
            server = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
            connection = await asyncpg.connect(server)
            for table in ("analyses", "turns"):
                await connection.execute(FULL.format(table=table))
            headers = {**HEADERS, **someone.bearer}
            answer = await client.post(JSON_CALL, content=FACE, headers=headers)
            assert (answer.status_code, answer.json()["kept"]) == (200, False)
            assert (await client.get("/health/ready")).status_code == 503
            for table in ("analyses", "turns"):
                await connection.execute(f"DROP TRIGGER no_space ON {table}")
            await connection.close()
            assert (await client.get("/health/ready")).status_code == 200
            answer = await client.post(JSON_CALL, content=FACE, headers=headers)
            assert (answer.status_code, answer.json()["kept"]) == (200, True)
