"""Graceful shutdown under load: requests are answered, tasks run once, and no process is left."""

import base64
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.support.database import prove_addresses
from tests.support.photos import drawn_portrait
from tests.support.serving import LIMITS, UPLOAD_CALL, free_port
from tests.test_cli.running import PROGRAM, environment

PEOPLE = 6
REQUESTS_EACH = 6
IN_FLIGHT = 20  # at least, of 36, once all connections are accepted
GRACE_S = "60"  # a busy machine takes longer than the default to read what is in flight
JOBS = 5
PASSWORD = "correct horse battery"
_START_S = 60.0


def _photo() -> bytes:
    """Return a large photo, so that reading many takes a while; it is drawn once."""
    return drawn_portrait(width=1200, height=1600, face_width=600.0)


class Service:
    """`gwansang serve` in a folder of its own; it can be started again."""

    def __init__(self, folder: Path, port: int, workers: int) -> None:
        self._folder = folder
        self._port = port
        self._workers = workers
        self.url = f"http://127.0.0.1:{port}"
        self.people: list[dict[str, str]] = []

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """Start the process and yield it when it is ready; kill it in the end if it still runs."""
        command = [PROGRAM, "serve", "--port", str(self._port), "--workers", str(self._workers), "--grace", GRACE_S]
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(command, cwd=self._folder, env=self._environment(), stdout=log, stderr=log)
        try:
            self._wait_until_ready(process)
            yield process
        finally:
            children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
            for child in children:
                child.kill()
            process.kill()
            process.wait()

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60, trust_env=False)

    def register(self) -> None:
        """Register people who consent to a history."""
        with self.client() as client:
            for number in range(PEOPLE):
                account = {"email": f"p{number}@example.com", "username": f"person {number}", "password": PASSWORD}
                assert client.post("/api/v1/users/", json=account).status_code == 201
                form = {"username": account["email"], "password": PASSWORD}
                tokens = client.post("/api/v1/auth/login", data=form).json()
                bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
                prove_addresses(f"sqlite:///{self._folder / 'own.sqlite3'}")
                assert client.put("/api/v1/consents/history", headers=bearer).status_code == 200
                self.people.append(bearer)

    def read(self, client: httpx.Client, number: int) -> httpx.Response:
        """Request a reading for one of the people."""
        files = {"file": ("a.jpg", _photo(), "image/jpeg")}
        return client.post(UPLOAD_CALL, files=files, headers=self.people[number % PEOPLE])

    def submit(self, client: httpx.Client, number: int) -> str:
        """Submit a reading as a task and return its id."""
        photo = base64.b64encode(drawn_portrait()).decode()
        bearer = self.people[number % PEOPLE]
        answer = client.post("/api/v1/analysis/face/async", json={"image": photo}, headers=bearer)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["task_id"])

    def state(self, number: int, task_id: str) -> str:
        with self.client() as client:
            answer = client.get(f"/api/v1/analysis/tasks/{task_id}", headers=self.people[number % PEOPLE])
            return str(answer.json()["status"])

    def stored_readings(self) -> list[str]:
        """Return the ids of all stored readings."""
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
        raise AssertionError("the service did not become ready:\n" + self.log()[-3000:])


@pytest.fixture(params=[1, 2], ids=["one process", "two processes"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Service:
    return Service(tmp_path, free_port(), request.param)


@dataclass(frozen=True)
class Outcome:
    """Results of the requests made before SIGTERM; `waiting` of the readings had no answer when it was sent."""

    waiting: int
    answers: list[httpx.Response]
    tasks: list[str]
    close_code: int


def stop_under_load(service: Service, process: subprocess.Popen[bytes]) -> Outcome:
    """Request readings, tasks and a socket, and send SIGTERM when the service has accepted all their connections."""
    total = PEOPLE * REQUESTS_EACH
    _photo()
    address = service.url.replace("http", "ws") + "/api/v1/analysis/live"
    with (
        service.client() as client,  # one for all threads: to make one takes longer than to read a photo
        ThreadPoolExecutor(total + JOBS) as threads,
        connect(address, additional_headers=service.people[0], proxy=None) as socket_connection,
    ):
        readings = [threads.submit(service.read, client, number) for number in range(total)]
        submitted = [threads.submit(service.submit, client, number) for number in range(JOBS)]
        wait_until_accepted(process, [*readings, *submitted])
        waiting = sum(not reading.done() for reading in readings)
        process.send_signal(signal.SIGTERM)
        close_code = wait_for_close(socket_connection)
        answers = [reading.result() for reading in readings]
        tasks = [task.result() for task in submitted]
    return Outcome(waiting, answers, tasks, close_code)


def wait_until_accepted(process: subprocess.Popen[bytes], requests: Sequence[Future[Any]]) -> None:
    """Wait until the processes of the service hold a connection for every request that is not answered.

    One that the kernel has opened and no process has accepted is reset when the service closes its port.
    """
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    deadline = time.monotonic() + 60
    while True:
        open_now = sum(not request.done() for request in requests)
        accepted = [one for member in family for one in member.net_connections("tcp") if one.raddr]
        if len(accepted) > open_now:  # and that of the socket
            return
        assert time.monotonic() < deadline, "the service does not accept its connections"
        time.sleep(0.005)


def wait_for_close(connection: ClientConnection) -> int:
    """Return the code that the server closes a socket with, 0 if the connection is cut."""
    try:
        while True:
            connection.recv(timeout=60)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd is not None else 0


def wait_for_tasks(service: Service, tasks: list[str]) -> None:
    deadline = time.monotonic() + 60
    while {service.state(number, task_id) for number, task_id in enumerate(tasks)} != {"done"}:
        assert time.monotonic() < deadline, service.log()[-3000:]
        time.sleep(0.1)


def running_of(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def test_sigterm_loses_and_repeats_no_request_and_leaves_no_process(service: Service) -> None:
    with service.running() as process:
        service.register()
        processes = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        outcome = stop_under_load(service, process)
        assert process.wait(120) in (0, -signal.SIGTERM), service.log()[-3000:]
        assert outcome.waiting >= IN_FLIGHT
        assert {answer.status_code for answer in outcome.answers} == {200}
        assert outcome.close_code in (1001, 1012)
        psutil.wait_procs(processes, timeout=30)  # children notice the end of their parent a moment later
        assert running_of(processes) == []
        assert service.port_is_free()
    with service.running():
        wait_for_tasks(service, outcome.tasks)
    answered = {UUID(answer.json()["analysis_id"]).hex for answer in outcome.answers}
    stored = service.stored_readings()
    assert len(answered) == len(outcome.answers) == PEOPLE * REQUESTS_EACH
    assert len(stored) == len(set(stored)) == len(answered) + JOBS
    assert answered <= set(stored)
    assert "Traceback" not in service.log()
