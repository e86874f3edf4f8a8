"""Heads of requests and connections without one have bounds, and leave room for others."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from tests.support.serving import JSON_CALL, Server, serving
from tests.test_api.test_transport import poll_until, status_of

HEAD = b"GET /health HTTP/1.1\r\nHost: x\r\n"
UPGRADE = (
    b"GET /api/v1/analysis/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
CHUNKED = f"POST {JSON_CALL} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n".encode()
LINES = b"a:\r\n" * 250_000
LONG = b"a: " + b"x" * 1_000_000
MANY = b"a: b\r\n" * 101 + b"\r\n"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits a second for a head and takes 20 connections from one address."""
    folder = tmp_path_factory.mktemp("strict")
    with serving(folder, HEADER_TIMEOUT_S="1", CONNECTIONS_PER_ADDRESS="20") as running:
        yield running


@contextmanager
def connections(server: Server, number: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        address = ("127.0.0.1", server.port)
        yield [stack.enter_context(socket.create_connection(address, timeout=10)) for _ in range(number)]


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(65536) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("head", [HEAD, UPGRADE], ids=["request", "websocket"])
@pytest.mark.parametrize("rest", [LINES, LONG, MANY], ids=["lines", "one long line", "101 lines"])
def test_a_head_without_end_is_refused_with_a_431(head: bytes, rest: bytes, server: Server) -> None:
    answer = server.raw(head + rest)
    assert status_of(answer) == 431
    assert b"connection: close" in answer
    assert b'"code": "HEADERS_TOO_LARGE"' in answer


def test_a_head_of_an_ordinary_size_is_taken(server: Server) -> None:
    assert status_of(server.raw(HEAD + b"a: b\r\n" * 80 + b"Cookie: " + b"x" * 50_000 + b"\r\n\r\n")) == 200


@pytest.mark.parametrize("piece", [LINES, LONG[3:]], ids=["lines", "one long line"])
def test_sixteen_megabytes_of_head_cost_next_to_no_memory(piece: bytes, server: Server) -> None:
    server.raw(HEAD + LINES)
    with server.costs_at_most(cpu_s=1.0, memory_mb=20):
        server.raw(HEAD + b"a: ", *[piece] * 16)


def test_trailers_of_a_body_in_chunks_are_part_of_the_head(server: Server) -> None:
    with server.costs_at_most(cpu_s=1.0, memory_mb=20):
        server.raw(CHUNKED, b"a: ", *[b"x" * 1_000_000] * 16)
        server.raw(CHUNKED, *[LINES] * 16)


@pytest.mark.parametrize("begun", [b"", HEAD, UPGRADE, b"\r\n"], ids=["nothing", "head", "websocket", "empty line"])
def test_a_head_that_does_not_arrive_in_time_ends_the_connection(begun: bytes, strict: Server) -> None:
    with connections(strict, 1) as (connection,):
        connection.sendall(begun)
        answer = connection.recv(65536)
        assert status_of(answer) == (408 if begun.strip() else 0)
        assert not answer or is_closed(connection)


def test_a_head_that_drips_after_an_answer_ends_the_connection_too(strict: Server) -> None:
    with connections(strict, 1) as (connection,):
        connection.sendall(HEAD + b"\r\n")
        received = b""
        while b"healthy" not in received:
            received += connection.recv(65536)
        for byte in HEAD[:15]:
            connection.sendall(bytes([byte]))
            time.sleep(0.1)
        assert status_of(connection.recv(65536)) == 408


def test_idle_connections_of_an_address_give_way_to_its_new_ones(strict: Server) -> None:
    before_files = strict.process.num_fds()
    with connections(strict, 300) as idle, strict.client() as client:
        for connection in idle[::2]:
            connection.sendall(HEAD)
        for path in ("/health/live", "/health/ready", "/api/v1/analysis/knowledge"):
            assert client.get(path).status_code in (200, 404)
        assert strict.process.num_fds() - before_files < 40
        assert is_closed(idle[1])
    poll_until(lambda: strict.process.num_fds() <= before_files + 1)


def test_beyond_the_cap_of_busy_connections_only_the_live_check_is_answered(strict: Server) -> None:
    head = f"POST {JSON_CALL} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    body = (head + "Content-Length: 9\r\n\r\n").encode()
    with connections(strict, 20) as busy:
        for connection in busy:
            connection.sendall(body)
        time.sleep(0.3)
        assert httpx.get(strict.url + "/health/ready", trust_env=False).status_code == 503
        answer = httpx.get(strict.url + "/health/live", trust_env=False)
        assert (answer.status_code, answer.json()) == (200, {"status": "healthy"})


def test_connections_of_a_proxy_are_not_capped(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("proxied")
    with serving(folder, TRUSTED_PROXIES="1", CONNECTIONS_PER_ADDRESS="10") as server, connections(server, 50) as open_:
        for connection in open_:
            connection.sendall(HEAD + b"\r\n")
        assert {status_of(connection.recv(65536)) for connection in open_} == {200}
