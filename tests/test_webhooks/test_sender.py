"""Requests to receivers: over TLS, within limits, past no redirect and no proxy."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from errno import EHOSTUNREACH, ENETUNREACH
from pathlib import Path
from typing import NoReturn

import pytest

from gwansang.services.webhooks.sender import Connect, SendError, Streams, WebhookSender, connect_to
from gwansang.services.webhooks.targets import parse_target
from tests.support.receivers import Receiver, certificate_for
from tests.support.serving import free_port

pytestmark = pytest.mark.anyio
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def send(url: str, sender: WebhookSender | None = None, body: bytes = b'{"a":1}') -> int:
    return await (sender or WebhookSender()).post(parse_target(url, local_targets=True), {"webhook-id": "1"}, body)


async def fault_of(url: str, sender: WebhookSender | None = None) -> str:
    """Return why a message was not answered."""
    with pytest.raises(SendError) as raised:
        await send(url, sender)
    return raised.value.fault


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[str]:
    """Run a server that answers in its own way, and yield its URL."""
    answers: list[asyncio.Task[None]] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, EOFError):
            await answer(reader, writer)
        writer.transport.abort()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers.append(asyncio.create_task(handle(reader, writer)))

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        await asyncio.wait_for(asyncio.gather(*answers), 20)
        await asyncio.sleep(0)


async def test_a_message_arrives_with_its_headers_and_body() -> None:
    with Receiver().listening() as receiver:
        assert await send(f"http://localhost:{receiver.port}/a/b?c=%20d") == 204
    (message,) = receiver.messages
    assert (message.path, message.body) == ("/a/b?c=%20d", b'{"a":1}')
    assert message.headers["host"] == f"localhost:{receiver.port}"
    assert message.headers["content-type"] == "application/json"
    assert message.headers["webhook-id"] == "1"
    assert not {"cookie", "authorization", "accept-encoding"} & set(message.headers)


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with Receiver().listening() as inside, Receiver().listening() as receiver:
        receiver.headers["Location"] = inside.url
        receiver.statuses.extend((301, 302, 303, 307, 308))
        assert [await send(receiver.url) for _ in range(5)] == [301, 302, 303, 307, 308]
    assert inside.messages == []


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver().listening() as proxy, Receiver().listening() as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert await send(receiver.url) == 204
    assert proxy.messages == []


async def test_a_receiver_that_does_not_listen_is_unreachable() -> None:
    assert await fault_of(f"http://127.0.0.1:{free_port()}/") == "unreachable"


async def test_a_name_that_does_not_resolve_is_unknown() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise OSError("Name or service not known")

    assert await fault_of("https://hooks.example.com/", WebhookSender(resolve=resolve)) == "name_unknown"


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(-1)


async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send a byte of a header every 10 ms, so that no single read takes long."""
    writer.write(b"HTTP/1.1 200 OK\r\nX: ")
    while not writer.is_closing():
        writer.write(b"x")
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("answer", [silent, dripping])
async def test_the_whole_of_a_request_is_limited_in_time(answer: Answer) -> None:
    async with answering(answer) as url:
        assert await fault_of(url, WebhookSender(timeout_s=0.2)) == "timeout"


async def endless_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"x" * 100_000)
    await writer.drain()


async def endless_information(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        writer.write(b"HTTP/1.1 102 Processing\r\n\r\n" * 100)
        await writer.drain()


async def another_protocol(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"-ERR unknown command 'POST'\r\n")
    await writer.drain()
    writer.close()


async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


@pytest.mark.parametrize("answer", [endless_head, endless_information, another_protocol, nothing])
async def test_an_answer_that_is_none_is_refused(answer: Answer) -> None:
    async with answering(answer) as url:
        assert await fault_of(url) in ("answer_invalid", "unreachable")


async def test_an_endless_body_is_not_read_to_its_end() -> None:
    sent = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x" * 65536)
            sent += 65536
            await writer.drain()

    async with answering(endless) as url:
        assert await send(url) == 200
    assert sent < 20_000_000  # the buffers of two sockets


async def test_the_certificate_has_to_be_that_of_the_name(tmp_path: Path) -> None:
    """A public name, whose checked address the connection goes to; here it is led to a server of this test."""
    certificate, key = certificate_for("hooks.example.com", tmp_path)
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_tls.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=str(certificate))
    with Receiver(tls=server_tls).listening() as receiver:

        async def resolve(host: str, port: int) -> Sequence[str]:
            return ["93.184.216.34"]

        async def connect(address: str, port: int, tls: ssl.SSLContext | None, name: str | None) -> Streams:
            assert address == "93.184.216.34"
            return await connect_to("127.0.0.1", receiver.port, tls, name)

        trusted = WebhookSender(resolve=resolve, connect=connect, tls=trusting)
        assert await send("https://hooks.example.com/x", trusted) == 204
        assert await fault_of("https://other.example.com/x", trusted) == "tls_failed"
        strict = WebhookSender(resolve=resolve, connect=connect)
        assert await fault_of("https://hooks.example.com/x", strict) == "tls_failed"
    assert [message.headers["host"] for message in receiver.messages] == ["hooks.example.com"]


