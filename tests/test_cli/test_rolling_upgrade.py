"""A rolling upgrade and a rollback on PostgreSQL under load: every request is answered, and every reading is kept."""

import asyncio
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

import gwansang
from gwansang.db.schema import REVISION
from tests.support.accounts import PASSWORD, accounts_on, signed_up
from tests.support.database import scratch_database
from tests.support.photos import drawn_portrait
from tests.support.serving import ENCRYPTION_KEYS, UPLOAD_CALL, Server, serving
from tests.test_cli.running import gwansang as run_gwansang

EMAIL = "minji@example.com"
REQUESTS_PER_S = 20
_PER_READING = 10  # requests, of which one is for a reading
NEXT_REVISION = "9999"
NEXT_MIGRATION = f'''
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "{NEXT_REVISION}", "{REVISION}", None, None


def upgrade() -> None:
    op.add_column("users", sa.Column("of_the_next_release", sa.String(20)))


def downgrade() -> None:
    op.drop_column("users", "of_the_next_release")
'''


def write_next_release(folder: Path) -> Path:
    """Copy this release into a folder and add a migration, so that it becomes the next one; return its import path."""
    package = folder / "next" / "gwansang"
    shutil.copytree(Path(gwansang.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "db" / "migrations" / "versions" / f"{NEXT_REVISION}_next.py").write_text(NEXT_MIGRATION)
    check = package / "db" / "schema.py"
    old, new = f'REVISION: Final = "{REVISION}"', f'REVISION: Final = "{NEXT_REVISION}"'
    assert old in check.read_text()
    check.write_text(check.read_text().replace(old, new))
    return package.parent


class LoadBalancer:
    """Sends requests to the replicas that take part, in turns, and keeps what every answer says."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, str]] = []  # status, and code of the problem if there is one
        self.readings = 0
        self._photo = drawn_portrait()
        self._replicas: list[str] = []
        self._clients: dict[str, httpx.Client] = {}
        self._unanswered: Counter[str] = Counter()
        self._changed = threading.Condition()

    def add(self, replica: Server) -> None:
        with self._changed:
            self._replicas.append(replica.url)
            self._clients[replica.url] = replica.client()

    def drain(self, replica: Server) -> None:
        """Send nothing more to a replica, and wait until it has answered what it got."""
        with self._changed:
            self._replicas.remove(replica.url)
            assert self._changed.wait_for(lambda: not self._unanswered[replica.url], timeout=60)
            self._clients.pop(replica.url).close()

    def send(self, number: int, bearer: dict[str, str]) -> None:
        """Send a request, now and then for a reading, which is kept; raises if the connection is lost."""
        with self._changed:
            url = self._replicas[number % len(self._replicas)]
            client = self._clients[url]
            self._unanswered[url] += 1
        try:
            self._record(self._ask(client, number, bearer), is_reading=number % _PER_READING == 0)
        finally:
            with self._changed:
                self._unanswered[url] -= 1
                self._changed.notify_all()

    def _ask(self, client: httpx.Client, number: int, bearer: dict[str, str]) -> httpx.Response:
        if number % _PER_READING:
            return client.get("/api/v1/users/me", headers=bearer)
        return client.post(UPLOAD_CALL, files={"file": ("a.jpg", self._photo, "image/jpeg")}, headers=bearer)

    def _record(self, answer: httpx.Response, *, is_reading: bool) -> None:
        with self._changed:
            self.answers.append((answer.status_code, answer.json().get("type", "")))
            self.readings += is_reading and answer.status_code == 200


@contextmanager
def load_on(balancer: LoadBalancer, bearer: dict[str, str]) -> Iterator[None]:
    """Send REQUESTS_PER_S requests a second while the block runs; raise what a request raised."""
    stopped = threading.Event()

    def send_all() -> None:
        with ThreadPoolExecutor(32) as threads:
            sent = []
            while not stopped.wait(1 / REQUESTS_PER_S):
                sent.append(threads.submit(balancer.send, len(sent), bearer))
        for request in sent:
            request.result()

    with ThreadPoolExecutor(1) as runner:
        running = runner.submit(send_all)
        try:
            yield
        finally:
            stopped.set()
        running.result()


class Replicas:
    """Starts and stops replicas on one database, behind a balancer."""

    def __init__(self, folder: Path, balancer: LoadBalancer, settings: dict[str, str]) -> None:
        self._folder = folder
        self._balancer = balancer
        self._settings = settings
        self._running: dict[str, tuple[Server, ExitStack]] = {}

    def __enter__(self) -> "Replicas":
        return self

    def __exit__(self, *_: object) -> None:
        for name in tuple(self._running):
            self.stop(name)

    def start(self, name: str, **release: str) -> Server:
        """Start a replica and send it requests once it is ready."""
        (self._folder / name).mkdir()
        process = ExitStack()
        replica = process.enter_context(serving(self._folder / name, **self._settings, **release))
        self._running[name] = (replica, process)
        self._balancer.add(replica)
        return replica

    def stop(self, name: str) -> None:
        """Drain a replica and end it with SIGTERM."""
        replica, process = self._running.pop(name)
        self._balancer.drain(replica)
        process.close()

    def upgrade_schema(self, **release: str) -> str:
        """Run `gwansang db upgrade`, the first step of every start, and return what it prints."""
        done = run_gwansang("db", "upgrade", folder=self._folder, **self._settings, **release)
        assert done.returncode == 0, done.stderr
        return done.stdout


def sign_up(url: str) -> None:
    """Register a user, who has proven the address, in the database."""

    async def register() -> None:
        async with accounts_on(url) as accounts:
            await signed_up(accounts, EMAIL)

    asyncio.run(register())


def sign_in(server: Server) -> dict[str, str]:
    """Return the header of a user who agrees to a history."""
    with server.client() as client:
        tokens = client.post("/api/v1/auth/login", data={"username": EMAIL, "password": PASSWORD}).json()
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert client.put("/api/v1/consents/history", headers=bearer).status_code == 200
    return bearer


def test_an_upgrade_and_a_rollback_under_load_lose_nothing(tmp_path: Path) -> None:
    next_release = {"PYTHONPATH": str(write_next_release(tmp_path))}
    balancer = LoadBalancer()
    with scratch_database("postgresql") as url:
        settings = {"DATABASE_URL": url, "ENCRYPTION_KEYS": ENCRYPTION_KEYS, "JOBS_CONCURRENCY": "0"}
        with Replicas(tmp_path, balancer, settings) as replicas:
            sign_up(url)
            bearer = sign_in(replicas.start("old"))
            with load_on(balancer, bearer):
                assert replicas.upgrade_schema(**next_release) == f"database: at version {NEXT_REVISION}\n"
                replicas.start("new", **next_release)
                replicas.stop("old")
                last = replicas.start("old again")  # a replica that restarts during the upgrade, or after a rollback
                replicas.stop("new")
                assert NEXT_REVISION in replicas.upgrade_schema()
            with last.client() as client:
                history = client.get("/api/v1/analysis", headers=bearer)
    assert set(balancer.answers) == {(200, "")}
    assert history.json()["total"] == balancer.readings > 3
