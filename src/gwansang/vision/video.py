"""Decoding of selected frames of a clip; the demuxer is chosen by the bytes and can open nothing else.

Headers are not trusted, so the packets are counted before any is decoded. Decoding starts at a keyframe, so that each
part of a clip can be decoded on its own, and repeatedly.
"""

import struct
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from time import thread_time
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from gwansang.vision.decode import DecodedImage, image_from_pixels
from gwansang.vision.errors import CorruptVideoError, EmptyImageError, NoVideoError, VideoTooComplexError
from gwansang.vision.gates.clip_header import (
    MAX_PIXELS,
    ClipHeader,
    check_codec,
    check_duration,
    check_frame_count,
    check_frame_rate,
    check_frame_size,
)
from gwansang.vision.gates.edit_list import shown_frames, shown_seconds
from gwansang.vision.gates.masked_file import MaskedFile
from gwansang.vision.gates.matroska import inspect_matroska
from gwansang.vision.gates.mp4 import inspect_mp4

if TYPE_CHECKING:  # `av` loads slowly: only decoding imports it
    from av.buffer import Buffer
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

MAX_SAMPLED_FRAMES = 60  # frames of a clip that are decoded for reading
PART_FRAMES = 6
_MATRIX = "DISPLAYMATRIX"
_EBML = b"\x1a\x45\xdf\xa3"
_CODECS = frozenset({"h264", "hevc", "vp8", "vp9", "libvpx", "libvpx-vp9", "av1", "libdav1d", "mpeg4"})
_SKIPPING = frozenset({"h264", "hevc"})  # decoders for which frames to skip are set packet by packet
_DEMUXERS = {"mp4": "mov", "matroska": "matroska"}
_OPTIONS = {
    "protocol_whitelist": "none",  # no protocol has this name
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm",
    "codec_whitelist": ",".join(sorted(_CODECS)),
    "max_pixels": str(MAX_PIXELS),
    "max_streams": "16",
    "probesize": "1000000",
    "analyzeduration": "1000000",
    "enable_drefs": "0",
    "use_absolute_path": "0",
    "ignore_editlist": "1",  # hidden from it, and read by `gates.edit_list`
    "threads": "1",
}

Clock = Callable[[], float]


class DecodeBudget:
    """Limit of the work of a clip: processor time of the thread, which does not depend on what else runs."""

    def __init__(self, seconds: float, clock: Clock = thread_time) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def check(self) -> None:
        """Raise VideoTooComplexError if the work took longer."""
        if self._clock() > self._end:
            raise VideoTooComplexError("The video takes too long to decode; record it shorter, or in 1080p.")


@dataclass(frozen=True, slots=True)
class ClipIndex:
    """Index of a clip's packets.

    seconds: duration of what is shown.
    parts: timestamps of the selected frames, grouped into units of work.
    keyframes: number of the packet and timestamp of each.
    shown_at: timestamps of the frames that a player shows, each with its second in the clip.
    """

    header: ClipHeader
    frame_count: int
    seconds: float
    parts: tuple[tuple[int, ...], ...]
    keyframes: tuple[tuple[int, int], ...]
    shown_at: Mapping[int, float]

    def first_packet(self, time: int) -> int:
        """Return the number of the packet at which decoding has to start for a frame."""
        return max((packet for packet, start in self.keyframes if start <= time), default=0)

    def times_of(self, seconds: Container[float]) -> tuple[int, ...]:
        """Return the timestamps of the frames that are shown at these seconds, rising."""
        return tuple(time for time, second in self.shown_at.items() if second in seconds)


@dataclass(frozen=True, slots=True)
class ClipFrame:
    """A frame and its time in the clip, in seconds; is_lead: it belongs to a part before."""

    image: DecodedImage
    second: float
    is_lead: bool = False


def inspect_clip(data: bytes) -> ClipHeader:
    """Return the header of an MP4, MOV, 3GP, WebM or Matroska file, read without a demuxer.

    Raises an error of `vision.errors` if the type is unsupported, the file damaged, or a limit exceeded.
    """
    if not data:
        raise EmptyImageError("The file is empty; choose a video and send it again.")
    return inspect_matroska(data) if data[:4] == _EBML else inspect_mp4(data)


