"""Header check of MP4 and MOV: every box is read before a demuxer gets the file.

A demuxer builds its index from the counts in the tables, and a kilobyte of tables can declare billions of frames. So
each count is checked against the bytes that follow and against the limits. All that is not needed for the first video
track (sound, metadata, locations, covers, references to other files, compressed headers) is hidden from it, and so are
edits, which `edit_list` reads.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from gwansang.vision.errors import CorruptVideoError, NoVideoError, VideoTooLargeError
from gwansang.vision.gates.clip_header import (
    MAX_FRAMES,
    ClipHeader,
    check_codec,
    check_duration,
    check_frame_count,
    check_frame_rate,
    check_frame_size,
    unsupported_container,
)
from gwansang.vision.gates.edit_list import Edit, EditRow, edits_of_rows, read_edit_rows, shown_seconds

_BRANDS = frozenset(
    b"isom iso2 iso3 iso4 iso5 iso6 iso7 iso8 iso9 isoa isob isoc mp41 mp42 avc1 hvc1 av01 dash msdh MSNV hlsf "
    b"cmfc cmf2 3gp4 3gp5 3gp6 3gp7 3gp8 3gp9 3ge6 3ge7 3ge9 3gg6 3gg9 3gr6 3gs6 3gs7 3g2a 3g2b 3g2c "
    b"XAVC M4VH M4VP".split()
) | {b"qt  ", b"M4V "}
_KEPT = {
    b"": frozenset({b"ftyp", b"moov", b"mdat", b"moof"}),
    b"moov": frozenset({b"mvhd", b"trak", b"mvex"}),
    b"trak": frozenset({b"tkhd", b"mdia"}),
    b"mdia": frozenset({b"mdhd", b"hdlr", b"minf"}),
    b"minf": frozenset({b"vmhd", b"stbl"}),
    b"stbl": frozenset({b"stsd", b"stts", b"ctts", b"stsc", b"stsz", b"stz2", b"stco", b"co64", b"stss"}),
    b"mvex": frozenset({b"trex"}),
    b"moof": frozenset({b"mfhd", b"traf"}),
    b"traf": frozenset({b"tfhd", b"tfdt", b"trun"}),
}
_FILLING = frozenset({b"free", b"skip", b"wide", b"pnot", b"uuid"})  # may stand before what tells the kind
_BRANDLESS = frozenset({b"moov", b"mdat"})
_MAX_FILLING = 8  # boxes
_HEAD_BYTES = 8
_CODECS = frozenset({"avc1", "avc3", "hvc1", "hev1", "vp08", "vp09", "av01", "mp4v"})
_ROW_BYTES = {b"stts": 8, b"ctts": 8, b"stsc": 12, b"stss": 4, b"stco": 4, b"co64": 8}
_MAX_BOXES = 60_000  # thirty seconds in fragments of one frame have about half of that
_MAX_ENTRIES = 16
_TRUN_FIELDS = (0x100, 0x200, 0x400, 0x800)  # flags of the four-byte fields that each sample has


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    start: int
    body: int
    end: int


@dataclass(slots=True)
class _Summary:
    """Counts over the file, and properties of the first video track."""

    hidden: list[int] = field(default_factory=list)
    boxes: int = 0
    movies: int = 0
    fragments: int = 0
    tracks: int = 0
    movie_timescale: int = 0
    timescale: int = 0
    declared_ticks: int = 0
    sample_ticks: int = 0
    samples: int = 0
    edits: tuple[EditRow, ...] = ()


def inspect_mp4(data: bytes) -> ClipHeader:
    """Return the header of an MP4 or MOV file; raises as `video.inspect_clip` does."""
    _check_brand(data)
    summary = _Summary()
    try:
        _walk_file(data, summary)
    except (struct.error, IndexError, RecursionError) as error:
        raise CorruptVideoError("The video is damaged or ends too early; send the original file.") from error
    if not summary.movies:
        raise CorruptVideoError("The video ends before its table of contents; send the whole file.")
    if not summary.tracks or not (summary.samples or summary.fragments):
        raise NoVideoError("There are no pictures in the file; send a video that shows your face.")
    return ClipHeader("mp4", tuple(summary.hidden), _check_lengths(summary))


def _check_lengths(summary: _Summary) -> tuple[Edit, ...]:
    """Check frame rate and duration, which is that of what is shown of the track, and return the latter."""
    timescale = max(summary.timescale, 1)
    if summary.sample_ticks:
        check_frame_rate(summary.samples, summary.sample_ticks / timescale)
    if not summary.edits:
        check_duration(max(summary.sample_ticks, summary.declared_ticks) / timescale)
        return ()
    if not summary.timescale or not summary.movie_timescale:
        raise CorruptVideoError("The video is damaged; send the original file.")
    is_fragmented = summary.fragments > 0
    edits = edits_of_rows(summary.edits, summary.movie_timescale, timescale, is_fragmented=is_fragmented)
    if not is_fragmented:
        check_duration(shown_seconds(edits, Fraction(summary.sample_ticks, timescale)))
    return edits


def _check_brand(data: bytes) -> None:
    """Check that a file is of a kind that is read: by its brands, or as QuickTime files that are older than brands."""
    start = 0
    for _ in range(_MAX_FILLING + 1):
        if start + 16 > len(data):
            break
        size, kind = struct.unpack_from(">I4s", data, start)
        if kind == b"ftyp":
            brands = {data[start + offset : start + offset + 4] for offset in (8, *range(16, min(size, 512), 4))}
            if brands & _BRANDS:
                return
        elif kind in _BRANDLESS:
            return
        if kind not in _FILLING or size < _HEAD_BYTES:
            break
        start += size
    raise unsupported_container()


def _boxes(data: bytes, parent: _Box, may_be_cut: Callable[[bytes], bool] = lambda _: False) -> Iterator[_Box]:
    """Yield the boxes in another; may_be_cut: whether one of a kind may end the parent with less than it announces."""
    start = parent.body
    while start + 8 <= parent.end:  # a file may end with a few bytes that are no box
        size, kind = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, body)
            body += 8
        end = parent.end if size == 0 else start + size
        if end < body or end > parent.end:
            if not may_be_cut(kind):
                raise CorruptVideoError("The video is damaged or ends too early; send the whole file.")
            end = parent.end
        yield _Box(kind, start, body, end)
        start = end


def _walk_file(data: bytes, summary: _Summary) -> None:
    """Check all boxes of a file; behind its table of contents, bytes may follow that are no box: a vendor's trailer."""

    def may_be_cut(kind: bytes) -> bool:
        return summary.movies > 0 and kind not in _KEPT[b""]

    _walk(data, _Box(b"", 0, 0, len(data)), summary, may_be_cut)


