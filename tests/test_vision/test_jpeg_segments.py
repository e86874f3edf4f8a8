"""Segments of a JPEG: where a scan ends, however long it is."""

import numpy as np
import pytest

from gwansang.vision.gates.jpeg import EOI, SOS, jpeg_segments

_HEADER = bytes((0xFF, 0xD8, 0xFF, SOS, 0, 12, *range(1, 11)))
_END = bytes((0xFF, EOI))
_LENGTHS = (*range(4_090, 4_100), *range(12_284, 12_291), *range(254_000, 254_003), 1_000_000)
"""Of scans; the search goes on in another part of the file after 4,096, 12,288 and so on."""


def scan_of(length: int, step: int = 100) -> bytearray:
    """Return entropy-coded data with a stuffed 0xFF at each `step` bytes, and no marker."""
    data = bytearray(np.random.default_rng(length).integers(0, 255, length, np.uint8))
    for start in range(0, length - 1, step):
        data[start : start + 2] = b"\xff\x00"
    return data


@pytest.mark.parametrize("length", _LENGTHS)
@pytest.mark.parametrize("after", [b"", b"a trailer with \xff\xd9"])
def test_a_scan_ends_at_the_first_marker(length: int, after: bytes) -> None:
    scan = bytes(scan_of(length))
    segments = list(jpeg_segments(_HEADER + scan + _END + after))
    end = len(_HEADER) + length
    assert segments == [(SOS, 2, end), (EOI, end, end + 2)]


@pytest.mark.parametrize("inner", [b"\xff\xd3", b"\xff\xff\xff\x00"], ids=["restart", "fill"])
def test_restarts_and_fill_bytes_end_no_scan(inner: bytes) -> None:
    scan = scan_of(300_000)
    for start in (50, 4_079, 12_271, 150_010, 299_990):
        scan[start : start + len(inner)] = inner
    segments = list(jpeg_segments(_HEADER + bytes(scan) + _END))
    assert segments[-1] == (EOI, len(_HEADER) + len(scan), len(_HEADER) + len(scan) + 2)


def test_a_scan_without_an_end_reaches_the_end_of_the_file() -> None:
    scan = bytes(scan_of(200_000)) + b"\x07"
    assert list(jpeg_segments(_HEADER + scan)) == [(SOS, 2, len(_HEADER) + len(scan))]
