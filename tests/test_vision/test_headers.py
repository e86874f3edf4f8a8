"""Header check of images: type, size and completeness, in little CPU time and before any decoder."""

import gc
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from gwansang.core.exceptions import AppError
from gwansang.vision import errors
from gwansang.vision.gates.headers import MAX_SCANS, ImageHeader, inspect_image
from tests.support.photos import drawn_portrait
from tests.test_vision import image_files
from tests.test_vision.image_files import chunk, saved, segment

_MAX_CPU_S = 0.1  # of this thread, whatever the load of the machine
NOISE = np.random.default_rng(7)


def inspect_quickly(data: bytes) -> ImageHeader:
    """Inspect a header within the time; a garbage collection of all tests' objects would count as its own."""
    gc.disable()
    start = time.thread_time()
    try:
        return inspect_image(data)
    finally:
        spent_s = time.thread_time() - start
        gc.enable()
        assert spent_s < _MAX_CPU_S


def refusal(data: bytes) -> type[AppError]:
    with pytest.raises(AppError) as caught:
        inspect_quickly(data)
    return caught.type


# type


@pytest.mark.parametrize(("suffix", "kind"), [(".jpg", "jpeg"), (".png", "png"), (".webp", "webp")])
def test_the_three_supported_types_are_recognised_by_their_bytes(suffix: str, kind: str) -> None:
    header = inspect_image(drawn_portrait(suffix))
    assert (header.kind, header.width, header.height) == (kind, 480, 640)


def test_an_empty_file_is_reported_as_empty() -> None:
    assert refusal(b"") is errors.EmptyImageError


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff", id="one byte"),
        pytest.param(NOISE.integers(256, size=65_536, dtype=np.uint8).tobytes(), id="random bytes"),
        pytest.param(b"<html><script>alert(1)</script></html>", id="HTML"),
        pytest.param(b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y SYSTEM "file:///">]><svg/>', id="SVG"),
        pytest.param(b"P6\n100 100\n255\n" + bytes(30_000), id="PNM"),
        pytest.param(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(99), id="HEIC"),
        pytest.param(b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1" + bytes(99), id="AVIF"),
        pytest.param(b"v/1\x01\x02\x00\x00\x00" + bytes(99), id="OpenEXR"),
        pytest.param(b"#EXTM3U\nhttp://127.0.0.1/", id="playlist"),
        pytest.param(b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40), id="WAV in a RIFF"),
    ],
)
def test_other_content_is_an_unsupported_type(data: bytes) -> None:
    assert refusal(data) is errors.UnsupportedImageTypeError


def file_type(major: str, *compatible: str) -> bytes:
    """Return the beginning of an ISO media file of these brands."""
    body = major.encode() + bytes(4) + "".join(compatible).encode()
    return struct.pack(">I", len(body) + 8) + b"ftyp" + body + b"\x00\x00\x00\x08free" + bytes(99)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        *(
            (file_type(brand, "mif1"), "heic")
            for brand in ("heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1")
        ),
        *((file_type(brand), "avif") for brand in ("avif", "avis")),
        (file_type("mif1", "miaf", "avif"), "avif"),
        (file_type("mif1", "MiHB", "heic"), "heic"),
        (file_type("isom", "mp42"), None),
        (file_type("heic")[:12], None),
        (b"\x00\x00\x00\x00ftypheic" + bytes(99), "heic"),
        (b"\xff\xff\xff\xffftypavif" + bytes(99), "avif"),
        (saved(image_files.drawn(200, 200, 90), "AVIF"), "avif"),
    ],
)
def test_heic_and_avif_are_named_in_the_refusal(data: bytes, name: str | None) -> None:
    with pytest.raises(errors.UnsupportedImageTypeError) as caught:
        inspect_quickly(data)
    assert caught.value.context.get("format") == name


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "ICO", "JPEG2000", "PPM", "AVIF", "TGA"])
def test_images_of_other_formats_are_an_unsupported_type(kind: str) -> None:
    assert refusal(saved(image_files.drawn(200, 200, 90), kind)) is errors.UnsupportedImageTypeError


# size


@pytest.mark.parametrize("side", [16_000, 30_000])
def test_a_one_bit_png_bomb_is_too_large(side: int) -> None:
    bomb = image_files.png_of_zeros(side, side)
    assert len(bomb) < 200_000
    assert refusal(bomb) is errors.ImageTooLargeError


def test_a_png_is_limited_by_its_decoded_size_in_memory() -> None:
    start, end = b"\x89PNG\r\n\x1a\n", chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    deep = start + chunk(b"IHDR", struct.pack(">IIBBBBB", 5_000, 5_000, 16, 6, 0, 0, 0)) + end
    plain = start + chunk(b"IHDR", struct.pack(">IIBBBBB", 5_000, 5_000, 8, 2, 0, 0, 0)) + end
    assert refusal(deep) is errors.ImageTooLargeError
    assert inspect_image(plain).width == 5_000


