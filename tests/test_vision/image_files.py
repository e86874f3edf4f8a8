"""Image files built part by part: with Exif, broken, with false headers, or decompression bombs."""

import io
import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gwansang.vision.drawn_face import draw_face
from tests.support.photos import drawn_portrait

EXIF_START = b"Exif\x00\x00"


def drawn(width: int = 480, height: int = 640, face_width: float = 225.0) -> Image.Image:
    return Image.fromarray(draw_face(width, height, face_width))


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """Return the file that Pillow writes, an encoder that the product does not use."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


# Exif


def tiff(orientation: int = 1, focal_35mm: int | None = None, order: str = "<", kind: int = 3) -> bytes:
    """Return a TIFF block with the orientation, and the focal length in its nested directory."""
    entries = [struct.pack(order + "HHIHH", 0x0112, kind, 1, orientation, 0)]
    nested = b""
    if focal_35mm is not None:
        entries.append(struct.pack(order + "HHII", 0x8769, 4, 1, 8 + 2 + 2 * 12 + 4))
        focal = struct.pack(order + "HHIHH", 0xA405, 3, 1, focal_35mm, 0)
        nested = struct.pack(order + "H", 1) + focal + bytes(4)
    directory = struct.pack(order + "H", len(entries)) + b"".join(entries) + bytes(4)
    return {"<": b"II*\x00", ">": b"MM\x00*"}[order] + struct.pack(order + "I", 8) + directory + nested


def looped_tiff(entries: int = 10_000) -> bytes:
    """Return a directory that declares many entries and points at itself as its own nested and next directory."""
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8)
    listed = min(entries, 5_000)
    return b"II*\x00" + struct.pack("<IH", 8, entries) + entry * listed + struct.pack("<I", 8)


# JPEG


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def jpeg_with_exif(jpeg: bytes, block: bytes) -> bytes:
    return with_segments(jpeg, segment(0xE1, EXIF_START + block))


def jpeg_claiming(jpeg: bytes, width: int, height: int) -> bytes:
    """Return the JPEG with another size in its frame header."""
    frame = min(jpeg.find(bytes((0xFF, marker))) % (1 << 40) for marker in (0xC0, 0xC2))
    return jpeg[: frame + 5] + struct.pack(">HH", height, width) + jpeg[frame + 9 :]


def jpeg_with_scans(count: int) -> bytes:
    """Return a progressive JPEG whose last scan is repeated."""
    jpeg = saved(drawn(), "JPEG", progressive=True)
    last = jpeg.rfind(b"\xff\xda")
    return jpeg[:-2] + jpeg[last:-2] * count + jpeg[-2:]


# PNG


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_with(png: bytes, *chunks: bytes) -> bytes:
    """Return the PNG with chunks inserted after its header."""
    return png[:33] + b"".join(chunks) + png[33:]


def png_of_zeros(width: int, height: int, depth: int = 1, color: int = 0) -> bytes:
    """Return a black image with a very small file."""
    row_bytes = (width * depth * {0: 1, 2: 3, 4: 2, 6: 4}[color] + 7) // 8 + 1
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(row_bytes)) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def png_16_bit(rgb: NDArray[np.uint8], *, alpha: bool) -> bytes:
    """Return a PNG with two bytes per channel; its alpha channel, if any, is opaque."""
    deep = rgb.astype(">u2") * 257
    if alpha:
        deep = np.dstack([deep, np.full(rgb.shape[:2], 65_535, ">u2")])
    rows = b"".join(b"\x00" + row.astype(">u2").tobytes() for row in deep)
    header = struct.pack(">IIBBBBB", rgb.shape[1], rgb.shape[0], 16, 6 if alpha else 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


# WebP


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(kind + struct.pack("<I", len(data)) + data + bytes(len(data) & 1) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def webp_with_exif(webp: bytes, block: bytes, width: int, height: int) -> bytes:
    """Return a simple WebP in the extended format, with Exif."""
    canvas = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    kind, body = webp[12:16], webp[20:]
    return riff((b"VP8X", b"\x08\x00\x00\x00" + canvas), (kind, body), (b"EXIF", block))


def webp_claiming(width: int, height: int) -> bytes:
    """Return a lossless WebP header without image data."""
    bits = (width - 1) | (height - 1) << 14
    return riff((b"VP8L", b"\x2f" + struct.pack("<I", bits) + bytes(20)))


# orientations

_STORED_AS = {
    1: lambda image: image,
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.swapaxes(0, 1),
    6: lambda image: image.swapaxes(0, 1)[::-1],
    7: lambda image: image.swapaxes(0, 1)[::-1, ::-1],
    8: lambda image: image.swapaxes(0, 1)[:, ::-1],
}


def stored_as(upright: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Return the pixels that a camera stores for an upright image with this orientation."""
    return np.ascontiguousarray(_STORED_AS[orientation](upright))


def polyglots() -> dict[str, bytes]:
    """Return portraits that are valid files of another type too, by a description."""
    portrait = drawn_portrait()
    pdf = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    return {
        "a ZIP behind it": portrait + b"PK\x03\x04" + bytes(60) + b"PK\x05\x06" + bytes(18),
        "PHP behind it": portrait + b"<?php system($_GET['c']); ?>",
        "HTML behind it": portrait + b"<html><script>alert(1)</script>",
        "a PDF in its comment": with_segments(portrait, segment(0xFE, pdf)),
        "another photo behind it": portrait + drawn_portrait(width=200, height=200, face_width=80),
        "a film behind it": portrait + bytes(range(256)) * 40 + b"\xff\xda" * 1_000,
    }


# unusual codings


def ycck_jpeg(image: Image.Image) -> bytes:
    """Return Adobe's CMYK JPEG: inverted C, M, Y as luma and chroma, inverted K, and Adobe's marker."""
    ink = 255 - np.asarray(image.convert("RGB"))
    coded = np.asarray(Image.fromarray(ink).convert("YCbCr"))
    black = np.full(ink.shape[:2], 255, np.uint8)  # inverted: none
    four = Image.frombytes("CMYK", image.size, (255 - np.dstack([coded, black])).tobytes())  # Pillow inverts as well
    plain = saved(four, "JPEG", quality=95, subsampling=0)
    adobe = plain.find(b"\xff\xee")
    return plain[:adobe] + segment(0xEE, b"Adobe\x00\x64\x00\x00\x00\x00\x02") + plain[adobe + 16 :]


_ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))


def interlaced_png(rgb: NDArray[np.uint8]) -> bytes:
    """Return a PNG interlaced in seven passes."""
    rows = bytearray()
    for top, left, down, across in _ADAM7:
        for row in rgb[top::down, left::across]:
            rows += b"\x00" + row.tobytes()
    header = struct.pack(">IIBBBBB", rgb.shape[1], rgb.shape[0], 8, 2, 0, 0, 1)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", zlib.compress(bytes(rows))) + chunk(b"IEND", b"")


def truncated_consistently(data: bytes) -> bytes:
    """Return a PNG or WebP with half of its pixel data, and lengths and checksums that match the half."""
    if data[:4] == b"RIFF":
        return riff((data[12:16], data[20 : 20 + len(data) // 2]))
    packed = data[data.find(b"IDAT") + 4 : data.rfind(b"IEND") - 8]
    return data[:33] + chunk(b"IDAT", packed[: len(packed) // 2]) + chunk(b"IEND", b"")
