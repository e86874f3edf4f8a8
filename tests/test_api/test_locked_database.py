"""SQLite held by another process: calls that only read are answered while writers wait."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import httpx

from tests.support.serving import serving
from tests.test_api.test_transport import poll_until

CREDENTIALS = {"username": "minji@example.com", "password": "correct horse battery"}


def test_reads_and_readiness_do_not_wait_for_writers_that_wait(tmp_path: Path) -> None:
    with serving(tmp_path) as server, server.client() as client:
        account = {"email": CREDENTIALS["username"], "username": "minji", "password": CREDENTIALS["password"]}
        client.post("/api/v1/users/", json=account).raise_for_status()
        token = client.post("/api/v1/auth/login", data=CREDENTIALS).json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        statuses: list[int] = []

        def write() -> None:
            statuses.append(httpx.put(f"{server.url}/api/v1/consents/reading", headers=bearer, timeout=60).status_code)

        file = tmp_path / ".data" / "gwansang.sqlite3"
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            writers = [threading.Thread(target=write) for _ in range(10)]
            for writer in writers:
                writer.start()
            poll_until(lambda: in_flight(client) >= len(writers))
            assert client.get("/health/ready").status_code == 200
            assert client.get("/api/v1/users/me", headers=bearer).status_code == 200
            assert statuses == []
            other.execute("ROLLBACK")
        for writer in writers:
            writer.join()
        assert statuses == [200] * len(writers)


def in_flight(client: httpx.Client) -> float:
    lines = client.get("/metrics").text.splitlines()
    (value,) = (line.split()[1] for line in lines if line.startswith("gwansang_http_requests_in_flight "))
    return float(value)
