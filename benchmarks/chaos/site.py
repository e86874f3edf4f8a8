"""Everything that runs: the database, Redis, the file store, the mail server, two replicas and three workers."""

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from tests.support.photos import REPOSITORY, model_dir
from tests.support.s3_server import S3Server, s3_server
from tests.support.serving import ENCRYPTION_KEYS, LIMITS

from benchmarks.chaos.disk import SmallDisk
from benchmarks.chaos.ground import Ground
from benchmarks.chaos.link import Address, Link
from benchmarks.chaos.mailbox import Mailbox
from benchmarks.chaos.postgres import PostgresServer
from benchmarks.chaos.programs import Program, free_port

REPLICAS, WORKERS = 2, 3
_READY_S = 300.0


@dataclass
class Site:
    """The running programs, and the links between them by name: database, redis, files, mail, client0, client1.

    folder: the working folder of the programs, on the small disk; logs: their logs, on another one.
    """

    ground: Ground
    disk: SmallDisk
    logs: Path
    database_url: str
    mailbox: Mailbox
    redis: Program
    s3: S3Server | None = None
    database: PostgresServer | None = None
    links: dict[str, Link] = field(default_factory=dict)
    replicas: list[Program] = field(default_factory=list)
    workers: list[Program] = field(default_factory=list)
    addresses: list[Address] = field(default_factory=list)

    @property
    def programs(self) -> list[Program]:
        return [*self.replicas, *self.workers]

    async def replica_ready(self, number: int) -> None:
        """Start a replica, again if it gives up, and wait until it is ready."""
        await self._start_until(self.replicas[number], lambda: self._answers(number))

    async def worker_ready(self, worker: Program) -> None:
        """Start a worker, again if it gives up, and wait until it is ready."""
        seen = worker.log.read_text(errors="replace").count("is ready") if worker.log.exists() else 0

        async def is_ready() -> bool:
            return worker.log.read_text(errors="replace").count("is ready") > seen

        if not worker.running:
            await self._start_until(worker, is_ready)

    async def heal(self) -> None:
        """End all weather: links, disk, clocks and programs are as at the start."""
        for link in self.links.values():
            link.restore()
        self.disk.free()
        self.mailbox.mood = "takes"
        for program in (self.redis, *self.programs):
            program.resume()
        if self.database is not None:
            self.database.program.resume()
            await self.database.start()
            await self.database.set_read_only(read_only=False)
        self.redis.start()
        for program in self.programs:
            program.set_clock(0)
        for worker in self.workers:
            await self.worker_ready(worker)
        for number in range(REPLICAS):
            await self.replica_ready(number)

    def keep_logs(self) -> None:
        """Copy the logs to where they stay, and tell where."""
        kept = Path(tempfile.mkdtemp(prefix="gwansang-chaos-logs-"))
        shutil.copytree(self.logs, kept, dirs_exist_ok=True)
        print(f"logs: {kept}")

    async def _start_until(self, program: Program, ready: Callable[[], Awaitable[bool]]) -> None:
        deadline = time.monotonic() + _READY_S
        while time.monotonic() < deadline:
            program.start()
            if await ready():
                return
            await asyncio.sleep(0.3)
        raise RuntimeError(f"{program.name} did not get ready; see {program.log}")

    async def _answers(self, number: int) -> bool:
        host, port = self.addresses[number]
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
                return (await client.get(f"http://{host}:{port}/health/ready")).status_code == 200
        except httpx.TransportError:
            return False


@asynccontextmanager
async def open_site(backend: str, ground: Ground) -> AsyncIterator[Site]:
    """Start everything, and end it with the block."""
    async with AsyncExitStack() as stack:
        site, linked = await _open_stores(stack, backend, ground)
        environment = _environment(site, linked)
        await _migrate(environment, site.disk.folder)
        for number in range(REPLICAS):
            await _add_replica(site, number, environment)
        for number in range(WORKERS):
            site.workers.append(_program(site, f"worker{number}", environment, "worker", "--concurrency", "2"))
        await asyncio.gather(*map(site.worker_ready, site.workers), *map(site.replica_ready, range(REPLICAS)))
        yield site
        for link in site.links.values():
            await link.close()


