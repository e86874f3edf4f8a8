"""Uploads that stall leave room for those of others, and end soon."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from gwansang.core.middleware.body_budget import BodyBudget, BodyBudgetError
from tests.support.photos import drawn_portrait
from tests.support.serving import JSON_CALL, UPLOAD_CALL, Server, received, serving
from tests.test_api.test_transport import status_of

STALLED_BYTES = 25 * 1024 * 1024
FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.jpg"\r\n\r\n'


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server behind a proxy, so that clients can have addresses of their own."""
    with serving(tmp_path_factory.mktemp("proxied"), TRUSTED_PROXIES="1") as running:
        yield running


@contextmanager
def stalled_upload(server: Server, *headers: str) -> Iterator[socket.socket]:
    lines = "".join(f"{line}\r\n" for line in ("Content-Type: multipart/form-data; boundary=b", *headers))
    head = f"POST {UPLOAD_CALL} HTTP/1.1\r\nHost: x\r\nContent-Length: {STALLED_BYTES}\r\n{lines}\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(head.encode() + FORM)
        connection.setblocking(False)
        piece, left = b"x" * 1_000_000, STALLED_BYTES - len(FORM) - 1000
        give_up_at = time.monotonic() + 1.5  # the server stops reading what is beyond the caller's share
        while left > 0 and time.monotonic() < give_up_at:
            try:
                left -= connection.send(piece[:left])
            except BlockingIOError:
                time.sleep(0.02)
        connection.setblocking(True)
        connection.settimeout(30)
        yield connection


def test_eight_stalled_uploads_of_one_caller_leave_others_their_readings(proxied: Server) -> None:
    with ExitStack() as stack, proxied.client() as client:
        memory_before_mb = proxied.memory_mb()
        for _ in range(8):
            stack.enter_context(stalled_upload(proxied, "X-Forwarded-For: 203.0.113.1"))
        assert proxied.memory_mb() - memory_before_mb < 64
        other = {"X-Forwarded-For": "203.0.113.2"}
        photo = {"file": ("x.jpg", drawn_portrait() + bytes(4_000_000))}
        assert client.post(UPLOAD_CALL, files=photo, headers=other).status_code == 200


def test_a_body_that_comes_below_the_least_rate_ends_after_ten_seconds(proxied: Server) -> None:
    started = time.monotonic()
    with stalled_upload(proxied, "X-Forwarded-For: 203.0.113.3") as connection:
        answer = b"".join(received(connection))
    assert (status_of(answer), b'"code":"BODY_TIMEOUT"' in answer) == (408, True)
    assert time.monotonic() - started > 9  # and not the whole BODY_TIMEOUT_S of 60


def test_many_small_bodies_that_stall_leave_large_ones_of_others_their_places(proxied: Server) -> None:
    with ExitStack() as stack, proxied.client() as client:
        memory_before_mb = proxied.memory_mb()
        for _ in range(200):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", proxied.port), timeout=30))
            head = f"POST {JSON_CALL} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            head += "X-Forwarded-For: 203.0.113.4\r\nContent-Length: 16384\r\n\r\n"
            connection.sendall(head.encode() + b"x" * 16383)
        assert proxied.memory_mb() - memory_before_mb < 50
        photo = {"file": ("x.jpg", drawn_portrait() + bytes(4_000_000))}
        assert client.post(UPLOAD_CALL, files=photo, headers={"X-Forwarded-For": "203.0.113.5"}).status_code == 200


def test_no_body_is_read_from_an_address_that_has_no_calls_left(tmp_path: Path) -> None:
    head = b"POST /api/v1/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 200000\r\n\r\n"
    with serving(tmp_path, ADDRESS_CALLS_PER_MINUTE="1") as server, server.client() as client:
        registration = {"email": "a@example.com", "username": "minji", "password": "correct horse battery"}
        assert client.post("/api/v1/users", json=registration).status_code == 201
        answer = server.raw(head, b"{")
        assert (status_of(answer), b"retry-after" in answer) == (429, True)
        form = {"username": registration["email"], "password": registration["password"]}
        tokens = client.post("/api/v1/auth/login", data=form)
        assert tokens.status_code == 200
        bearer = {"Authorization": f"Bearer {tokens.json()['access_token']}"}
        assert client.patch("/api/v1/users/me", json={"username": "minjee"}, headers=bearer).status_code == 200
        for credentials in ({}, {"Authorization": "Bearer x"}, {**bearer, "X-API-Key": "x"}):
            assert client.patch("/api/v1/users/me", json={"username": "x"}, headers=credentials).status_code == 429


@pytest.mark.anyio
async def test_a_caller_reads_two_unfinished_bodies_and_the_second_only_within_a_quarter() -> None:
    budget = BodyBudget(max_bytes=100, timeout_s=0.05)
    with ExitStack() as stack:
        first, second, third, stranger = [stack.enter_context(budget.reserve()) for _ in range(4)]
        for reservation in (first, second, third):
            reservation.assign("user:1")
        stranger.assign("user:2")
        await second.wait()
        with pytest.raises(BodyBudgetError):
            await third.wait()
        first.add(30, last=False)
        await first.wait()
        with pytest.raises(BodyBudgetError):
            await second.wait()
        await stranger.wait()
        first.add(1, last=True)
        await second.wait()
        await third.wait()


@pytest.mark.anyio
async def test_small_bodies_are_read_although_the_budget_is_spent() -> None:
    budget = BodyBudget(max_bytes=100, timeout_s=0.05)
    with ExitStack() as stack:
        *large, late = [stack.enter_context(budget.reserve()) for _ in range(5)]
        for reservation in large:
            reservation.add(25, last=True)
        small = stack.enter_context(budget.reserve(small=True))
        await small.wait()
        with pytest.raises(BodyBudgetError):
            await late.wait()
        small.add(13, last=False)
        with pytest.raises(BodyBudgetError):
            await small.wait()


@pytest.mark.anyio
async def test_stalled_bodies_beyond_a_share_do_not_take_the_places_of_the_oldest() -> None:
    budget = BodyBudget(max_bytes=100, timeout_s=0.05)
    with ExitStack() as stack:
        mine = [stack.enter_context(budget.reserve()) for _ in range(8)]
        for reservation in mine:
            reservation.assign("user:1")
        mine[0].add(100, last=False)
        late = stack.enter_context(budget.reserve())
        late.assign("user:2")
        await late.wait()
