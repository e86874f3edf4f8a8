"""What a clip is, as far as its container says it; and the limits that are held against that and against the truth."""

from dataclasses import dataclass
from typing import Literal

from gwansang.vision.errors import NoVideoError, UnsupportedVideoTypeError, VideoTooLargeError, VideoTooLongError

MAX_SECONDS = 30
MAX_SIDE = 4_096  # 4K, upright or lying
MAX_PIXELS = 4_096 * 2_304
MAX_RATE = 240  # frames a second: phones' slow motion
MAX_FRAMES = MAX_SECONDS * MAX_RATE
_LENIENCE_S = 0.5  # a camera that stops at 30 seconds stops a few pictures later


@dataclass(frozen=True, slots=True)
class ClipHeader:
    """container: which demuxer the bytes are for.

    hidden: places of four bytes that name a part which no demuxer shall see; `vision.essential` covers them.
    """

    container: Literal["mp4", "webm"]
    hidden: tuple[int, ...] = ()


def check_codec(name: str, known: frozenset[str]) -> None:
    """Raises UnsupportedVideoTypeError for a codec that no phone, camera or browser records with."""
    if name not in known:
        raise UnsupportedVideoTypeError(
            "The video is of a kind that can't be read; save it as H.264, H.265, VP8, VP9 or AV1.", codec=name
        )


def check_duration(seconds: float) -> None:
    """Raises VideoTooLongError."""
    if seconds > MAX_SECONDS + _LENIENCE_S:
        raise VideoTooLongError(f"The video is longer than {MAX_SECONDS} seconds; cut it.", max_seconds=MAX_SECONDS)


def check_frame_size(width: int, height: int) -> None:
    """Raises VideoTooLargeError, or NoVideoError for a picture without pixels."""
    if min(width, height) < 1:
        raise NoVideoError("There are no pictures in the file; send a video that shows your face.")
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise VideoTooLargeError(
            "The pictures of the video have too many pixels; record it in 4K or smaller.",
            width=width,
            height=height,
            max_pixels=MAX_PIXELS,
        )


def check_frame_count(frames: int) -> None:
    """Raises VideoTooLargeError, or NoVideoError for none at all."""
    if frames < 1:
        raise NoVideoError("There are no pictures in the file; send a video that shows your face.")
    if frames > MAX_FRAMES:
        raise VideoTooLargeError("The video has too many pictures; record it shorter.", max_frames=MAX_FRAMES)


def check_frame_rate(frames: int, seconds: float) -> None:
    """Raises VideoTooLargeError; a handful of frames has no rate."""
    if frames > MAX_RATE and frames > (MAX_RATE + 1) * max(seconds, 0.0):
        raise VideoTooLargeError(
            f"The video has more than {MAX_RATE} pictures a second; record it with fewer.", max_rate=MAX_RATE
        )