@pytest.mark.parametrize("sides", [(65_500, 65_500), (30_000, 30_000), (12_001, 100), (9_000, 9_000)])
def test_a_jpeg_that_declares_too_many_pixels_is_too_large(sides: tuple[int, int]) -> None:
    assert refusal(image_files.jpeg_claiming(drawn_portrait(), *sides)) is errors.ImageTooLargeError


def test_a_jpeg_with_two_frame_headers_is_corrupt() -> None:
    portrait = drawn_portrait()
    frame = portrait.find(b"\xff\xc0")
    second = image_files.with_segments(portrait, portrait[frame : frame + 19])
    assert refusal(second) is errors.CorruptImageError


def test_a_large_progressive_jpeg_is_limited_by_its_coefficients() -> None:
    progressive = saved(image_files.drawn(), "JPEG", progressive=True, subsampling=0)
    assert refusal(image_files.jpeg_claiming(progressive, 7_000, 5_000)) is errors.ImageTooLargeError
    assert inspect_image(image_files.jpeg_claiming(drawn_portrait(), 7_000, 5_000)).width == 7_000


def test_a_sequential_jpeg_of_several_scans_is_limited_by_its_coefficients() -> None:
    portrait = image_files.jpeg_claiming(saved(image_files.drawn(), "JPEG", subsampling=0), 7_000, 5_000)
    scan = portrait.find(b"\xff\xda")
    one_color = portrait[:scan] + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + portrait[scan + 14 :]
    assert refusal(one_color) is errors.ImageTooLargeError


def test_a_lossless_webp_of_the_largest_size_is_too_large() -> None:
    assert refusal(image_files.webp_claiming(16_383, 16_383)) is errors.ImageTooLargeError


