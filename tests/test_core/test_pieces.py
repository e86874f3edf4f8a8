"""Bodies in pieces: nothing is lost or reordered, large pieces are not copied, small ones are collected."""

import tracemalloc
from itertools import pairwise

import pytest

from gwansang.core.multipart import FormParser, InvalidFormError
from gwansang.core.pieces import Pieces

BOUNDARY = b"5c1f0b6e"
KIND = f"multipart/form-data; boundary={BOUNDARY.decode()}"
PHOTO = bytes(range(256)) * 400
HEAD = b'--%s\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' % BOUNDARY
FORM = HEAD + PHOTO + b"\r\n--%s--\r\n" % BOUNDARY


def pieces_of(content: bytes, *cuts: int) -> Pieces:
    pieces = Pieces()
    for start, end in pairwise((0, *cuts, len(content))):
        pieces.add(content[start:end])
    return pieces


@pytest.mark.parametrize("cuts", [(), (0,), (1, 2, 3), (20_000, 20_001, 60_000), (60_000, 60_000, 102_399)])
def test_pieces_join_to_what_came(cuts: tuple[int, ...]) -> None:
    pieces = pieces_of(PHOTO, *cuts)
    assert pieces.join() == b"".join(pieces) == PHOTO


def test_a_large_piece_is_kept_and_not_copied() -> None:
    pieces = Pieces()
    pieces.add(PHOTO)
    assert next(iter(pieces)) is PHOTO


def test_small_pieces_take_little_more_memory_than_their_bytes() -> None:
    pieces, content = Pieces(), b"ab"
    tracemalloc.start()
    for _ in range(200_000):
        pieces.add(content)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1_200_000  # of 400,000 bytes; as objects of their own they would take over 7 MB
    assert len(pieces.join()) == 400_000


@pytest.mark.parametrize("size", [1, 7, 20_000, 65_536])
def test_a_form_is_the_same_in_pieces_of_any_size(size: int) -> None:
    files = FormParser(KIND).parse(pieces_of(FORM, *range(size, len(FORM), size)))
    assert [(file.name, file.content) for file in files] == [("a.jpg", PHOTO)]


def test_a_form_that_ends_too_early_is_refused() -> None:
    with pytest.raises(InvalidFormError):
        FormParser(KIND).parse(pieces_of(FORM[:-20], 30_000))
