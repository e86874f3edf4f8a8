"""The real service, killed in the middle of fifty photos and started again."""

import time
from pathlib import Path

import httpx

from tests.support.photos import drawn_portrait
from tests.support.serving import Server, serving

PASSWORD = "correct horse battery"


def signed_in(client: httpx.Client) -> dict[str, str]:
    client.post("/api/v1/users/", json={"email": "minji@example.com", "username": "minji", "password": PASSWORD})
    tokens = client.post("/api/v1/auth/login", data={"username": "minji@example.com", "password": PASSWORD})
    return {"Authorization": f"Bearer {tokens.json()['access_token']}"}


def watch(client: httpx.Client, task: str, bearer: dict[str, str], enough: float) -> list[dict[str, object]]:
    """What was told of the task until it had come so far."""
    told, deadline = [], time.monotonic() + 60
    while not told or (told[-1]["progress"] < enough and told[-1]["status"] in ("queued", "processing")):
        assert time.monotonic() < deadline, told[-1]
        told.append(client.get(f"/api/v1/analysis/tasks/{task}", headers=bearer).json())
        time.sleep(0.05)
    return told


def kill(server: Server) -> None:
    server.process.kill()
    server.process.wait(10)


def test_of_fifty_photos_each_is_kept_once_though_the_service_is_killed_between_them(
    tmp_path: Path, database_url: str
) -> None:
    files = [("file", (f"{number}.jpg", drawn_portrait())) for number in range(50)]
    environment = {"DATABASE_URL": database_url, "INFERENCE_WORKERS": "1", "PASSWORD_BCRYPT_ROUNDS": "4"}
    progress: list[float] = []
    with serving(tmp_path, **environment) as server, server.client() as client:
        bearer = signed_in(client)
        client.put("/api/v1/consents/history", headers=bearer)
        submitted = client.post("/api/v1/analysis/batch", files=files, headers={**bearer, "Idempotency-Key": "album"})
        task = submitted.json()["task_id"]
        progress += [told["progress"] for told in watch(client, task, bearer, 0.3)]
        kill(server)
    assert 0.3 <= progress[-1] < 0.9
    with serving(tmp_path, **environment) as server, server.client() as client:
        again = client.post("/api/v1/analysis/batch", files=files, headers={**bearer, "Idempotency-Key": "album"})
        assert again.json()["task_id"] == task
        told = watch(client, task, bearer, 1.0)
        progress += [one["progress"] for one in told]
        history = [
            client.get("/api/v1/analysis", params={"page": page, "size": 50}, headers=bearer).json() for page in (1, 2)
        ]
    assert progress == sorted(progress)
    assert (told[-1]["status"], told[-1]["result"]["read"], told[-1]["result"]["failed"]) == ("done", 50, 0)
    assert history[0]["total"] == 50
    kept = {one["analysis_id"] for one in history[0]["items"]}
    assert kept == {photo["analysis_id"] for photo in told[-1]["result"]["photos"]}
    assert history[1]["items"] == []