@pytest.mark.parametrize("sides", [(1, 1), (1, 4_000), (4_000, 1), (63, 640)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_an_image_of_few_pixels_is_too_small(kind: str, sides: tuple[int, int]) -> None:
    assert refusal(saved(Image.new("RGB", sides), kind)) is errors.ImageTooSmallError


def test_the_size_is_that_of_the_upright_image() -> None:
    header = inspect_image(image_files.jpeg_with_exif(drawn_portrait(), image_files.tiff(6)))
    assert (header.width, header.height) == (640, 480)
    assert (header.stored_width, header.stored_height) == (480, 640)


# completeness


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_corrupt(suffix: str, share: float) -> None:
    whole = drawn_portrait(suffix)
    assert refusal(whole[: int(len(whole) * share)]) is errors.CorruptImageError


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_a_file_truncated_at_any_of_its_first_bytes_is_refused(suffix: str) -> None:
    whole = drawn_portrait(suffix)
    codes = {refusal(whole[:length]).code for length in range(1, 330)}
    assert codes <= {"UNSUPPORTED_IMAGE_TYPE", "IMAGE_CORRUPT"}


def test_arithmetic_coding_is_refused() -> None:
    portrait = drawn_portrait()
    frame = portrait.find(b"\xff\xc0")
    assert refusal(portrait[:frame] + b"\xff\xc9" + portrait[frame + 2 :]) is errors.CorruptImageError


def test_a_progressive_jpeg_of_a_thousand_scans_is_refused() -> None:
    assert refusal(image_files.jpeg_with_scans(1_000)) is errors.CorruptImageError
    assert inspect_image(image_files.jpeg_with_scans(MAX_SCANS // 2)).width == 480


def test_a_progressive_jpeg_without_components_is_refused() -> None:
    progressive = saved(image_files.drawn(), "JPEG", progressive=True)
    frame = progressive.find(b"\xff\xc2")
    assert refusal(progressive[: frame + 9] + b"\x00" + progressive[frame + 10 :]).code.startswith("IMAGE_")


# metadata


@pytest.mark.parametrize("name", image_files.polyglots())
def test_hidden_content_of_a_jpeg_never_reaches_the_decoder(name: str) -> None:
    assert inspect_image(image_files.polyglots()[name]).stripped == inspect_image(drawn_portrait()).stripped


def test_location_and_serial_number_never_reach_the_decoder() -> None:
    secret = b"N37.5665 E126.9780 SN-4711"
    block = image_files.tiff() + secret
    jpeg = image_files.jpeg_with_exif(drawn_portrait(), block)
    png = image_files.png_with(drawn_portrait(".png"), chunk(b"eXIf", block), chunk(b"tEXt", b"a\x00" + secret))
    webp = image_files.webp_with_exif(drawn_portrait(".webp"), block, 480, 640)
    for data in (jpeg, png, webp):
        assert secret in data
        assert secret not in inspect_image(data).stripped


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_a_bomb_in_a_png_text_or_profile_is_never_decompressed(kind: bytes) -> None:
    packed = zlib.compress(bytes(50_000_000))
    start = b"name\x00\x01\x00\x00\x00" if kind == b"iTXt" else b"name\x00\x00"
    header = inspect_quickly(image_files.png_with(drawn_portrait(".png"), chunk(kind, start + packed)))
    assert header.stripped == inspect_image(drawn_portrait(".png")).stripped


def test_only_the_first_frame_of_an_animated_png_is_kept() -> None:
    frames = [Image.new("RGB", (100, 100), (value, 0, 0)) for value in range(40)]
    animated = saved(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=0)
    assert b"fdAT" in animated
    assert b"fdAT" not in inspect_image(animated).stripped


def test_only_the_first_frame_of_an_animated_webp_is_kept() -> None:
    frames = [image_files.drawn(120, 160, 60).point(lambda value, n=n: value ^ n) for n in range(40)]
    header = inspect_image(saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=0, lossless=True))
    with Image.open(image_files.io.BytesIO(header.stripped)) as kept:
        assert getattr(kept, "n_frames", 1) == 1
        assert kept.convert("RGB").tobytes() == frames[0].tobytes()


# Exif


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_read_in_either_byte_order(orientation: int, order: str) -> None:
    block = image_files.tiff(orientation, 26, order)
    camera = inspect_image(image_files.jpeg_with_exif(drawn_portrait(), block)).camera
    assert (camera.orientation, camera.focal_35mm) == (orientation, 26.0)


@pytest.mark.parametrize("block", [
    pytest.param(image_files.tiff(0), id="0"),
    pytest.param(image_files.tiff(9), id="9"),
    pytest.param(image_files.tiff(65_535), id="65535"),
    pytest.param(image_files.tiff(6, kind=2), id="as a text"),
    pytest.param(image_files.tiff(6)[:19], id="cut"),
    pytest.param(b"XX*\x00" + bytes(40), id="no byte order"),
    pytest.param(b"II*\x00\xff\xff\xff\xff", id="directory beyond the end"),
    pytest.param(b"", id="empty"),
])  # fmt: skip
def test_an_invalid_orientation_counts_as_upright(block: bytes) -> None:
    assert inspect_image(image_files.jpeg_with_exif(drawn_portrait(), block)).camera.orientation == 1


def test_an_implausible_focal_length_is_ignored() -> None:
    focal = [
        inspect_image(image_files.jpeg_with_exif(drawn_portrait(), image_files.tiff(1, mm))).camera.focal_35mm
        for mm in (0, 7, 24, 400, 401, 65_535)
    ]
    assert focal == [None, None, 24.0, 400.0, None, None]


@pytest.mark.parametrize(
    "blocks",
    [
        pytest.param([image_files.looped_tiff()], id="a directory that holds itself"),
        pytest.param([image_files.looped_tiff(256)] * 150, id="many directories that hold themselves"),
        pytest.param([bytes(65_000)] * 150, id="ten megabytes of zeros"),
    ],
)
def test_an_exif_bomb_in_a_jpeg_costs_little_cpu_time(blocks: list[bytes]) -> None:
    segments = [segment(0xE1, image_files.EXIF_START + block[:65_000]) for block in blocks]
    assert inspect_quickly(image_files.with_segments(drawn_portrait(), *segments)).width == 480


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff\xd8" + b"\xff" * 10_000_000, id="JPEG of filling bytes"),
        pytest.param(image_files.with_segments(drawn_portrait(), segment(0xFE, b"") * 2_000_000), id="JPEG comments"),
        pytest.param(drawn_portrait()[:-2] + b"\xff\x00" * 5_000_000, id="JPEG scan without an end"),
        pytest.param(image_files.png_with(drawn_portrait(".png"), chunk(b"tEXt", b"") * 800_000), id="PNG chunks"),
        pytest.param(image_files.png_with(drawn_portrait(".png"), chunk(b"eXIf", image_files.looped_tiff()) * 150)[:-9],
                     id="PNG Exif"),
        pytest.param(image_files.riff(*[(b"JUNK", b"")] * 400_000), id="WebP chunks"),
        pytest.param(image_files.riff(*[(b"EXIF", image_files.looped_tiff())] * 150), id="WebP Exif"),
        pytest.param(image_files.riff(*[(b"ANMF", bytes(16) + (b"JUNK" + bytes(4)) * 500)] * 2_000), id="WebP frames"),
    ],
)  # fmt: skip
def test_ten_megabytes_of_small_parts_are_refused_in_little_cpu_time(data: bytes) -> None:
    assert refusal(data) is errors.CorruptImageError
