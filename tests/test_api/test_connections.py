"""Heads of requests and connections without one have bounds, and leave room for others."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection

from tests.support.serving import JSON_CALL, Server, serving
from tests.support.sockets import connect_socket
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
LARGE_ANSWER = b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
PING = bytes([0x89, 0x80, 0, 0, 0, 0])


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits a second for a head or for a reader, and takes 20 connections from one address."""
    folder = tmp_path_factory.mktemp("strict")
    limits = {"HEADER_TIMEOUT_S": "1", "SEND_TIMEOUT_S": "3", "CONNECTIONS_PER_ADDRESS": "20"}
    with serving(folder, **limits, SOCKETS_PER_ADDRESS="100", ALLOW_GUESTS="true") as running:
        yield running


@contextmanager
def connections(server: Server, number: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        yield [stack.enter_context(connect_to(server)) for _ in range(number)]


def connect_to(server: Server, receive_bytes: int | None = None, source: str = "127.0.0.1") -> socket.socket:
    connection = socket.socket()
    connection.settimeout(10)
    if receive_bytes is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    connection.bind((source, 0))
    connection.connect(("127.0.0.1", server.port))
    return connection


@contextmanager
def unread_answers(server: Server, number: int, requests: int) -> Iterator[list[socket.socket]]:
    """Open connections that ask for answers of 300 kB and read none; a dozen of them overflows the system's buffers."""
    with ExitStack() as stack:
        opened = []
        for _ in range(number):
            connection = stack.enter_context(connect_to(server, 4096))
            with suppress(ConnectionError):
                connection.sendall(LARGE_ANSWER * requests)
            opened.append(connection)
        yield opened


def refused(server: Server, code: str) -> float:
    with server.client() as client:
        families = text_string_to_metric_families(client.get("/metrics").text)
    samples = (sample for family in families for sample in family.samples)
    name = "gwansang_connections_refused_total"
    return sum(sample.value for sample in samples if sample.name == name and sample.labels["code"] == code)


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
    assert answer.count(b"HTTP/1.1") == 1
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
    before_open = strict.open_connections()
    with connections(strict, 300) as idle, strict.client() as client:
        for connection in idle[::2]:
            connection.sendall(HEAD)
        for path in ("/health/live", "/health/ready", "/api/v1/privacy/notice"):
            assert client.get(path).status_code == 200
        assert strict.open_connections() - before_open < 40
        assert is_closed(idle[1])
    poll_until(lambda: strict.open_connections() <= before_open + 1)


def test_beyond_the_cap_of_busy_connections_only_the_live_check_is_answered(strict: Server) -> None:
    head = f"POST {JSON_CALL} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    body = (head + "Content-Length: 9\r\n\r\n").encode()
    with connections(strict, 20) as busy:
        for connection in busy:
            connection.sendall(body)
        time.sleep(0.3)
        refusal = httpx.get(strict.url + "/health/ready", trust_env=False)
        assert (refusal.status_code, refusal.headers["content-type"]) == (503, "application/problem+json")
        assert int(refusal.headers["retry-after"]) > 0
        assert refusal.json()["error"]["code"] == "TOO_MANY_CONNECTIONS"
        answer = httpx.get(strict.url + "/health/live", trust_env=False)
        assert (answer.status_code, answer.json()) == (200, {"status": "healthy"})


def test_connections_of_a_proxy_are_not_capped(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("proxied")
    with serving(folder, TRUSTED_PROXIES="1", CONNECTIONS_PER_ADDRESS="10") as server, connections(server, 50) as open_:
        for connection in open_:
            connection.sendall(HEAD + b"\r\n")
        assert {status_of(connection.recv(65536)) for connection in open_} == {200}


@pytest.mark.parametrize("requests", [1, 16], ids=["one answer", "more than the system buffers"])
def test_connections_whose_answers_nobody_reads_give_way_to_new_ones(requests: int, strict: Server) -> None:
    before_open = strict.open_connections()
    with unread_answers(strict, 60, requests), strict.client() as client:
        poll_until(lambda: client.get("/health/ready").status_code == 200)
        poll_until(lambda: strict.open_connections() <= before_open + 21)
    poll_until(lambda: strict.open_connections() <= before_open + 1)


def test_a_connection_whose_client_takes_no_answer_is_aborted_although_it_stays_open(strict: Server) -> None:
    before, before_open = refused(strict, "ANSWERS_NOT_TAKEN"), strict.open_connections()
    with unread_answers(strict, 15, 16):
        poll_until(lambda: refused(strict, "ANSWERS_NOT_TAKEN") == before + 15)
        poll_until(lambda: strict.open_connections() <= before_open + 2)


def test_a_client_that_reads_slowly_gets_its_whole_answer(strict: Server) -> None:
    with connect_to(strict, 4096) as connection:
        connection.sendall(LARGE_ANSWER * 15 + LARGE_ANSWER.replace(b"Host", b"Connection: close\r\nHost"))
        received = [b"begin"]
        while received[-1]:
            received.append(connection.recv(65536))
    assert b"".join(received).count(b"HTTP/1.1 200") == 16


def test_unread_answers_of_one_address_are_bounded_in_bytes(server: Server) -> None:
    server.raw(LARGE_ANSWER)
    with server.costs_at_most(cpu_s=20, memory_mb=50), unread_answers(server, 150, 16), server.client() as client:
        assert client.get("/health/ready").status_code == 200


def test_requests_that_are_sent_before_their_answers_are_bounded(server: Server) -> None:
    before = refused(server, "TOO_MANY_PIPELINED")
    with server.costs_at_most(cpu_s=5, memory_mb=20):
        for _ in range(20):
            server.raw((HEAD + b"\r\n") * 6000)
    assert refused(server, "TOO_MANY_PIPELINED") == before + 20


def test_a_few_requests_that_are_sent_before_their_answers_are_all_answered(server: Server) -> None:
    assert server.raw((HEAD + b"\r\n") * 16).count(b"HTTP/1.1 200") == 16


def test_a_request_that_is_sent_ahead_meets_the_cap_too(strict: Server) -> None:
    head = f"POST {JSON_CALL} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with connections(strict, 20) as busy:
        for connection in busy:
            connection.sendall((head + "Content-Length: 9\r\n\r\n").encode())
        time.sleep(0.3)
        answer = strict.raw(
            (HEAD + b"\r\n") * 2 + HEAD.replace(b"/health", b"/health/ready") + b"\r\n" + HEAD + b"\r\n"
        )
        assert (answer.count(b"HTTP/1.1 200"), answer.count(b"HTTP/1.1 503")) == (2, 1)


def test_web_sockets_count_among_the_connections_of_their_address(strict: Server) -> None:
    with ExitStack() as stack:
        cameras: list[ClientConnection] = []
        for _ in range(20):
            cameras.append(stack.enter_context(connect_socket(strict)))
            for camera in cameras:  # on a busy machine the first would be closed as idle before the last is open
                camera.send('{"type": "start"}')
        answer = strict.raw(HEAD + b"\r\n", HEAD.replace(b"/health", b"/health/ready") + b"\r\n")
        assert (answer.count(b"HTTP/1.1 200"), answer.count(b"HTTP/1.1 503")) == (1, 1)
        with pytest.raises(InvalidStatus):
            connect_socket(strict)


def test_a_flood_of_pings_whose_answers_nobody_reads_ends_its_web_socket(server: Server) -> None:
    with server.costs_at_most(cpu_s=5, memory_mb=20), connections(server, 5) as flooding:
        for connection in flooding:
            connection.sendall(UPGRADE + b"\r\n")
            connection.recv(65536)
            with pytest.raises(ConnectionError):
                connection.sendall(PING * 1_000_000)


def test_a_web_socket_whose_client_takes_no_messages_is_aborted_although_it_stays_open(strict: Server) -> None:
    no_image = bytes([0x82, 0x84, 0, 0, 0, 0]) + b"none"  # is answered with an error of 600 bytes
    before, before_open = refused(strict, "ANSWERS_NOT_TAKEN"), strict.open_connections()
    with connect_to(strict, 4096) as camera:
        camera.sendall(UPGRADE + b"\r\n")
        deadline = time.monotonic() + 60
        while refused(strict, "ANSWERS_NOT_TAKEN") == before:
            assert time.monotonic() < deadline
            for _ in range(100):  # a frame is skipped if the one before it is not answered yet
                with suppress(ConnectionError):
                    camera.sendall(no_image)
                time.sleep(0.01)
        poll_until(lambda: strict.open_connections() <= before_open + 1)


def test_refusals_are_counted_and_logged_but_not_each_of_them(strict: Server) -> None:
    before = refused(strict, "INVALID_HTTP")
    for _ in range(30):
        answer = strict.raw(b"no http at all\r\n\r\n")
        assert (status_of(answer), b"application/problem+json" in answer) == (400, True)
    assert refused(strict, "INVALID_HTTP") == before + 30
    logged = [event for event in strict.events() if event.get("code") == "INVALID_HTTP"]
    assert [event["event"] for event in logged][:1] == ["connection.refused"]
    assert len(logged) < 10
