"""Header check of images: type, size and orientation are read from the bytes before any decoder gets them.

The file is also rebuilt from the parts that a decoder needs. Metadata (GPS, profiles, comments, thumbnails, trailing
archives, later animation frames) never reaches a decoder, so it can't exploit one, and none of it is kept. Only a JPEG
without its end marker is decoded here, after all other checks, to see whether its picture is complete.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gwansang.vision.errors import (
    CorruptImageError,
    EmptyImageError,
    ImageTooLargeError,
    ImageTooSmallError,
    UnsupportedImageTypeError,
)
from gwansang.vision.gates.exif import CameraMetadata, read_camera_metadata
from gwansang.vision.gates.heif import heif_format
from gwansang.vision.gates.jpeg import APP1, EOI, FRAMES, SOS, check_without_end, jpeg_segments

ImageFormat = Literal["jpeg", "png", "webp"]

MIN_SIDE = 64
MAX_SIDE = 12_000
MAX_PIXELS = 64_000_000
MAX_DECODE_BYTES = 96_000_000  # memory of one decoder; two at a time stay below 200 MB
MAX_SCANS = 100  # a progressive JPEG has about 10; a thousand would exhaust the CPU
MAX_SCANNED_PIXELS = 1_000_000_000  # in all scans together
_MAX_CHUNKS = 16_384


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """Properties of an image file; `width`, `height`: of the upright image; `stored_*`: of the pixels as stored."""

    kind: ImageFormat
    stored_width: int
    stored_height: int
    camera: CameraMetadata
    has_alpha: bool
    decode_bytes: int  # memory needed to decode at full size
    stripped: bytes  # the file without metadata

    @property
    def width(self) -> int:
        return self.stored_height if self.camera.orientation >= 5 else self.stored_width

    @property
    def height(self) -> int:
        return self.stored_width if self.camera.orientation >= 5 else self.stored_height


def inspect_image(data: bytes) -> ImageHeader:
    """Return the header of a JPEG, PNG or WebP file.

    Raises an error of `vision.errors` if the type is unsupported, the file damaged, or a limit exceeded.
    """
    if not data:
        raise EmptyImageError("The file is empty; choose a photo and send it again.")
    try:
        header = _parse(data)
    except (struct.error, IndexError) as error:
        raise CorruptImageError("The image ends too early; send the whole file.") from error
    _check_size(header)
    return header


def _parse(data: bytes) -> ImageHeader:
    if data[:3] == b"\xff\xd8\xff":
        return _read_jpeg(data)
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return _read_png(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _read_webp(data)
    kind = heif_format(data)
    if kind is not None:
        message = f"A photo in {kind.upper()} can't be read; save it as JPEG, or set the camera to JPEG."
        raise UnsupportedImageTypeError(message, format=kind)
    raise UnsupportedImageTypeError("Only JPEG, PNG and WebP images can be read; save the photo as one of these.")


def _check_size(header: ImageHeader) -> None:
    width, height = header.stored_width, header.stored_height
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS or header.decode_bytes > MAX_DECODE_BYTES:
        raise ImageTooLargeError(
            "The image has too many pixels; send it smaller, or as an ordinary JPEG.",
            width=width,
            height=height,
            max_side=MAX_SIDE,
            max_pixels=MAX_PIXELS,
        )
    if min(width, height) < MIN_SIDE:
        raise ImageTooSmallError(
            f"The image is smaller than {MIN_SIDE} pixels; send a larger photo.",
            width=width,
            height=height,
            min_side=MIN_SIDE,
        )


_JPEG_KEPT = frozenset({0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDD, 0xEE, SOS, EOI})  # frame, tables, scans, Adobe's colours
_END = bytes((0xFF, EOI))


def _read_jpeg(data: bytes) -> ImageHeader:
    view = memoryview(data)
    kept, frames, scans, camera, marker = [view[:2]], [], [], None, 0
    for marker, start, end in jpeg_segments(data):
        if marker in FRAMES:
            frames.append(data[start:end])
        if marker == SOS:
            scans.append(_scan_header(data, start))
        if marker == APP1 and camera is None and data[start + 4 : start + 10] == b"Exif\x00\x00":
            camera = read_camera_metadata(data[start + 10 : end])
        if marker in _JPEG_KEPT:
            kept.append(view[start:end])
    if len(frames) != 1 or not scans:
        raise CorruptImageError("The JPEG holds no picture; send the original file.")
    stripped = b"".join(kept) + (b"" if marker == EOI else _END)
    header = _jpeg_header(stripped, frames[0], scans, camera or CameraMetadata())
    if marker != EOI:
        _check_size(header)
        check_without_end(stripped, frames[0], scans)
    return header


def _scan_header(data: bytes, start: int) -> bytes:
    (length,) = struct.unpack_from(">H", data, start + 2)
    return data[start : start + 2 + length]


def _jpeg_header(stripped: bytes, frame: bytes, scans: list[bytes], camera: CameraMetadata) -> ImageHeader:
    height, width, components = struct.unpack_from(">HHB", frame, 5)
    if frame[1] not in (0xC0, 0xC1, 0xC2) or components not in (1, 3, 4):
        raise CorruptImageError("The JPEG uses an unusual coding; save it again in a photo app.")
    if len(scans) > MAX_SCANS or len(scans) * min(width * height, MAX_PIXELS) > MAX_SCANNED_PIXELS:
        raise CorruptImageError("The JPEG has too many scans; save it again in a photo app.")
    has_several_scans = frame[1] == 0xC2 or scans[0][4] < components
    return ImageHeader(
        kind="jpeg",
        stored_width=width,
        stored_height=height,
        camera=camera,
        has_alpha=False,
        decode_bytes=_coefficient_bytes(frame, width, height, components) if has_several_scans else 0,
        stripped=stripped,
    )


def _coefficient_bytes(frame: bytes, width: int, height: int, components: int) -> int:
    """Return the memory of the coefficients that a decoder keeps for an image of several scans: two bytes each."""
    factors = [(frame[11 + 3 * index] >> 4) * (frame[11 + 3 * index] & 15) for index in range(components)]
    return 2 * width * height * sum(factors) // max(*factors, 1)


_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}


def _read_png(data: bytes) -> ImageHeader:
    width, height, depth, color = struct.unpack_from(">IIBB", data, 16)
    if data[12:16] != b"IHDR" or color not in _PNG_CHANNELS:
        raise CorruptImageError("The PNG is damaged; send the original file.")
    kept, camera, transparent = [data[:8]], None, color in (4, 6)
    for kind, start, end in _chunks(data, 8, ">"):
        if kind in _PNG_KEPT:
            kept.append(data[start - 8 : end + 4])
        if kind == b"eXIf" and camera is None:
            camera = read_camera_metadata(data[start:end])
        transparent = transparent or kind == b"tRNS"
        if kind == b"IEND":
            break
    else:
        raise CorruptImageError("The PNG ends too early; send the whole file.")
    channels = 4 if transparent else 3
    return ImageHeader(
        kind="png",
        stored_width=width,
        stored_height=height,
        camera=camera or CameraMetadata(),
        has_alpha=transparent,
        decode_bytes=width * height * channels * (2 if depth == 16 else 1),
        stripped=b"".join(kept),
    )


def _chunks(data: bytes, position: int, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield (type, start, end) of each chunk's body; order ">" for PNG chunks, "<" for RIFF chunks."""
    big = order == ">"
    for _ in range(_MAX_CHUNKS):
        if position + 8 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, position) if big else _riff_chunk(data, position)
        start, end = position + 8, position + 8 + length
        if end > len(data):
            raise CorruptImageError("The image ends too early; send the whole file.")
        yield kind, start, end
        position = end + (4 if big else length & 1)
    raise CorruptImageError("The image has too many parts; save it again in a photo app.")


