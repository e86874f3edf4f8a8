"""Requests and connections of an address keep a pace; those beyond it wait or are aborted."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.support.serving import JSON_CALL, Server, serving
from tests.test_api.test_connections import HEAD, connect_to, is_closed
from tests.test_api.test_transport import poll_until


@pytest.fixture(scope="module")
def paced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that begins ten requests of an address in a second, and twenty at once."""
    folder = tmp_path_factory.mktemp("paced")
    with serving(folder, REQUESTS_PER_SECOND="10", GUEST_READINGS_PER_HOUR="1", ALLOW_GUESTS="true") as running:
        yield running


def client_from(server: Server, address: str) -> httpx.Client:
    return httpx.Client(transport=httpx.HTTPTransport(local_address=address), base_url=server.url, timeout=30)


def test_requests_of_an_address_beyond_its_pace_wait_and_are_all_answered(paced: Server) -> None:
    began = time.monotonic()
    with client_from(paced, "127.0.0.2") as client:
        for _ in range(40):
            assert client.get("/health").status_code == 200
    assert time.monotonic() - began > 1  # without a pace they would take a fraction of a second


def test_refused_requests_count_tenfold(paced: Server) -> None:
    began = time.monotonic()
    with client_from(paced, "127.0.0.6") as client:
        answers = [client.post(JSON_CALL, json={}).status_code for _ in range(5)]
    assert answers[1:] == [429] * 4
    assert time.monotonic() - began > 1  # five requests alone would not have to wait


def test_other_addresses_do_not_wait_for_one_that_is_beyond_its_pace(paced: Server) -> None:
    with ExitStack() as stack:
        flooding = [stack.enter_context(connect_to(paced, source="127.0.0.3")) for _ in range(15)]
        for connection in flooding:
            connection.sendall((HEAD + b"\r\n") * 3)
        with client_from(paced, "127.0.0.4") as other:
            assert [other.get("/health").status_code for _ in range(10)] == [200] * 10


def test_new_connections_far_beyond_the_pace_of_their_address_are_aborted(paced: Server) -> None:
    with ExitStack() as stack:
        flooding = [stack.enter_context(connect_to(paced, source="127.0.0.5")) for _ in range(80)]
        assert is_closed(flooding[-1])
    poll_until(lambda: any(event.get("code") == "CONNECTION_FLOOD" for event in paced.events()))
