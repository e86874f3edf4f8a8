"""Header check of Matroska, of which WebM is a part: the elements before the first cluster are read without a demuxer.

Browsers that record H.264 name the file WebM and write Matroska.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from gwansang.vision.errors import CorruptVideoError, NoVideoError, UnsupportedVideoTypeError
from gwansang.vision.gates.clip_header import (
    ClipHeader,
    check_codec,
    check_duration,
    check_frame_size,
    unsupported_container,
)

_EBML, _DOCTYPE, _SEGMENT, _CLUSTER = 0x1A45DFA3, 0x4282, 0x18538067, 0x1F43B675
_INFO, _TIMESTAMP_SCALE, _DURATION = 0x1549A966, 0x2AD7B1, 0x4489
_TRACKS, _TRACK, _TYPE, _CODEC, _ENCODINGS = 0x1654AE6B, 0xAE, 0x83, 0x86, 0x6D80
_VIDEO, _WIDTH, _HEIGHT = 0xE0, 0xB0, 0xBA
_VIDEO_TRACK = 1  # value of the element _TYPE
_DOCTYPES = frozenset({"webm", "matroska"})
_CODECS = frozenset({"V_VP8", "V_VP9", "V_AV1", "V_MPEG4/ISO/AVC", "V_MPEGH/ISO/HEVC", "V_MPEG4/ISO/ASP"})
_MAX_ELEMENTS = 1_000
_MAX_TRACKS = 16


@dataclass(frozen=True, slots=True)
class _Element:
    """An element of the file; `end` is None for an unknown size, which extends to the end of the file."""

    id: int
    body: int
    end: int | None


def inspect_matroska(data: bytes) -> ClipHeader:
    """Return the header of a Matroska or WebM file; raises as `video.inspect_clip` does."""
    try:
        _check_head(data)
    except (struct.error, IndexError) as error:
        raise CorruptVideoError("The video is damaged or ends too early; send the original file.") from error
    return ClipHeader("matroska")


def _check_head(data: bytes) -> None:
    top = _elements(data, 0, len(data))
    head = next(top, None)
    if head is None or head.id != _EBML or _text(data, _child(data, head, _DOCTYPE)) not in _DOCTYPES:
        raise unsupported_container()
    segment = next((element for element in top if element.id == _SEGMENT), None)
    if segment is None:
        raise CorruptVideoError("The video ends before its table of contents; send the whole file.")
    tracks = 0
    for part in _elements(data, segment.body, segment.end or len(data)):
        if part.id == _CLUSTER:
            break
        if part.id == _INFO:
            _check_info(data, part)
        elif part.id == _TRACKS:
            tracks += _check_tracks(data, part)
    if not tracks:
        raise NoVideoError("There are no pictures in the file; send a video that shows your face.")


def _check_info(data: bytes, info: _Element) -> None:
    scale_ns = _number(data, _child(data, info, _TIMESTAMP_SCALE), 1_000_000)
    duration = _child(data, info, _DURATION)
    if duration is not None and duration.end is not None:
        kind = {4: ">f", 8: ">d"}.get(duration.end - duration.body)
        ticks = struct.unpack_from(kind, data, duration.body)[0] if kind else 0.0
        check_duration(float(ticks) * scale_ns / 1e9)


def _check_tracks(data: bytes, tracks: _Element) -> int:
    """Return the number of video tracks."""
    videos = 0
    for count, track in enumerate(_elements(data, tracks.body, tracks.end or len(data))):
        if count >= _MAX_TRACKS:
            raise CorruptVideoError("The video has too many tracks; save it anew.")
        if track.id != _TRACK:
            continue
        if _child(data, track, _ENCODINGS) is not None:  # of sound too: packed packets can be bombs
            raise UnsupportedVideoTypeError("The video is encrypted or packed; save it without that.")
        if _number(data, _child(data, track, _TYPE), 0) != _VIDEO_TRACK:
            continue
        videos += 1
        check_codec(_text(data, _child(data, track, _CODEC)), _CODECS)
        video = _child(data, track, _VIDEO)
        if video is not None:
            check_frame_size(*(_number(data, _child(data, video, side), 0) for side in (_WIDTH, _HEIGHT)))
    return videos


def _elements(data: bytes, start: int, end: int) -> Iterator[_Element]:
    for _ in range(_MAX_ELEMENTS):
        if start >= end:
            return
        id_bytes, size_bytes = _length(data[start], 4), _length(data[start + _length(data[start], 4)], 8)
        body = start + id_bytes + size_bytes
        number = int.from_bytes(data[start : start + id_bytes], "big")
        size = int.from_bytes(data[start + id_bytes : body], "big") & ((1 << 7 * size_bytes) - 1)
        is_unknown = size == (1 << 7 * size_bytes) - 1
        if (not is_unknown and body + size > end) or (is_unknown and number not in (_SEGMENT, _CLUSTER)):
            raise CorruptVideoError("The video is damaged or ends too early; send the whole file.")
        yield _Element(number, body, None if is_unknown else body + size)
        start = end if is_unknown else body + size
    raise CorruptVideoError("The video has too many parts; save it anew.")


def _length(first: int, limit: int) -> int:
    """Return the number of bytes of a number, by the leading zeros of its first byte."""
    length = 9 - first.bit_length()
    if length > limit:
        raise CorruptVideoError("The video is damaged; send the original file.")
    return length


def _child(data: bytes, parent: _Element, element_id: int) -> _Element | None:
    inside = _elements(data, parent.body, parent.end or len(data))
    return next((element for element in inside if element.id == element_id), None)


def _number(data: bytes, element: _Element | None, default: int) -> int:
    return default if element is None else int.from_bytes(data[element.body : element.end][:8], "big")


def _text(data: bytes, element: _Element | None) -> str:
    return "" if element is None else data[element.body : element.end][:64].rstrip(b"\0").decode("ascii", "replace")
