"""SIGTERM at the worst moment: what was asked is answered, long work is done once, and nothing is left behind."""

import base64
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.support.photos import drawn_portrait
from tests.support.serving import LIMITS, UPLOAD_CALL
from tests.test_cli.running import PROGRAM, environment

PEOPLE = 6
REQUESTS_EACH = 6
IN_FLIGHT = 30
JOBS = 5
PASSWORD = "correct horse battery"
_START_S = 60.0


def _photo() -> bytes:
    """Large, so that reading many takes a while; it is drawn once."""
    return drawn_portrait(width=1200, height=1600, face_width=600.0)


class Service:
    """`gwansang serve` in a folder of its own, as often as it is started."""

    def __init__(self, folder: Path, port: int, workers: int) -> None:
        self._folder = folder
        self._port = port
        self._workers = workers
        self.url = f"http://127.0.0.1:{port}"
        self.people: list[dict[str, str]] = []

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """A process that is ready; it is killed in the end if it is still there."""
        command = [PROGRAM, "serve", "--port", str(self._port), "--workers", str(self._workers)]
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(command, cwd=self._folder, env=self._environment(), stdout=log, stderr=log)
        try:
            self._wait_until_ready(process)
            yield process
        finally:
            for left in (*psutil.Process(process.pid).children(recursive=True),) if process.poll() is None else ():
                left.kill()
            process.kill()
            process.wait()

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60, trust_env=False)

    def register(self) -> None:
        """People who want their readings kept."""
        with self.client() as client:
            for number in range(PEOPLE):
                account = {"email": f"p{number}@example.com", "username": f"person {number}", "password": PASSWORD}
                assert client.post("/api/v1/users/", json=account).status_code == 201
                form = {"username": account["email"], "password": PASSWORD}
                tokens = client.post("/api/v1/auth/login", data=form).json()
                bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
                assert client.put("/api/v1/consents/history", headers=bearer).status_code == 200
                self.people.append(bearer)

    def read(self, number: int) -> httpx.Response:
        """A reading for one of the people."""
        files = {"file": ("a.jpg", _photo(), "image/jpeg")}
        with self.client() as client:
            return client.post(UPLOAD_CALL, files=files, headers=self.people[number % PEOPLE])

    def submit(self, number: int) -> str:
        """The id of a reading that is made later."""
        with self.client() as client:
            photo = base64.b64encode(drawn_portrait()).decode()
            bearer = self.people[number % PEOPLE]
            answer = client.post("/api/v1/analysis/face/async", json={"image": photo}, headers=bearer)
            assert answer.status_code == 202, answer.text
            return str(answer.json()["task_id"])

    def state(self, number: int, task_id: str) -> str:
        with self.client() as client:
            answer = client.get(f"/api/v1/analysis/tasks/{task_id}", headers=self.people[number % PEOPLE])
            return str(answer.json()["status"])

    def kept(self) -> list[str]:
        """The ids of all kept readings."""
        with closing(sqlite3.connect(self._folder / "own.sqlite3")) as database:
            return [UUID(row[0]).hex for row in database.execute("SELECT id FROM analyses")]

    def port_is_free(self) -> bool:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            return probe.connect_ex(("127.0.0.1", self._port)) != 0

    def log(self) -> str:
        return (self._folder / "log").read_text()

    def _environment(self) -> dict[str, str]:
        return environment(
            DATABASE_URL=f"sqlite:///{self._folder / 'own.sqlite3'}",
            STORAGE_FOLDER=str(self._folder / "files"),
            WORKER_FOLDER=str(self._folder / "workers"),
            INFERENCE_WORKERS=str(max(1, 2 // self._workers)),
            PASSWORD_BCRYPT_ROUNDS="4",
            LOG_FORMAT="json",
            **{name.upper(): "1000000" for name in LIMITS},
        )

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if httpx.get(f"{self.url}/health/ready", trust_env=False).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError("the service did not get ready:\n" + self.log()[-3000:])


@pytest.fixture(params=[1, 2], ids=["one process", "two processes"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Service:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    return Service(tmp_path, port, request.param)


@dataclass(frozen=True)
class Outcome:
    """What became of what was asked before the end; `waiting` readings had no answer when it was announced."""

    waiting: int
    answers: list[httpx.Response]
    tasks: list[str]
    close_code: int


def stopped_at_work(service: Service, process: subprocess.Popen[bytes]) -> Outcome:
    """Asks for readings, long work and a socket, and stops the service as soon as the first is answered."""
    total = PEOPLE * REQUESTS_EACH
    _photo()
    address = service.url.replace("http", "ws") + "/api/v1/analysis/live"
    with (
        ThreadPoolExecutor(total + JOBS) as threads,
        connect(address, additional_headers=service.people[0], proxy=None) as guided,
    ):
        readings = [threads.submit(service.read, number) for number in range(total)]
        submitted = [threads.submit(service.submit, number) for number in range(JOBS)]
        wait(readings, return_when=FIRST_COMPLETED)
        waiting = sum(not reading.done() for reading in readings)
        process.send_signal(signal.SIGTERM)
        close_code = until_closed(guided)
        answers = [reading.result() for reading in readings]
        tasks = [one.result() for one in submitted]
    return Outcome(waiting, answers, tasks, close_code)


def until_closed(connection: ClientConnection) -> int:
    """The code that the server closes a socket with, 0 where it cuts the connection off."""
    try:
        while True:
            connection.recv(timeout=20)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd is not None else 0


def when_done(service: Service, tasks: list[str]) -> None:
    deadline = time.monotonic() + 60
    while {service.state(number, task_id) for number, task_id in enumerate(tasks)} != {"done"}:
        assert time.monotonic() < deadline, service.log()[-3000:]
        time.sleep(0.1)


def alive(family: list[psutil.Process]) -> list[psutil.Process]:
    return [one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def test_sigterm_loses_and_doubles_nothing_and_leaves_nothing_behind(service: Service) -> None:
    with service.running() as process:
        service.register()
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        outcome = stopped_at_work(service, process)
        assert process.wait(25) in (0, -signal.SIGTERM), service.log()[-3000:]
        assert outcome.waiting >= IN_FLIGHT
        assert {answer.status_code for answer in outcome.answers} == {200}
        assert outcome.close_code in (1001, 1012)
        deadline = time.monotonic() + 3  # the last of the family notices the end of the first a moment later
        while alive(family) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert alive(family) == []
        assert service.port_is_free()
    with service.running():
        when_done(service, outcome.tasks)
    told = {UUID(answer.json()["analysis_id"]).hex for answer in outcome.answers}
    kept = service.kept()
    assert len(told) == len(outcome.answers) == PEOPLE * REQUESTS_EACH
    assert len(kept) == len(set(kept)) == len(told) + JOBS
    assert told <= set(kept)
    assert "Traceback" not in service.log()