def scan_clip(data: bytes, budget: DecodeBudget) -> ClipIndex:
    """Count the packets of a clip and select the frames to decode; decodes none. Raises as `inspect_clip` does."""
    header = inspect_clip(data)
    with _open_clip(data, header) as (container, stream):
        packets = _Packets(stream.time_base or Fraction(1, 1000))
        for packet in _packets(container, stream, budget):
            packets.add(packet)
            check_frame_count(len(packets.times))
            if not header.edits:
                check_duration(packets.seconds())
    check_frame_count(len(packets.times))
    check_frame_rate(len(packets.times) - 1, packets.seconds())
    return _select_parts(header, packets)


class _Packets:
    """Times of the packets of a clip, in ticks of `tick_s`; keyframes: number of the packet and time of each."""

    def __init__(self, tick_s: Fraction) -> None:
        self.tick_s = tick_s
        self.times: list[int] = []
        self.keyframes: list[tuple[int, int]] = []
        self.last_ticks = 1
        self._first = self._last = 0

    def add(self, packet: "Packet[VideoStream]") -> None:
        time = packet.pts or 0
        self._first, self._last = (min(self._first, time), max(self._last, time)) if self.times else (time, time)
        if packet.is_keyframe:
            self.keyframes.append((len(self.times), time))
        self.times.append(time)
        self.last_ticks = packet.duration or 1

    def seconds(self) -> float:
        """Return the time from the first to the last frame so far."""
        return float((self._last - self._first) * self.tick_s)


def _select_parts(header: ClipHeader, packets: _Packets) -> ClipIndex:
    """Return the index with the frames to decode, of those that are shown; raises if too much or nothing is shown."""
    if not packets.keyframes:
        raise CorruptVideoError("The video has no frame that can be shown by itself; send the original file.")
    tick_s, last_ticks = packets.tick_s, packets.last_ticks
    times = sorted({time for time in packets.times if time >= packets.keyframes[0][1]})
    shown_at = shown_frames(header.edits, times, last_ticks, tick_s)
    track_s = (times[-1] + last_ticks) * tick_s
    seconds = shown_seconds(header.edits, track_s) if header.edits else packets.seconds()
    check_duration(seconds)
    parts = tuple(_select_frames(list(shown_at)))
    return ClipIndex(header, len(packets.times), seconds, parts, tuple(packets.keyframes), shown_at)