def _riff_chunk(data: bytes, position: int) -> tuple[int, bytes]:
    kind, length = struct.unpack_from("<4sI", data, position)
    return length, kind


def _read_webp(data: bytes) -> ImageHeader:
    (size,) = struct.unpack_from("<I", data, 4)
    if size + 8 > len(data):
        raise CorruptImageError("The WebP ends too early; send the whole file.")
    camera, image, alpha, animated = None, b"", b"", False
    for kind, start, end in _chunks(data[: size + 8], 12, "<"):
        if kind == b"EXIF" and camera is None:
            camera = read_camera_metadata(data[start:end])
        if kind == b"ANMF" and not animated:  # an animation: its first frame only
            animated = True
            for inner, first, last in _chunks(data[start:end], 16, "<"):
                alpha, image = _webp_part(inner, data[start + first : start + last], alpha, image)
        alpha, image = _webp_part(kind, data[start:end], alpha, image)
    return _webp_header(image, alpha, camera or CameraMetadata())


def _webp_part(kind: bytes, body: bytes, alpha: bytes, image: bytes) -> tuple[bytes, bytes]:
    if kind == b"ALPH" and not image:
        return body, image
    if kind in (b"VP8 ", b"VP8L") and not image:
        return alpha, kind + struct.pack("<I", len(body)) + body + b"\x00" * (len(body) & 1)
    return alpha, image


def _webp_header(image: bytes, alpha: bytes, camera: CameraMetadata) -> ImageHeader:
    if not image:
        raise CorruptImageError("The WebP holds no picture; send the original file.")
    if image[:4] == b"VP8L":
        (bits,) = struct.unpack_from("<I", image, 9)
        width, height, transparent = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
        body = image
    else:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", image, 14))
        transparent = bool(alpha)
        body = _webp_with_alpha(image, alpha, width, height) if alpha else image
    return ImageHeader(
        kind="webp",
        stored_width=width,
        stored_height=height,
        camera=camera,
        has_alpha=transparent,
        decode_bytes=width * height * 4,
        stripped=b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body,
    )


def _webp_with_alpha(image: bytes, alpha: bytes, width: int, height: int) -> bytes:
    sides = struct.pack("<I", max(width - 1, 0))[:3] + struct.pack("<I", max(height - 1, 0))[:3]
    extended = b"VP8X" + struct.pack("<I", 10) + b"\x10\x00\x00\x00" + sides
    return extended + b"ALPH" + struct.pack("<I", len(alpha)) + alpha + b"\x00" * (len(alpha) & 1) + image
