"""From a clip's bytes to some of its frames: the demuxer is chosen by the bytes, and it can open nothing but them.

A header may say anything, so the packets are counted before one of them is decoded. Decoding starts at a keyframe, so
that each part of a clip can be decoded alone, and again.
"""

import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from time import monotonic
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
from gwansang.vision.gates.masked_file import MaskedFile
from gwansang.vision.gates.mp4 import inspect_mp4
from gwansang.vision.gates.webm import inspect_webm

if TYPE_CHECKING:  # `av` takes a moment to load: only who decodes waits for it
    from av.buffer import Buffer
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

MAX_SAMPLED_FRAMES = 60  # frames of a clip that are looked at
PART_FRAMES = 6
_MATRIX = "DISPLAYMATRIX"
_EBML = b"\x1a\x45\xdf\xa3"
_CODECS = frozenset({"h264", "hevc", "vp8", "vp9", "libvpx", "libvpx-vp9", "av1", "libdav1d", "mpeg4"})
_SKIPPING = frozenset({"h264", "hevc"})  # decoders that are told packet by packet what may be skipped
_DEMUXERS = {"mp4": "mov", "webm": "matroska"}
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
    "ignore_editlist": "1",  # edits can repeat frames without end
    "threads": "1",
}

Clock = Callable[[], float]