def _select_frames(times: list[int]) -> Iterator[tuple[int, ...]]:
    """Yield up to MAX_SAMPLED_FRAMES of the times, evenly spread, in parts of about PART_FRAMES."""
    count = min(MAX_SAMPLED_FRAMES, len(times))
    selected = [times[(2 * index + 1) * len(times) // (2 * count)] for index in range(count)]
    parts = -(-count // PART_FRAMES)
    for part in range(parts):
        yield tuple(selected[part * count // parts : (part + 1) * count // parts])


def decode_frames(
    data: bytes, clip: ClipIndex, part: int, budget: DecodeBudget, lead: Sequence[int] = ()
) -> Iterator[ClipFrame]:
    """Yield the selected frames of one part, without damaged ones; raises VideoTooComplexError if it is too much work.

    lead: timestamps of frames of the parts before, rising, which come first.
    """
    selected = clip.parts[part]
    if lead and clip.first_packet(lead[0]) == clip.first_packet(selected[0]):
        yield from _decode_selected(data, clip, (*lead, *selected), selected[0], budget)
        return
    if lead:
        yield from _decode_selected(data, clip, tuple(lead), selected[0], budget)
    yield from _decode_selected(data, clip, selected, selected[0], budget)


def _decode_selected(
    data: bytes, clip: ClipIndex, selected: Sequence[int], part_starts: int, budget: DecodeBudget
) -> Iterator[ClipFrame]:
    remaining = list(selected)
    with _open_clip(data, clip.header) as (container, stream):
        packets = islice(_packets(container, stream, budget), clip.first_packet(selected[0]), None)
        for frame in _decode_packets(packets, stream, frozenset(selected)):
            if frame.pts is None or frame.pts < remaining[0] or frame.is_corrupt:
                continue
            remaining = [time for time in remaining if time > frame.pts]
            if frame.pts in clip.shown_at:  # else it was cut away, and follows a damaged one
                yield ClipFrame(_image_of(frame, stream), clip.shown_at[frame.pts], frame.pts < part_starts)
            if not remaining:
                return


def _packets(
    container: "InputContainer", stream: "VideoStream", budget: DecodeBudget
) -> Iterator["Packet[VideoStream]"]:
    """Yield the non-empty packets in decoding order; raises VideoTooComplexError if it is too much work."""
    for packet in container.demux(stream):
        budget.check()
        if packet.size and packet.pts is not None:
            yield packet


def _decode_packets(
    packets: Iterator["Packet[VideoStream]"], stream: "VideoStream", selected: frozenset[int]
) -> Iterator["VideoFrame"]:
    """Yield the frames that can be decoded, including those the decoder holds back; unselected ones may be skipped."""
    from av.error import FFmpegError  # noqa: PLC0415 - loads slowly, and only decoding needs it

    for packet in chain(packets, (None,)):
        if packet and stream.codec_context.name in _SKIPPING:  # skip unselected frames that no other refers to
            stream.codec_context.skip_frame = "DEFAULT" if packet.pts in selected else "NONREF"
        try:
            decoded = stream.decode(packet)
        except FFmpegError:
            continue  # the next ones may be intact
        yield from decoded


@contextmanager
def _open_clip(data: bytes, header: ClipHeader) -> Iterator[tuple["InputContainer", "VideoStream"]]:
    import av  # noqa: PLC0415 - loads slowly, and only decoding needs it

    try:
        with av.open(
            MaskedFile(data, header.hidden),
            "r",
            format=_DEMUXERS[header.container],
            options=_OPTIONS,
            metadata_errors="replace",
            io_open=_refuse_other_file,
        ) as container:
            if not container.streams.video:
                raise NoVideoError("There are no pictures in the file; send a video that shows your face.")
            stream = container.streams.video[0]
            _check_stream(stream)
            stream.codec_context.thread_type = av.codec.context.ThreadType.NONE
            stream.codec_context.thread_count = 1
            stream.codec_context.options = {"max_pixels": str(MAX_PIXELS), "threads": "1"}
            yield container, stream
    except av.error.FFmpegError as error:
        raise CorruptVideoError("The video is damaged; send the original file.") from error


def _check_stream(stream: "VideoStream") -> None:
    check_codec(getattr(stream.codec_context, "name", "unknown"), _CODECS)  # no decoder, no name
    check_frame_size(stream.codec_context.width, stream.codec_context.height)


def _refuse_other_file(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    raise CorruptVideoError("The video refers to another file; send one that holds everything itself.")


def _image_of(frame: "VideoFrame", stream: "VideoStream") -> DecodedImage:
    """Return the image of a frame; its size is checked, as it may change within a clip."""
    check_frame_size(frame.width, frame.height)
    pixels = np.ascontiguousarray(frame.to_ndarray(format="rgb24", threads=1), dtype=np.uint8)
    aspect = stream.sample_aspect_ratio
    return image_from_pixels(pixels, _orientation(frame), float(aspect) if aspect else 1.0)


def _orientation(frame: "VideoFrame") -> int:
    """Return the Exif orientation of a frame's display matrix, which shows stored (x, y) at (ax + cy, bx + dy)."""
    side_data: Mapping[str, Buffer] = frame.side_data  # type: ignore[assignment]  # its stub knows only motion vectors
    if _MATRIX not in side_data:
        return 1
    a, b, _, c, d, *_ = struct.unpack_from("=9i", side_data[_MATRIX])
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return {(False, False): 1, (True, False): 2, (True, True): 3, (False, True): 4}[a < 0, d < 0]
    return {(False, False): 5, (False, True): 6, (True, True): 7, (True, False): 8}[b < 0, c < 0]
