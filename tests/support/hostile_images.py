"""Hostile pictures, each with its valid answers."""

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, PngImagePlugin

from tests.support.photos import drawn_portrait, encoded

OK = (200, None)
NO_TYPE = (400, "UNSUPPORTED_IMAGE_TYPE")
EMPTY = (422, "EMPTY_FILE")
CORRUPT = (422, "IMAGE_CORRUPT")
TOO_MANY_PIXELS = (413, "IMAGE_TOO_LARGE")
TOO_SMALL = (422, "IMAGE_TOO_SMALL")
NOBODY = (422, "NO_FACE")

Answer = tuple[int, str | None]


@dataclass(frozen=True)
class Hostile:
    """A file and its valid answers."""

    name: str
    data: bytes
    answers: tuple[Answer, ...]


@cache
def hostile_images() -> tuple[Hostile, ...]:
    return (*_no_images(), *_cut(), *_polyglots(), *_bombs(), *_colours(), *_animations(), *_metadata(), *_faces())


def _no_images() -> Iterator[Hostile]:
    noise = np.random.default_rng(7)
    yield Hostile("A01 nothing", b"", (EMPTY,))
    yield Hostile("A02 one byte", b"\xff", (NO_TYPE,))
    yield Hostile("A02 noise", b"\x00" + noise.bytes(65536), (NO_TYPE,))
    yield Hostile("A02 noise behind a JPEG's first bytes", b"\xff\xd8\xff" + noise.bytes(65536), (CORRUPT,))
    yield Hostile(
        "A02 noise behind a PNG's first bytes", b"\x89PNG\r\n\x1a\n" + noise.bytes(4096), (CORRUPT, TOO_MANY_PIXELS)
    )
    yield Hostile("A02 noise behind a WebP's first bytes", b"RIFF\x00\x10\x00\x00WEBP" + noise.bytes(4096), (CORRUPT,))
    yield Hostile("A03 a script", b"<script>alert(1)</script>", (NO_TYPE,))
    yield Hostile("A03 HTML", b"<!doctype html><html></html>", (NO_TYPE,))
    entity = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    yield Hostile("A04 SVG with entities", entity + b'<svg xmlns="http://www.w3.org/2000/svg">&b;&f;</svg>', (NO_TYPE,))
    for kind in ("BMP", "TIFF", "GIF", "ICO", "PPM", "JPEG2000", "AVIF"):
        yield Hostile(f"A16 {kind}", saved(portrait().resize((96, 128)), kind), (NO_TYPE,))
    yield Hostile("A16 HEIC", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(2000), (NO_TYPE,))
    yield Hostile("A16 EXR", b"\x76\x2f\x31\x01\x02\x00\x00\x00" + bytes(2000), (NO_TYPE,))