def _walk(data: bytes, parent: _Box, summary: _Summary, may_be_cut: Callable[[bytes], bool] = lambda _: False) -> None:
    for box in _boxes(data, parent, may_be_cut):
        summary.boxes += 1
        if summary.boxes > _MAX_BOXES:
            raise VideoTooLargeError("The video is cut into too many pieces; save it anew.", max_boxes=_MAX_BOXES)
        if box.kind not in _KEPT[parent.kind] or (box.kind == b"trak" and not _is_first_video(data, box, summary)):
            summary.hidden.append(box.start + 4)
        elif box.kind in _KEPT:
            _count_box(box, summary)
            _walk(data, box, summary)
        else:
            _check_leaf(data, box, summary)


def _count_box(box: _Box, summary: _Summary) -> None:
    summary.movies += box.kind == b"moov"
    summary.fragments += box.kind == b"moof"
    if summary.movies > 1:
        raise CorruptVideoError("The video has two tables of contents; save it anew.")


def _is_first_video(data: bytes, track: _Box, summary: _Summary) -> bool:
    """Return whether a track is the first video track, and count the video tracks."""
    media = next((box for box in _boxes(data, track) if box.kind == b"mdia"), None)
    handler = media and next((box for box in _boxes(data, media) if box.kind == b"hdlr"), None)
    if handler is None or data[handler.body + 8 : handler.body + 12] != b"vide":
        return False
    summary.tracks += 1
    if summary.tracks > 1:
        return False
    summary.edits = _read_edits(data, track)
    return True


