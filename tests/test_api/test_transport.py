"""Raw requests: lengths, chunks, encodings, slow bodies, smuggling (section B)."""

import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.support.photos import drawn_portrait
from tests.support.serving import JSON_CALL, UPLOAD_CALL, Server, serving

JSON_LIMIT = 14 * 1024 * 1024
HEAD = f"POST {JSON_CALL} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n".encode()


def status_of(received: bytes) -> int:
    return int(received.split(b" ", 2)[1]) if received.startswith(b"HTTP/1.1 ") else 0


def test_a_body_announced_too_long_is_refused_before_it_is_sent(server: Server) -> None:
    received = server.raw(HEAD + f"Content-Length: {JSON_LIMIT + 1}\r\n\r\n".encode())
    assert status_of(received) == 413
    assert b'"code":"BODY_TOO_LARGE"' in received
    assert b"connection: close" in received.lower()


@pytest.mark.parametrize("path", [JSON_CALL, UPLOAD_CALL, "/health", "/nowhere", f"{JSON_CALL}/"])
def test_two_hundred_megabytes_are_refused_everywhere(path: str, client: httpx.Client, server: Server) -> None:
    before_mb = server.memory_mb()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 200000000\r\n\r\n"
    assert status_of(server.raw(head.encode(), b"x" * 1_000_000)) == 413
    assert server.memory_mb() - before_mb < 30


def test_a_body_in_chunks_is_counted_and_cut_at_the_limit(server: Server) -> None:
    chunk = b"%x\r\n" % 1_000_000 + b"x" * 1_000_000 + b"\r\n"
    before_mb = server.memory_mb()
    received = server.raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 60)
    assert status_of(received) == 413
    assert b"connection: close" in received.lower()
    assert server.memory_mb() - before_mb < 60


@pytest.mark.parametrize("how", ["with its length", "in chunks"])
def test_a_client_that_sends_too_much_can_read_the_refusal(how: str, server: Server) -> None:
    size = JSON_LIMIT + 6_000_000
    length = f"Content-Length: {size}" if how == "with its length" else "Transfer-Encoding: chunked"
    framing = (b"", b"") if how == "with its length" else (b"%x\r\n" % size, b"\r\n0\r\n\r\n")
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(HEAD + length.encode() + b"\r\n\r\n" + framing[0] + b"x" * size + framing[1])
        assert status_of(connection.recv(65536)) == 413