async def test_of_several_addresses_the_next_one_is_tried() -> None:
    tried: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.2", "127.0.0.3", "127.0.0.1"]

    async def connect(address: str, port: int, tls: ssl.SSLContext | None, name: str | None) -> Streams:
        tried.append(address)
        if address != "127.0.0.1":
            raise ConnectionRefusedError
        return await connect_to(address, port, tls, name)

    with Receiver().listening() as receiver:
        assert await send(receiver.url, WebhookSender(resolve=resolve, connect=connect)) == 204
    assert tried == ["127.0.0.2", "127.0.0.3", "127.0.0.1"]


def connecting(refused: str, error: OSError | None, tried: list[str]) -> Connect:
    """Return what connects to every address but one: for that it raises the error, or waits without an end for None."""

    async def connect(address: str, port: int, tls: ssl.SSLContext | None, name: str | None) -> Streams:
        tried.append(address)
        if address == refused and error is not None:
            raise error
        if address == refused:
            await asyncio.sleep(3600)
        return await connect_to(address, port, tls, name)

    return connect


@pytest.mark.parametrize(
    "outcome", [OSError(ENETUNREACH, "Network is unreachable"), OSError(EHOSTUNREACH, "No route to host"), None]
)
async def test_an_address_without_a_route_or_an_answer_leaves_time_for_the_next_one(outcome: OSError | None) -> None:
    tried: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["::1", "127.0.0.1"]

    connect = connecting("::1", outcome, tried)
    with Receiver().listening() as receiver:
        assert await send(receiver.url, WebhookSender(resolve=resolve, connect=connect, timeout_s=3)) == 204
    assert tried == ["::1", "127.0.0.1"]


async def test_a_refused_certificate_is_not_asked_for_at_another_address() -> None:
    tried: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.2", "127.0.0.1"]

    connect = connecting("127.0.0.2", ssl.SSLError("bad certificate"), tried)
    assert await fault_of("http://localhost:1/", WebhookSender(resolve=resolve, connect=connect)) == "tls_failed"
    assert tried == ["127.0.0.2"]


async def test_a_status_counts_even_if_the_rest_of_the_answer_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gwansang.services.webhooks.sender._FAREWELL_S", 2.0)

    async def lingering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        await reader.read(-1)

    async with answering(lingering) as url:
        assert await send(url, WebhookSender(timeout_s=2)) == 200


async def test_lookups_without_an_end_take_no_thread_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    released, ended = threading.Event(), list[str]()

    def look_up(host: str, *_: object, **__: object) -> NoReturn:
        released.wait(30)
        ended.append(host)
        raise OSError("no answer")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    sender = WebhookSender(timeout_s=0.2)
    try:
        sent = [fault_of(f"https://hooks{number}.example.com/", sender) for number in range(40)]
        assert set(await asyncio.gather(*sent)) == {"timeout"}
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "a thread"), 10) == "a thread"
        sender.close()
        assert ended == []  # none of them was waited for
    finally:
        released.set()


async def test_a_message_costs_the_event_loop_little() -> None:
    with Receiver().listening() as receiver:
        sender = WebhookSender()
        await send(receiver.url, sender)
        began = time.thread_time()
        for _ in range(20):
            await send(receiver.url, sender)
        assert time.thread_time() - began < 20 * 0.02