def _read_edits(data: bytes, track: _Box) -> tuple[EditRow, ...]:
    """Return the rows of a track's edit list; raises CorruptVideoError if there are several lists."""
    outer = [box for box in _boxes(data, track) if box.kind == b"edts"]
    lists = [box for edits in outer for box in _boxes(data, edits) if box.kind == b"elst"]
    if len(lists) > 1:
        raise CorruptVideoError("The video is cut in two ways; save it anew.")
    return read_edit_rows(data, lists[0].body, lists[0].end) if lists else ()


def _check_leaf(data: bytes, box: _Box, summary: _Summary) -> None:
    if box.kind in _ROW_BYTES:
        rows = _row_count(data, box, box.body + 4, _ROW_BYTES[box.kind])
        if box.kind == b"stts":
            _check_times(data, box, rows, summary)
    elif box.kind in (b"stsz", b"stz2"):
        _check_samples(data, box, summary)
    elif box.kind == b"trun":
        _check_run(data, box, summary)
    elif box.kind == b"mvhd":
        (summary.movie_timescale,) = struct.unpack_from(">I", data, box.body + (20 if data[box.body] == 1 else 12))
    elif box.kind == b"mdhd":
        _check_media(data, box, summary)
    elif box.kind == b"stsd":
        _check_entries(data, box)


def _row_count(data: bytes, box: _Box, offset: int, row_bytes: int) -> int:
    """Return the row count that a table declares; raises if the box is too short for it or it exceeds the limits."""
    (count,) = struct.unpack_from(">I", data, offset)
    if count * row_bytes > box.end - offset - 4:
        raise CorruptVideoError("The video announces more than it holds; send the original file.")
    if count > MAX_FRAMES:
        raise VideoTooLargeError("The video has too many pictures; record it shorter.", max_frames=MAX_FRAMES)
    return int(count)


def _check_times(data: bytes, box: _Box, rows: int, summary: _Summary) -> None:
    table = struct.unpack_from(f">{2 * rows}I", data, box.body + 8)
    frames = sum(table[::2])
    if frames:
        check_frame_count(frames)
        summary.sample_ticks = sum(count * step for count, step in zip(table[::2], table[1::2], strict=True))


def _check_samples(data: bytes, box: _Box, summary: _Summary) -> None:
    size, count = struct.unpack_from(">II", data, box.body + 4)
    if count:
        check_frame_count(count)
    bits = 32 if box.kind == b"stsz" else size & 0xFF
    if (box.kind == b"stz2" or size == 0) and count * bits > 8 * (box.end - box.body - 12):
        raise CorruptVideoError("The video announces more than it holds; send the original file.")
    summary.samples += count


def _check_run(data: bytes, box: _Box, summary: _Summary) -> None:
    flags, count = struct.unpack_from(">II", data, box.body)
    row_bytes = 4 * sum(bool(flags & field) for field in _TRUN_FIELDS)
    if count * row_bytes > box.end - box.body - 8:
        raise CorruptVideoError("The video announces more than it holds; send the original file.")
    summary.samples += count
    if count:
        check_frame_count(summary.samples)


def _check_media(data: bytes, box: _Box, summary: _Summary) -> None:
    is_long = data[box.body] == 1
    timescale, duration = struct.unpack_from(">IQ" if is_long else ">II", data, box.body + (20 if is_long else 12))
    is_unknown = duration == (2**64 - 1 if is_long else 2**32 - 1)
    summary.timescale, summary.declared_ticks = timescale, 0 if is_unknown else duration


def _check_entries(data: bytes, box: _Box) -> None:
    """Check the codec and the frame size of each sample description of the track."""
    (count,) = struct.unpack_from(">I", data, box.body + 4)
    entries = list(_boxes(data, _Box(b"", box.start, box.body + 8, box.end)))
    if not 0 < len(entries) <= _MAX_ENTRIES or count != len(entries):
        raise CorruptVideoError("The video does not say how it is coded; send the original file.")
    for entry in entries:
        check_codec(entry.kind.decode("ascii", "replace").strip(), _CODECS)
        width, height = struct.unpack_from(">HH", data, entry.body + 24)
        check_frame_size(width, height)