def _cut() -> Iterator[Hostile]:
    for suffix in (".jpg", ".png", ".webp"):
        whole = drawn_portrait(suffix)
        yield Hostile(f"A05 {suffix} cut in half", whole[: len(whole) // 2], (CORRUPT,))
        yield Hostile(f"A05 {suffix} cut after 300 bytes", whole[:300], (CORRUPT,))
        yield Hostile(f"A05 {suffix} without its last bytes", whole[:-40], (CORRUPT,))


def _polyglots() -> Iterator[Hostile]:
    photo = drawn_portrait()
    yield Hostile("A06 JPEG with an archive behind it", photo + b"PK\x03\x04" + bytes(5000), (OK,))
    yield Hostile("A06 JPEG with PHP behind it", photo + b"<?php system($_GET[0]); ?>", (OK,))
    pdf = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
    yield Hostile("A07 PDF in a comment", after_soi(photo, segment(0xFE, pdf)), (OK,))


def _bombs() -> Iterator[Hostile]:
    yield Hostile("A08 PNG of 16000 x 16000", png_bomb(16_000), (TOO_MANY_PIXELS,))
    yield Hostile("A09 PNG of 30000 x 30000", png_bomb(30_000), (TOO_MANY_PIXELS,))
    yield Hostile("A10 JPEG that claims 65500 x 65500", lying_jpeg(65_500), (TOO_MANY_PIXELS,))
    yield Hostile("A10 JPEG that claims 0 x 0", lying_jpeg(0), (CORRUPT, TOO_SMALL))
    yield Hostile("A10 JPEG that claims 5000 x 5000", lying_jpeg(5_000), (CORRUPT, NOBODY))
    yield Hostile("A15 WebP that claims 16383 x 16383", lying_webp(16_383), (TOO_MANY_PIXELS,))
    for size in ((1, 1), (1, 4000), (4000, 1), (63, 63)):
        for kind in ("PNG", "JPEG", "WEBP"):
            yield Hostile(f"A11 {kind} of {size[0]} x {size[1]}", saved(Image.new("RGB", size), kind), (TOO_SMALL,))
    yield Hostile("A20 a thousand scans", thousand_scans(), (CORRUPT,))
    yield Hostile("A20 arithmetic coding", drawn_portrait().replace(b"\xff\xc0", b"\xff\xc9", 1), (CORRUPT,))


def _colours() -> Iterator[Hostile]:
    face = portrait()
    yield Hostile("A12 CMYK JPEG", saved(face.convert("CMYK"), "JPEG"), (OK, CORRUPT, NOBODY))
    yield Hostile("A13 grey JPEG", saved(face.convert("L"), "JPEG"), (OK,))
    yield Hostile("A13 palette PNG", saved(face.convert("P"), "PNG"), (OK,))
    yield Hostile("A13 grey PNG", saved(face.convert("L"), "PNG"), (OK,))
    yield Hostile("A13 grey PNG with alpha", saved(face.convert("LA"), "PNG"), (OK,))
    yield Hostile("A13 PNG with alpha", saved(face.convert("RGBA"), "PNG"), (OK,))
    yield Hostile("A13 WebP with alpha", saved(transparent(face), "WEBP"), (OK,))
    yield Hostile("A13 one-bit PNG", saved(face.convert("1"), "PNG"), (OK, NOBODY, (422, "FACE_BLURRED")))
    deep = np.asarray(face, np.uint16) * 257
    yield Hostile("A13 16-bit PNG", deep_png(deep), (OK,))
    yield Hostile(
        "A13 16-bit PNG with alpha", deep_png(np.dstack((deep, np.full(deep.shape[:2], 65535, np.uint16)))), (OK,)
    )
    yield Hostile("A13 palette PNG with transparency", saved(face.convert("P"), "PNG", transparency=0), (OK,))


def _animations() -> Iterator[Hostile]:
    frames = [portrait(), *(Image.new("RGB", (480, 640), (n, n, n)) for n in range(40))]
    for kind, answer in (("GIF", NO_TYPE), ("PNG", OK), ("WEBP", OK)):
        data = saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=1)
        yield Hostile(f"A14 animated {kind}", data, (answer,))


def _metadata() -> Iterator[Hostile]:
    photo = drawn_portrait()
    bomb = b"".join(segment(0xE1, b"Exif\x00\x00" + bytes(65_000)) for _ in range(40))
    yield Hostile("A17 forty EXIF blocks of 64 kB", after_soi(photo, bomb), (OK, CORRUPT))
    yield Hostile("A17 EXIF with ten thousand entries", after_soi(photo, exif_of(many_entries(5_000))), (OK, CORRUPT))
    yield Hostile("A17 EXIF that points at itself", after_soi(photo, exif_of(looping_exif())), (OK, CORRUPT))
    yield Hostile(
        "A17 broken ICC profile", after_soi(photo, segment(0xE2, b"ICC_PROFILE\x00\x01\x01" + b"\xff" * 900)), (OK,)
    )
    yield Hostile("A17 PNG text bomb", png_with_text_bomb(), (OK,))
    yield Hostile("A21 colour profile without sense", saved(portrait(), "PNG", icc_profile=b"nan" * 500), (OK,))
    for value in (0, 9, 65535):
        yield Hostile(f"A18 orientation {value}", after_soi(photo, exif_of(orientation(value))), (OK,))


def _faces() -> Iterator[Hostile]:
    yield Hostile("A22 a wall", encoded(np.full((640, 480, 3), 180, np.uint8)), (NOBODY,))
    speckle = np.random.default_rng(3).integers(0, 255, (640, 480, 3), np.uint8)
    yield Hostile("A22 noise", encoded(speckle), (NOBODY,))
    yield Hostile("A22 two faces", saved(side_by_side(2), "JPEG"), ((422, "MULTIPLE_FACES"),))
    tiny = Image.new("RGB", (1200, 1600), (200, 200, 205))
    tiny.paste(portrait().resize((60, 80)), (500, 700))
    yield Hostile("A22 a face of thirty pixels", saved(tiny, "JPEG"), (NOBODY, (422, "FACE_TOO_SMALL")))
    half = portrait().crop((250, 0, 480, 640))
    yield Hostile("A22 half a face", saved(half, "JPEG"), (NOBODY, (422, "FACE_CUT_OFF"), (422, "FACE_TURNED")))


def portrait() -> Image.Image:
    return Image.open(io.BytesIO(drawn_portrait(".png"))).convert("RGB")


def transparent(face: Image.Image) -> Image.Image:
    with_alpha = face.convert("RGBA")
    with_alpha.putpixel((0, 0), (0, 0, 0, 0))
    return with_alpha


def side_by_side(count: int) -> Image.Image:
    both = Image.new("RGB", (480 * count, 640))
    for index in range(count):
        both.paste(portrait(), (480 * index, 0))
    return both


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def after_soi(photo: bytes, extra: bytes) -> bytes:
    """Return a JPEG with segments inserted at its beginning."""
    return photo[:2] + extra + photo[2:]


def exif_of(tiff: bytes) -> bytes:
    return segment(0xE1, b"Exif\x00\x00" + tiff)


def orientation(value: int) -> bytes:
    return b"MM\x00\x2a\x00\x00\x00\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, value, 0, 0)


def many_entries(count: int) -> bytes:
    entry = struct.pack(">HHII", 0x9286, 7, 65535, 8)
    return b"MM\x00\x2a\x00\x00\x00\x08" + struct.pack(">H", count) + entry * count + b"\x00\x00\x00\x08"


def looping_exif() -> bytes:
    return b"MM\x00\x2a\x00\x00\x00\x08" + struct.pack(">HHHII", 1, 0x8769, 4, 1, 8) + struct.pack(">I", 8)


def gps_photo() -> bytes:
    """Return a photo with location and camera in its metadata."""
    exif = Image.Exif()
    exif[0x010F] = "SerialCameraMaker"
    exif[0xA431] = "SN-77120042"
    exif.get_ifd(0x8825)[1], exif.get_ifd(0x8825)[2] = "N", (37.0, 33.0, 59.713)
    return saved(portrait(), "JPEG", exif=exif, quality=95)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_bomb(side: int) -> bytes:
    """Return a black one-bit picture: a few kilobytes that decode to hundreds of megabytes."""
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 + side // 8)) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")


def deep_png(pixels: np.ndarray) -> bytes:
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 16, 2 if channels == 3 else 6, 0, 0, 0)
    rows = b"".join(b"\x00" + row.astype(">u2").tobytes() for row in pixels)
    data = zlib.compress(rows)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", data) + png_chunk(b"IEND", b"")


def png_with_text_bomb() -> bytes:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("bomb", "\x00" * 20_000_000, zip=True)
    return saved(portrait(), "PNG", pnginfo=notes)


def lying_jpeg(side: int) -> bytes:
    photo = drawn_portrait()
    frame = photo.index(b"\xff\xc0")
    return photo[: frame + 5] + struct.pack(">HH", side, side) + photo[frame + 9 :]


def lying_webp(side: int) -> bytes:
    data = saved(Image.new("RGB", (64, 64)), "WEBP", lossless=True)
    at = data.index(b"VP8L") + 9
    (bits,) = struct.unpack_from("<I", data, at)
    return data[:at] + struct.pack("<I", bits & ~0x0FFFFFFF | (side - 1) << 14 | (side - 1)) + data[at + 4 :]


def thousand_scans() -> bytes:
    data = saved(portrait(), "JPEG", progressive=True)
    first = data.index(b"\xff\xda")
    second = data.index(b"\xff\xda", first + 2)
    return data[:second] + data[first:second] * 1000 + data[second:]
