"""Header of a clip, and the limits that its declared and its actual properties are checked against."""

from dataclasses import dataclass
from typing import Literal

from gwansang.vision.errors import NoVideoError, UnsupportedVideoTypeError, VideoTooLargeError, VideoTooLongError
from gwansang.vision.gates.edit_list import Edit

MAX_SECONDS = 30
MAX_SIDE = 4_096  # 4K, portrait or landscape
MAX_PIXELS = 4_096 * 2_304
MAX_RATE = 240  # frames a second: phones' slow motion
MAX_FRAMES = MAX_SECONDS * MAX_RATE
_TOLERANCE_S = 0.5  # a camera that stops at 30 seconds records a few frames more


@dataclass(frozen=True, slots=True)
class ClipHeader:
    """Container format of a clip, and the boxes to hide from the demuxer.

    hidden: rising offsets of the four-byte box types that `MaskedFile` replaces; edits: what is shown of the clip, none
    if all of it is.
    """

    container: Literal["mp4", "matroska"]
    hidden: tuple[int, ...] = ()
    edits: tuple[Edit, ...] = ()


def unsupported_container() -> UnsupportedVideoTypeError:
    """Return the error about a file of another kind."""
    return UnsupportedVideoTypeError(
        "Only MP4, MOV, 3GP, WebM and Matroska videos can be read; save the clip as one of these."
    )


def check_codec(name: str, supported: frozenset[str]) -> None:
    """Raise UnsupportedVideoTypeError for a codec that is not in `supported`."""
    if name not in supported:
        raise UnsupportedVideoTypeError(
            "The video is of a kind that can't be read; save it as H.264, H.265, VP8, VP9 or AV1. On an iPhone, "
            "Settings > Camera > Formats > Most Compatible records H.264.",
            codec=name,
        )


def check_duration(seconds: float) -> None:
    """Raise VideoTooLongError if a clip is longer than MAX_SECONDS."""
    if seconds > MAX_SECONDS + _TOLERANCE_S:
        raise VideoTooLongError(f"The video is longer than {MAX_SECONDS} seconds; cut it.", max_seconds=MAX_SECONDS)


def check_frame_size(width: int, height: int) -> None:
    """Raise VideoTooLargeError for frames of more than 4K, NoVideoError for frames without pixels."""
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
    """Raise VideoTooLargeError for more than MAX_FRAMES frames, NoVideoError for none."""
    if frames < 1:
        raise NoVideoError("There are no pictures in the file; send a video that shows your face.")
    if frames > MAX_FRAMES:
        raise VideoTooLargeError("The video has too many pictures; record it shorter.", max_frames=MAX_FRAMES)


def check_frame_rate(frames: int, seconds: float) -> None:
    """Raise VideoTooLargeError for more than MAX_RATE frames a second; short clips are not checked."""
    if frames > MAX_RATE and frames > (MAX_RATE + 1) * max(seconds, 0.0):
        raise VideoTooLargeError(
            f"The video has more than {MAX_RATE} pictures a second; record it with fewer.", max_rate=MAX_RATE
        )