def test_expect_100_continue_for_too_much_gets_a_413_instead(server: Server) -> None:
    received = server.raw(HEAD + b"Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n")
    assert status_of(received) == 413
    assert b"100 Continue" not in received


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, gzip", "identity, gzip", "x" * 500])
def test_an_encoded_body_is_refused_without_reading_it(encoding: str, client: httpx.Client) -> None:
    answer = client.post(JSON_CALL, content=b"\x1f\x8b" * 100, headers={"Content-Encoding": encoding})
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "CONTENT_ENCODING_NOT_ACCEPTED")


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits a second for a body: a busy machine may take longer to send one."""
    with serving(tmp_path_factory.mktemp("impatient"), BODY_TIMEOUT_S="1") as running:
        yield running


def test_a_body_that_stops_arriving_gets_a_408(impatient: Server) -> None:
    received = impatient.raw(HEAD + b"Content-Length: 100\r\n\r\n", b'{"image', timeout_s=8)
    assert status_of(received) == 408
    assert b'"code":"BODY_TIMEOUT"' in received


def test_a_body_that_drips_gets_a_408_too(impatient: Server) -> None:
    received = impatient.raw(HEAD + b"Content-Length: 100\r\n\r\n", *[b"x"] * 100, pause_s=0.02)
    assert status_of(received) == 408  # although the whole body is sent, and no pause is long


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: five\r\n",
        b"Content-Length: 99999999999999999999999999\r\n",
        b"X: a\r\n\tfolded\r\nContent-Length: 2\r\n",
        b"Bad Name: x\r\n",
    ],
    ids=["two lengths", "length and chunks", "unknown coding", "negative", "a word", "overflow", "folded", "bad name"],
)
def test_no_request_can_be_smuggled(headers: bytes, server: Server) -> None:
    smuggled = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    received = server.raw(HEAD + headers + b"\r\n0\r\n\r\n" + smuggled)
    assert status_of(received) in (0, 400, 413, 415)
    assert b'"healthy"' not in received


def test_a_line_break_in_a_request_id_does_not_split_the_answer(server: Server) -> None:
    received = server.raw(
        b"GET /health HTTP/1.1\r\nHost: x\r\nX-Request-ID: a\rSet-Cookie: b=c\r\nConnection: close\r\n\r\n"
    )
    assert b"Set-Cookie" not in received


def test_a_very_long_path_is_refused(server: Server) -> None:
    received = server.raw(b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert status_of(received) in (0, 400, 404, 414, 431)


def test_an_absolute_url_of_another_host_is_not_followed(server: Server) -> None:
    received = server.raw(b"GET http://evil.example/health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
    assert status_of(received) in (200, 400, 404)
    assert b"\nlocation:" not in received.lower()


def test_no_header_names_the_server_software(client: httpx.Client) -> None:
    assert "server" not in client.get("/health").headers


def an_upload() -> tuple[bytes, bytes]:
    """Return head and body of an upload, as bytes."""
    request = httpx.Request("POST", f"http://localhost{UPLOAD_CALL}", files={"file": ("x.jpg", drawn_portrait())})
    body = request.read()
    headers = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    return f"POST {UPLOAD_CALL} HTTP/1.1\r\n{headers}\r\n".encode(), body


def test_clients_that_disconnect_during_an_upload_leak_nothing(server: Server, client: httpx.Client) -> None:
    client.get("/health")
    before_mb, before_open = server.memory_mb(), server.open_connections()
    head, body = an_upload()
    for _ in range(200):
        connection = socket.create_connection(("127.0.0.1", server.port))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(head + body[:-100])
        connection.close()
    poll_until(lambda: server.open_connections() <= before_open + 2)
    assert client.get("/health/ready").status_code == 200
    assert server.memory_mb() - before_mb < 60
    assert [event for event in server.events() if event.get("level") == "error"] == []


def test_hundreds_of_idle_connections_do_not_block_others(server: Server, client: httpx.Client) -> None:
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(300)]
    try:
        for connection in idle[:150]:
            connection.sendall(b"GET /health HTTP/1.1\r\nX-Slow: ")
        assert client.get("/health/live").status_code == 200
    finally:
        for connection in idle:
            connection.close()


UPLOADERS = """
import sys, threading, httpx
url, photo, uploads = sys.argv[1], sys.stdin.buffer.read(), int(sys.argv[2])
form = httpx.Request("POST", url, files={"file": ("x.jpg", photo)})
body, headers = form.read(), {"Content-Type": form.headers["content-type"]}
def upload():
    with httpx.Client(trust_env=False, timeout=60) as client:
        for _ in range(uploads):
            answer = client.post(url, content=body, headers=headers)
            sys.stdout.write(f"{answer.status_code} ")
            sys.stdout.flush()
threads = [threading.Thread(target=upload) for _ in range(32)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


def test_uploads_of_thirty_two_clients_keep_the_pool_busy_and_not_the_event_loop(
    server: Server, client: httpx.Client
) -> None:
    photo = drawn_portrait() + bytes(4_000_000)
    memory_before_mb, loop_before_s, pool_before_s = server.memory_mb(), *server.thread_cpu_s()
    command = [sys.executable, "-c", UPLOADERS, server.url + UPLOAD_CALL, "2"]  # their own process: no shared GIL
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as uploading:
        assert uploading.stdin is not None
        assert uploading.stdout is not None
        uploading.stdin.write(photo)
        uploading.stdin.close()
        peak_mb = memory_before_mb
        while uploading.poll() is None:
            assert client.get("/health/live").json() == {"status": "healthy"}
            peak_mb = max(peak_mb, server.memory_mb())
        answers = uploading.stdout.read().split()
    loop_s, pool_s = server.thread_cpu_s()
    assert loop_s - loop_before_s < pool_s - pool_before_s  # less than half of it; all of it if the loop read photos
    assert peak_mb - memory_before_mb < 200
    assert set(answers) <= {b"200", b"503"}
    assert answers.count(b"200") > 32
    time.sleep(1.1)  # until the pool is idle
    client.post(UPLOAD_CALL, files={"file": ("x.jpg", drawn_portrait())})
    poll_until(lambda: server.memory_mb() - memory_before_mb < 40)  # memory of the burst is returned


def poll_until(condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
