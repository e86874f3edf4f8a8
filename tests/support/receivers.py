"""Receivers of webhooks: real HTTP servers, the verification of the documentation, and the executor that sends."""

import json
import ssl
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from gwansang.container import Accounts
from gwansang.core.clock import Clock, utc_now
from gwansang.services.webhooks.delivery_executor import DeliveryExecutor, DeliveryResources, DisabledWebhook
from gwansang.services.webhooks.sender import WebhookSender
from tests.support.photos import REPOSITORY


@dataclass(frozen=True)
class ReceivedMessage:
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content


@dataclass
class Receiver:
    """A server that stores what it receives. statuses: of the next answers, then 204."""

    port: int = 0
    tls: ssl.SSLContext | None = None
    messages: list[ReceivedMessage] = field(default_factory=list)
    statuses: deque[int] = field(default_factory=deque)
    headers: dict[str, str] = field(default_factory=dict)
    answers: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.answers.set()  # a test that clears it lets every sender wait

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/events"

    @contextmanager
    def listening(self) -> Iterator["Receiver"]:
        """Listen, on the port of the last time if there was one."""
        server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
        if self.tls is not None:
            server.socket = self.tls.wrap_socket(server.socket, server_side=True)
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.messages.append(ReceivedMessage(self.path, headers, body))
            receiver.answers.wait(60)
            self.send_response(receiver.statuses.popleft() if receiver.statuses else 204)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    return Handler


@cache
def documented_verification() -> str:
    """Return the code of docs/webhooks.md."""
    return (REPOSITORY / "docs" / "webhooks.md").read_text().partition("```python\n")[2].partition("```")[0]


def verify(secret: str, message: ReceivedMessage, now: float) -> str:
    """Verify a message as the documentation shows, at a time; return its id."""
    names: dict[str, Any] = {}
    exec(documented_verification(), names)  # noqa: S102 - the documentation's own example
    names["time"].time, usual = (lambda: now), names["time"].time
    try:
        verified: str = names["verify"](secret, message.headers, message.body)
    finally:
        names["time"].time = usual
    return verified


def delivery_executor(
    accounts: Accounts,
    clock: Clock = utc_now,
    *,
    sender: WebhookSender | None = None,
    notify: Callable[[DisabledWebhook], Awaitable[None]] | None = None,
    local_targets: bool = True,
) -> DeliveryExecutor:
    """Return an executor of deliveries, to receivers of this machine."""

    async def ignore(_: DisabledWebhook) -> None:
        pass

    return DeliveryExecutor(
        DeliveryResources(
            uow=accounts.uow,
            sealer=accounts.sealer,
            sender=sender or WebhookSender(),
            clock=clock,
            new_id=uuid4,
            local_targets=local_targets,
            notify=notify or ignore,
            observe=lambda outcome, seconds: None,
        )
    )


async def deliver_due(executor: DeliveryExecutor) -> int:
    """Make every attempt that is due now, as a worker does, and return their number."""
    made = 0
    while due := await executor.list_due(50):
        await executor.mark_enqueued(due)
        for attempt_id in due:
            await executor.execute(attempt_id)
        made += len(due)
    return made


def certificate_for(name: str, folder: Path) -> tuple[Path, Path]:
    """Write a certificate for a name that signed itself, and its key; return their files."""
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415 - only here

    from cryptography import x509  # noqa: PLC0415 - only here
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - only here
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - only here
    from cryptography.x509.oid import NameOID  # noqa: PLC0415 - only here

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / f"{name}.pem", folder / f"{name}.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    unencrypted = serialization.NoEncryption()
    format_ = serialization.PrivateFormat.PKCS8
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, format_, unencrypted))
    return files


def ids_of(messages: list[ReceivedMessage]) -> set[UUID]:
    """Return the ids of messages."""
    return {UUID(message.id) for message in messages}
