"""Segments of a JPEG file, and whether its data reaches the end of the picture."""

import re
import struct
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any

import cv2
import numpy as np

from gwansang.vision.errors import CorruptImageError

EOI, SOS, APP1 = 0xD9, 0xDA, 0xE1
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_AFTER_SCAN = frozenset({EOI, SOS, 0xC4, 0xDB, 0xDC, 0xDD, 0xFE, *range(0xE0, 0xF0)})  # other markers are a trailer's
_MAX_SEGMENTS = 4_096
_FILL = re.compile(rb"\xff+")
_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # a marker, neither a stuffed 0xFF nor a restart
_FIRST_PART, _LARGEST_PART = 4_096, 131_072  # bytes searched at a time, few enough for the processor's cache
_PADDING = re.compile(rb"\x00{64,}|\xff{64,}")
_SOME_DATA = bytes(range(16, 240, 7)) * 4
_MORE_DATA = _SOME_DATA + b"".join(bytes((0xFF, 0xD0 + number)) + _SOME_DATA for number in range(8))  # with restarts
_REDUCED = {
    1: cv2.IMREAD_COLOR_RGB,
    2: cv2.IMREAD_COLOR_RGB | cv2.IMREAD_REDUCED_GRAYSCALE_2,  # the RGB flag takes the place of the colour bit
    4: cv2.IMREAD_COLOR_RGB | cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_COLOR_RGB | cv2.IMREAD_REDUCED_GRAYSCALE_8,
}
_MAX_CHECKED_PIXELS = 4_000_000
_MAX_SCANNED_PIXELS = 250_000_000  # in all scans together; the picture is decoded up to six times
_MAX_PADDINGS = 4  # of which the last ones are looked at
_MAX_BYTES_PER_PIXEL = 8  # a photo of the best quality has 3
_MAX_HEADERS = 65_536


def jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (marker, start, end) of each segment up to the end of the image; scans include their data.

    The end marker may be missing, as in frames of some cameras and under some phones' trailers: then a scan comes last.
    Raises CorruptImageError.
    """
    position, has_scan = 2, False
    for _ in range(_MAX_SEGMENTS):
        segment = _segment(data, position)
        if segment is None and has_scan:
            return
        if segment is None:
            raise CorruptImageError("The JPEG is damaged or ends too early; send the original file.")
        marker, start, position = segment
        if marker == SOS:
            has_scan = True
            following = _find_scan_end(data, position)
            if following is None or data[following.start() + 1] not in _AFTER_SCAN:
                end = following.start() if following else len(data)
                yield marker, start, position + len(data[position:end].rstrip(b"\xff"))  # half a marker is no data
                return
            position = following.start()
        yield marker, start, position
        if marker == EOI:
            return
    raise CorruptImageError("The JPEG has too many segments; save it again in a photo app.")


def _find_scan_end(data: bytes, position: int) -> re.Match[bytes] | None:
    """Return the first match of _SCAN_END from a position on.

    The expression stops at each 0xFF, of which a large photo has 30,000; so it only searches parts in which one is
    followed by something else than the zero that stuffs it. Parts grow, as a scan may be short.
    """
    levels, size = np.frombuffer(data, np.uint8), _FIRST_PART
    while position < len(data) - 1:
        part = levels[position : position + size + 1]
        is_marker = part[:-1] == 0xFF
        is_marker &= part[1:] != 0
        found = _SCAN_END.search(data, position, position + len(part)) if is_marker.any() else None
        if found:
            return found
        position += size
        size = min(2 * size, _LARGEST_PART)
    return None


def _segment(data: bytes, position: int) -> tuple[int, int, int] | None:
    """Return (marker, start, end) of the segment at a position, of a scan only its header; None if there is none."""
    fill = _FILL.match(data, position)
    if fill is None or fill.end() == len(data):
        return None
    start = fill.end() - 1
    marker = data[start + 1]
    if marker == EOI:
        return marker, start, start + 2
    if start + 4 > len(data):
        return None
    (length,) = struct.unpack_from(">H", data, start + 2)
    end = start + 2 + length
    return (marker, start, end) if length >= 2 and end <= len(data) else None


def check_without_end(jpeg: bytes, frame: bytes, scans: Sequence[bytes]) -> None:
    """Raise CorruptImageError unless a JPEG whose end marker was missing shows its whole picture.

    jpeg: the file with an end marker; frame, scans: headers. It is decoded a few times, small enough for little memory.
    """
    height, width = struct.unpack_from(">HH", frame, 5)
    reduction = next((r for r in (1, 2, 4) if width * height <= _MAX_CHECKED_PIXELS * r * r), 8)
    is_plausible = (
        len(jpeg) <= _MAX_BYTES_PER_PIXEL * width * height + _MAX_HEADERS
        and len(scans) * width * height <= _MAX_SCANNED_PIXELS
    )
    is_complete = is_plausible and _covers_picture(frame, scans) and reaches_last_block(jpeg, reduction)
    if not is_complete or _ends_in_padding(jpeg, reduction):
        raise CorruptImageError("The JPEG ends too early; send the whole file.")


def reaches_last_block(jpeg: bytes, reduction: int) -> bool:
    """Return whether the data reaches the last block: then more data before the end marker changes nothing.

    reduction: 1, 2, 4 or 8; at 8 only missing blocks count, at 1 missing detail of blocks, too.
    """
    picture = decode_jpeg(jpeg, reduction)
    return picture is not None and np.array_equal(picture, decode_jpeg(jpeg[:-2] + _MORE_DATA + jpeg[-2:], reduction))


def _ends_in_padding(jpeg: bytes, reduction: int) -> bool:
    """Return whether the last block is made of padding, as in a file whose download stopped, and not of a picture."""
    edges = [edge for padding in _PADDING.finditer(jpeg) for edge in padding.span()][-2 * _MAX_PADDINGS :]
    picture: Any = decode_jpeg(jpeg, reduction) if edges else None

    def is_complete(edge: int) -> bool:
        return np.array_equal(decode_jpeg(jpeg[:edge] + jpeg[-2:], reduction), picture)

    completing = bisect_left(edges, True, key=is_complete)  # the more data, the more complete
    return completing < len(edges) and completing % 2 == 1


def decode_jpeg(jpeg: bytes, reduction: int) -> Any:  # noqa: ANN401 - OpenCV's stub knows no dtypes
    """Return the RGB pixels as stored at 1 / `reduction` (1, 2, 4, 8) of the size, None if there are none."""
    try:
        return cv2.imdecode(np.frombuffer(jpeg, np.uint8), _REDUCED[reduction] | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        return None


def _covers_picture(frame: bytes, scans: Sequence[bytes]) -> bool:
    """Return whether scan headers announce every coefficient of every component of a frame at full precision."""
    missing = {(component, index) for component in frame[10::3] for index in range(64)}
    for scan in scans:
        first, last, bits = scan[-3:]
        if bits & 15 == 0:
            missing -= {(component, index) for component in scan[5:-3:2] for index in range(first, last + 1)}
    return not missing