async def _open_stores(stack: AsyncExitStack, backend: str, ground: Ground) -> tuple[Site, dict[str, Address]]:
    """Start what the service stores things in; return the addresses of the links to it, too."""
    folder = _make_folder()
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    logs, disk = folder / "logs", SmallDisk(folder / "disk")
    disk.mount()
    stack.callback(disk.unmount)
    ports = {"redis": free_port()}
    command = ["redis-server", "--port", str(ports["redis"]), "--save", "", "--dir", str(logs)]
    url = f"sqlite:///{disk.folder / 'gwansang.sqlite3'}"
    site = Site(ground, disk, logs, url, Mailbox(), Program("redis", command, {}, folder, logs))
    stack.callback(_stop_all, site)
    site.redis.start()
    ports["mail"] = site.mailbox.open()
    stack.callback(site.mailbox.close)
    if backend == "postgresql":
        site.database = PostgresServer(disk.folder, logs)
        await site.database.create()
        site.database_url = site.database.url
        site.s3 = await asyncio.to_thread(stack.enter_context, s3_server())
        ports |= {"database": site.database.port, "files": int(site.s3.endpoint.rpartition(":")[2])}
    return site, {name: await _link(site, name, ("127.0.0.1", port)) for name, port in ports.items()}


def _make_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="gwansang-chaos-"))
    folder.chmod(0o755)  # the database server is another user
    (folder / "logs").mkdir()
    return folder


async def _add_replica(site: Site, number: int, environment: dict[str, str]) -> None:
    host = site.ground.host("service")
    port = free_port()
    environment = {**environment, "JOBS_CONCURRENCY": "0"}
    site.addresses.append((host, port))
    site.replicas.append(_program(site, f"replica{number}", environment, "serve", "--host", host, "--port", str(port)))
    await _link(site, f"client{number}", (host, port))


def _program(site: Site, name: str, environment: Mapping[str, str], *arguments: str) -> Program:
    program = Program(name, (), environment, site.disk.folder, site.logs)
    start = (sys.executable, "-m", "benchmarks.chaos.moved_clock", str(program.clock))
    program.command = site.ground.command("service", *start, *arguments)
    program.set_clock(0)
    return program


async def _link(site: Site, name: str, target: Address) -> Address:
    link = site.links[name] = Link(target)
    return await link.open(site.ground.host("stores"))


def _environment(site: Site, linked: dict[str, Address]) -> dict[str, str]:
    places = {name: f"{host}:{port}" for name, (host, port) in linked.items()}
    settings = {
        "DATABASE_URL": site.database_url,
        "REDIS_URL": f"redis://{places['redis']}/0",
        "SMTP_HOST": linked["mail"][0],
        "SMTP_PORT": str(linked["mail"][1]),
        "SMTP_SECURITY": "none",
        "MAIL_FROM": "chaos@example.com",
        "MODEL_PATH": str(model_dir()),
        "ENCRYPTION_KEYS": ENCRYPTION_KEYS,
        "STORAGE_FOLDER": str(site.disk.folder / "storage"),
        "WORKER_FOLDER": str(site.logs / "workers"),
        "INFERENCE_WORKERS": "1",
        "PASSWORD_BCRYPT_ROUNDS": "4",
        "PYTHONPATH": str(REPOSITORY),
        "LOG_FORMAT": "json",
        "ALLOW_GUESTS": "true",
        **{name.upper(): "1000000" for name in LIMITS},
    }
    if site.database is not None and site.s3 is not None:
        settings["DATABASE_URL"] = site.database_url.replace(f"127.0.0.1:{site.database.port}", places["database"])
        s3 = S3Server(f"http://{places['files']}", site.s3.access_key_id, site.s3.secret_access_key)
        settings |= {name.upper(): value for name, value in s3.settings().items()}
    return settings


async def _migrate(environment: dict[str, str], folder: Path) -> None:
    command = (str(Path(sys.executable).with_name("gwansang")), "db", "upgrade")
    process = await asyncio.create_subprocess_exec(*command, cwd=folder, env={**os.environ, **environment})
    if await process.wait():
        raise RuntimeError("the database was not migrated")


def _stop_all(site: Site) -> None:
    for program in (*site.programs, site.redis):
        program.kill()
    if site.database is not None:
        site.database.program.kill()
