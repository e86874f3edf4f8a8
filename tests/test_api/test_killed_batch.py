"""The real service, killed in the middle of a batch of fifty photos and restarted."""

import time
from pathlib import Path

import httpx

from tests.support.database import prove_addresses
from tests.support.photos import drawn_portrait
from tests.support.serving import Server, serving

PASSWORD = "correct horse battery"


def sign_in(client: httpx.Client) -> dict[str, str]:
    client.post("/api/v1/users/", json={"email": "minji@example.com", "username": "minji", "password": PASSWORD})
    tokens = client.post("/api/v1/auth/login", data={"username": "minji@example.com", "password": PASSWORD})
    return {"Authorization": f"Bearer {tokens.json()['access_token']}"}


def watch(client: httpx.Client, task: str, bearer: dict[str, str], until: float) -> list[dict[str, object]]:
    """Poll the task until its progress reaches a value or it ends, and return every answer."""
    states, deadline = [], time.monotonic() + 120
    while not states or (states[-1]["progress"] < until and states[-1]["status"] in ("queued", "processing")):
        assert time.monotonic() < deadline, states[-1]
        states.append(client.get(f"/api/v1/analysis/tasks/{task}", headers=bearer).json())
        time.sleep(0.05)
    return states


def kill(server: Server) -> None:
    server.process.kill()
    server.process.wait(10)


def test_each_of_fifty_photos_is_kept_once_although_the_service_is_killed_between_them(
    tmp_path: Path, database_url: str
) -> None:
    files = [("file", (f"{number}.jpg", drawn_portrait())) for number in range(50)]
    environment = {"DATABASE_URL": database_url, "INFERENCE_WORKERS": "1", "PASSWORD_BCRYPT_ROUNDS": "4"}
    progress: list[float] = []
    with serving(tmp_path, **environment) as server, server.client() as client:
        bearer = sign_in(client)
        prove_addresses(database_url)
        assert client.put("/api/v1/consents/history", headers=bearer).status_code == 200
        submitted = client.post("/api/v1/analysis/batch", files=files, headers={**bearer, "Idempotency-Key": "album"})
        task = submitted.json()["task_id"]
        progress += [state["progress"] for state in watch(client, task, bearer, 0.3)]
        kill(server)
    assert 0.3 <= progress[-1] < 0.9
    with serving(tmp_path, **environment) as server, server.client() as client:
        again = client.post("/api/v1/analysis/batch", files=files, headers={**bearer, "Idempotency-Key": "album"})
        assert again.json()["task_id"] == task
        states = watch(client, task, bearer, 1.0)
        progress += [state["progress"] for state in states]
        history = [
            client.get("/api/v1/analysis", params={"page": page, "size": 50}, headers=bearer).json() for page in (1, 2)
        ]
    assert progress == sorted(progress)
    assert (states[-1]["status"], states[-1]["result"]["read"], states[-1]["result"]["failed"]) == ("done", 50, 0)
    assert history[0]["total"] == 50
    kept = {one["analysis_id"] for one in history[0]["items"]}
    assert kept == {photo["analysis_id"] for photo in states[-1]["result"]["photos"]}
    assert history[1]["items"] == []