class DecodeBudget:
    """Seconds that a piece of work may take, asked again and again while it goes on."""

    def __init__(self, seconds: float, clock: Clock = monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def check(self) -> None:
        """Raises VideoTooComplexError where they are over."""
        if self._clock() > self._end:
            raise VideoTooComplexError("The video takes too long to decode; record it shorter, or in 1080p.")


@dataclass(frozen=True, slots=True)
class ClipIndex:
    """What the packets say. parts: the times of the frames to look at, in ticks of `tick_s`, in pieces of the work.

    starts: for each part, how many packets can be passed over without decoding them.
    """

    header: ClipHeader
    frame_count: int
    seconds: float
    tick_s: Fraction
    parts: tuple[tuple[int, ...], ...]
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ClipFrame:
    """A frame and the second of the clip that it was taken in."""

    image: DecodedImage
    second: float


def inspect_clip(data: bytes) -> ClipHeader:
    """Judges a file by its own bytes, before any demuxer sees it; raises what `vision.errors` names."""
    if not data:
        raise EmptyImageError("The file is empty; choose a video and send it again.")
    return inspect_webm(data) if data[:4] == _EBML else inspect_mp4(data)


def scan_clip(data: bytes, budget: DecodeBudget) -> ClipIndex:
    """Counts the packets of a clip and chooses the frames to look at; decodes none."""
    header = inspect_clip(data)
    with _opened(data, header) as (container, stream):
        tick_s = stream.time_base or Fraction(1, 1000)
        times: list[int] = []
        keys: list[tuple[int, int]] = []  # (packet, time)
        for packet in _packets(container, stream, budget):
            time = packet.pts or 0
            if packet.is_keyframe:
                keys.append((len(times), time))
            times.append(time)
            check_frame_count(len(times))
            check_duration(abs(time - times[0]) * float(tick_s))
    check_frame_count(len(times))
    if not keys:
        raise CorruptVideoError("The video has no frame that can be shown by itself; send the original file.")
    seconds = (max(times) - min(times)) * float(tick_s)
    check_duration(seconds)
    check_frame_rate(len(times) - 1, seconds)
    parts = tuple(_parts(sorted({time for time in times if time >= keys[0][1]})))
    starts = tuple(max((packet for packet, time in keys if time <= part[0]), default=0) for part in parts)
    return ClipIndex(header, len(times), seconds, tick_s, parts, starts)


def _parts(times: list[int]) -> Iterator[tuple[int, ...]]:
    """Up to SAMPLES of the times, evenly spread, in pieces of about PART_FRAMES."""
    count = min(MAX_SAMPLED_FRAMES, len(times))
    chosen = [times[(2 * index + 1) * len(times) // (2 * count)] for index in range(count)]
    pieces = -(-count // PART_FRAMES)
    for piece in range(pieces):
        yield tuple(chosen[piece * count // pieces : (piece + 1) * count // pieces])


def decode_frames(data: bytes, clip: ClipIndex, part: int, budget: DecodeBudget) -> Iterator[ClipFrame]:
    """The frames of one part; what is damaged is left out. Raises VideoTooComplexError where it takes too long."""
    asked, first = clip.parts[part], clip.parts[0][0]
    wanted = list(asked)
    with _opened(data, clip.header) as (container, stream):
        packets = islice(_packets(container, stream, budget), clip.starts[part], None)
        for frame in _decoded(packets, stream, frozenset(asked)):
            if frame.pts is None or frame.pts < wanted[0] or frame.is_corrupt:
                continue
            wanted = [time for time in wanted if time > frame.pts]
            yield ClipFrame(_picture(frame, stream), float((frame.pts - first) * clip.tick_s))
            if not wanted:
                return


def _packets(
    container: "InputContainer", stream: "VideoStream", budget: DecodeBudget
) -> Iterator["Packet[VideoStream]"]:
    """Those with something in them, in the order in which they are decoded, while there is time."""
    for packet in container.demux(stream):
        budget.check()
        if packet.size and packet.pts is not None:
            yield packet


def _decoded(
    packets: Iterator["Packet[VideoStream]"], stream: "VideoStream", asked: frozenset[int]
) -> Iterator["VideoFrame"]:
    """What can be decoded, and in the end what the decoder held back; others than those asked for may be missing."""
    from av.error import FFmpegError  # noqa: PLC0415 - loads for a moment, and only where videos are decoded

    for packet in chain(packets, (None,)):
        if packet and stream.codec_context.name in _SKIPPING:  # a frame that no other refers to is needed by nobody
            stream.codec_context.skip_frame = "DEFAULT" if packet.pts in asked else "NONREF"
        try:
            decoded = stream.decode(packet)
        except FFmpegError:
            continue  # the next ones may be whole
        yield from decoded


@contextmanager
def _opened(data: bytes, header: ClipHeader) -> Iterator[tuple["InputContainer", "VideoStream"]]:
    import av  # noqa: PLC0415 - loads for a moment, and only where videos are decoded

    try:
        with av.open(
            MaskedFile(data, header.hidden),
            "r",
            format=_DEMUXERS[header.container],
            options=_OPTIONS,
            metadata_errors="replace",
            io_open=_refuse,
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
    check_codec(getattr(stream.codec_context, "name", "unknown"), _CODECS)  # None where no decoder knows it
    check_frame_size(stream.codec_context.width, stream.codec_context.height)


def _refuse(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    raise CorruptVideoError("The video refers to another file; send one that holds everything itself.")


def _picture(frame: "VideoFrame", stream: "VideoStream") -> DecodedImage:
    """Each frame has a size of its own: it may change within a clip."""
    check_frame_size(frame.width, frame.height)
    pixels = np.ascontiguousarray(frame.to_ndarray(format="rgb24", threads=1), dtype=np.uint8)
    aspect = stream.sample_aspect_ratio
    return image_from_pixels(pixels, _orientation(frame), float(aspect) if aspect else 1.0)


def _orientation(frame: "VideoFrame") -> int:
    """As Exif would tell it, from the frame's display matrix: (x, y) as stored is shown at (ax + cy, bx + dy)."""
    told: Mapping[str, Buffer] = frame.side_data  # type: ignore[assignment]  # its stub knows only motion vectors
    if _MATRIX not in told:
        return 1
    a, b, _, c, d, *_ = struct.unpack_from("=9i", told[_MATRIX])
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return {(False, False): 1, (True, False): 2, (True, True): 3, (False, True): 4}[a < 0, d < 0]
    return {(False, False): 5, (False, True): 6, (True, True): 7, (True, False): 8}[b < 0, c < 0]
