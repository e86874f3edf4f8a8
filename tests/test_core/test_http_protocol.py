"""Pieces of bodies between the server's parser and the application."""

from types import SimpleNamespace

from gwansang.core.http_protocol import BoundedHttpProtocol


def protocol_with_request() -> BoundedHttpProtocol:
    protocol = BoundedHttpProtocol.__new__(BoundedHttpProtocol)
    parser = SimpleNamespace(should_upgrade=lambda: False)
    flow = SimpleNamespace(pause_reading=lambda: None)
    event = SimpleNamespace(set=lambda: None)
    cycle = SimpleNamespace(body=bytearray(), response_complete=False, message_event=event)
    vars(protocol).update(parser=parser, flow=flow, cycle=cycle)
    return protocol


def test_a_piece_that_is_taken_alone_is_not_copied() -> None:
    protocol, piece = protocol_with_request(), bytes(256_000)
    protocol.on_body(piece)
    assert bytes(protocol.cycle.body) is piece


def test_further_pieces_are_added_in_a_buffer_that_grows() -> None:
    protocol = protocol_with_request()
    protocol.on_body(b"ab")
    protocol.on_body(b"c")
    buffer = protocol.cycle.body
    for _ in range(1_000):
        protocol.on_body(b"d")
    assert protocol.cycle.body is buffer
    assert isinstance(buffer, bytearray)
    assert bytes(buffer) == b"abc" + 1_000 * b"d"
