"""What an image claims to be is judged from its bytes, in no time, before a decoder sees it."""

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
from tests.test_vision import pictures
from tests.test_vision.pictures import chunk, saved, segment

_IN_NO_TIME_S = 0.1  # of this thread's own work: what the machine does besides does not count
NOISE = np.random.default_rng(7)


def timely(data: bytes) -> ImageHeader:
    start = time.thread_time()
    try:
        return inspect_image(data)
    finally:
        assert time.thread_time() - start < _IN_NO_TIME_S


def refusal(data: bytes) -> type[AppError]:
    with pytest.raises(AppError) as caught:
        timely(data)
    return caught.type


# what it is


@pytest.mark.parametrize(("suffix", "kind"), [(".jpg", "jpeg"), (".png", "png"), (".webp", "webp")])
def test_the_three_accepted_types_are_told_by_their_bytes(suffix: str, kind: str) -> None:
    header = inspect_image(drawn_portrait(suffix))
    assert (header.kind, header.width, header.height) == (kind, 480, 640)


def test_an_empty_file_is_called_empty() -> None:
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
def test_anything_else_is_not_an_image_type_that_is_read(data: bytes) -> None:
    assert refusal(data) is errors.UnsupportedImageTypeError


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "ICO", "JPEG2000", "PPM", "AVIF", "TGA"])
def test_a_real_picture_of_another_type_is_not_read_either(kind: str) -> None:
    assert refusal(saved(pictures.drawn(200, 200, 90), kind)) is errors.UnsupportedImageTypeError


# how large it is


@pytest.mark.parametrize("side", [16_000, 30_000])
def test_a_one_bit_png_bomb_is_too_large(side: int) -> None:
    bomb = pictures.png_of_zeros(side, side)
    assert len(bomb) < 200_000
    assert refusal(bomb) is errors.ImageTooLargeError


def test_sixteen_bit_transparent_pngs_are_judged_by_what_they_take_in_memory() -> None:
    start, end = b"\x89PNG\r\n\x1a\n", chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    deep = start + chunk(b"IHDR", struct.pack(">IIBBBBB", 5_000, 5_000, 16, 6, 0, 0, 0)) + end
    plain = start + chunk(b"IHDR", struct.pack(">IIBBBBB", 5_000, 5_000, 8, 2, 0, 0, 0)) + end
    assert refusal(deep) is errors.ImageTooLargeError
    assert inspect_image(plain).width == 5_000


@pytest.mark.parametrize("sides", [(65_500, 65_500), (30_000, 30_000), (12_001, 100), (9_000, 9_000)])
def test_a_jpeg_that_claims_too_many_pixels_is_believed(sides: tuple[int, int]) -> None:
    assert refusal(pictures.jpeg_claiming(drawn_portrait(), *sides)) is errors.ImageTooLargeError


def test_a_jpeg_with_two_frame_headers_is_damaged() -> None:
    portrait = drawn_portrait()
    frame = portrait.find(b"\xff\xc0")
    second = pictures.with_segments(portrait, portrait[frame : frame + 19])
    assert refusal(second) is errors.CorruptImageError


def test_a_large_jpeg_whose_decoder_must_keep_every_coefficient_is_too_large() -> None:
    progressive = saved(pictures.drawn(), "JPEG", progressive=True, subsampling=0)
    assert refusal(pictures.jpeg_claiming(progressive, 7_000, 5_000)) is errors.ImageTooLargeError
    assert inspect_image(pictures.jpeg_claiming(drawn_portrait(), 7_000, 5_000)).width == 7_000


def test_a_sequential_jpeg_in_several_scans_is_judged_as_a_progressive_one() -> None:
    portrait = pictures.jpeg_claiming(saved(pictures.drawn(), "JPEG", subsampling=0), 7_000, 5_000)
    scan = portrait.find(b"\xff\xda")
    one_color = portrait[:scan] + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + portrait[scan + 14 :]
    assert refusal(one_color) is errors.ImageTooLargeError


def test_a_lossless_webp_of_the_largest_size_is_too_large() -> None:
    assert refusal(pictures.webp_claiming(16_383, 16_383)) is errors.ImageTooLargeError


@pytest.mark.parametrize("sides", [(1, 1), (1, 4_000), (4_000, 1), (63, 640)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_of_few_pixels_is_too_small(kind: str, sides: tuple[int, int]) -> None:
    assert refusal(saved(Image.new("RGB", sides), kind)) is errors.ImageTooSmallError


def test_the_size_is_that_of_the_upright_picture() -> None:
    header = inspect_image(pictures.jpeg_with_exif(drawn_portrait(), pictures.tiff(6)))
    assert (header.width, header.height) == (640, 480)
    assert (header.stored_width, header.stored_height) == (480, 640)


# whether it is whole


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_cut_file_is_corrupt(suffix: str, share: float) -> None:
    whole = drawn_portrait(suffix)
    assert refusal(whole[: int(len(whole) * share)]) is errors.CorruptImageError


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_a_file_cut_anywhere_in_its_first_bytes_has_a_reason(suffix: str) -> None:
    whole = drawn_portrait(suffix)
    codes = {refusal(whole[:length]).code for length in range(1, 330)}
    assert codes <= {"UNSUPPORTED_IMAGE_TYPE", "IMAGE_CORRUPT"}


def test_arithmetic_coding_is_not_read() -> None:
    portrait = drawn_portrait()
    frame = portrait.find(b"\xff\xc0")
    assert refusal(portrait[:frame] + b"\xff\xc9" + portrait[frame + 2 :]) is errors.CorruptImageError


def test_a_progressive_jpeg_of_a_thousand_scans_is_not_read() -> None:
    assert refusal(pictures.jpeg_with_scans(1_000)) is errors.CorruptImageError
    assert inspect_image(pictures.jpeg_with_scans(MAX_SCANS // 2)).width == 480


def test_a_progressive_jpeg_without_colours_is_not_read() -> None:
    progressive = saved(pictures.drawn(), "JPEG", progressive=True)
    frame = progressive.find(b"\xff\xc2")
    assert refusal(progressive[: frame + 9] + b"\x00" + progressive[frame + 10 :]).code.startswith("IMAGE_")


# what is left behind


@pytest.mark.parametrize("name", pictures.polyglots())
def test_what_is_hidden_in_a_jpeg_never_reaches_the_decoder(name: str) -> None:
    assert inspect_image(pictures.polyglots()[name]).stripped == inspect_image(drawn_portrait()).stripped


def test_place_and_serial_number_never_reach_the_decoder() -> None:
    secret = b"N37.5665 E126.9780 SN-4711"
    block = pictures.tiff() + secret
    jpeg = pictures.jpeg_with_exif(drawn_portrait(), block)
    png = pictures.png_with(drawn_portrait(".png"), chunk(b"eXIf", block), chunk(b"tEXt", b"a\x00" + secret))
    webp = pictures.webp_with_exif(drawn_portrait(".webp"), block, 480, 640)
    for data in (jpeg, png, webp):
        assert secret in data
        assert secret not in inspect_image(data).stripped


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_a_bomb_in_a_png_text_or_profile_is_never_unpacked(kind: bytes) -> None:
    packed = zlib.compress(bytes(50_000_000))
    start = b"name\x00\x01\x00\x00\x00" if kind == b"iTXt" else b"name\x00\x00"
    header = timely(pictures.png_with(drawn_portrait(".png"), chunk(kind, start + packed)))
    assert header.stripped == inspect_image(drawn_portrait(".png")).stripped


def test_only_the_first_picture_of_an_animated_png_is_kept() -> None:
    frames = [Image.new("RGB", (100, 100), (value, 0, 0)) for value in range(40)]
    animated = saved(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=0)
    assert b"fdAT" in animated
    assert b"fdAT" not in inspect_image(animated).stripped


def test_only_the_first_picture_of_an_animated_webp_is_kept() -> None:
    frames = [pictures.drawn(120, 160, 60).point(lambda value, n=n: value ^ n) for n in range(40)]
    header = inspect_image(saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=0, lossless=True))
    with Image.open(pictures.io.BytesIO(header.stripped)) as kept:
        assert getattr(kept, "n_frames", 1) == 1
        assert kept.convert("RGB").tobytes() == frames[0].tobytes()


# Exif


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_read_in_either_byte_order(orientation: int, order: str) -> None:
    block = pictures.tiff(orientation, 26, order)
    camera = inspect_image(pictures.jpeg_with_exif(drawn_portrait(), block)).camera
    assert (camera.orientation, camera.focal_35mm) == (orientation, 26.0)


@pytest.mark.parametrize("block", [
    pytest.param(pictures.tiff(0), id="0"),
    pytest.param(pictures.tiff(9), id="9"),
    pytest.param(pictures.tiff(65_535), id="65535"),
    pytest.param(pictures.tiff(6, kind=2), id="as a text"),
    pytest.param(pictures.tiff(6)[:19], id="cut"),
    pytest.param(b"XX*\x00" + bytes(40), id="no byte order"),
    pytest.param(b"II*\x00\xff\xff\xff\xff", id="directory beyond the end"),
    pytest.param(b"", id="empty"),
])  # fmt: skip
def test_a_nonsense_orientation_counts_as_upright(block: bytes) -> None:
    assert inspect_image(pictures.jpeg_with_exif(drawn_portrait(), block)).camera.orientation == 1


def test_the_focal_length_is_only_believed_where_it_is_a_lens() -> None:
    focal = [
        inspect_image(pictures.jpeg_with_exif(drawn_portrait(), pictures.tiff(1, mm))).camera.focal_35mm
        for mm in (0, 7, 24, 400, 401, 65_535)
    ]
    assert focal == [None, None, 24.0, 400.0, None, None]


@pytest.mark.parametrize(
    "blocks",
    [
        pytest.param([pictures.looped_tiff()], id="a directory that holds itself"),
        pytest.param([pictures.looped_tiff(256)] * 150, id="many directories that hold themselves"),
        pytest.param([bytes(65_000)] * 150, id="ten megabytes of zeros"),
    ],
)
def test_an_exif_bomb_in_a_jpeg_costs_no_time(blocks: list[bytes]) -> None:
    segments = [segment(0xE1, pictures.EXIF_START + block[:65_000]) for block in blocks]
    assert timely(pictures.with_segments(drawn_portrait(), *segments)).width == 480


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff\xd8" + b"\xff" * 10_000_000, id="JPEG of filling bytes"),
        pytest.param(pictures.with_segments(drawn_portrait(), segment(0xFE, b"") * 2_000_000), id="JPEG comments"),
        pytest.param(drawn_portrait()[:-2] + b"\xff\x00" * 5_000_000, id="JPEG scan without an end"),
        pytest.param(pictures.png_with(drawn_portrait(".png"), chunk(b"tEXt", b"") * 800_000), id="PNG chunks"),
        pytest.param(pictures.png_with(drawn_portrait(".png"), chunk(b"eXIf", pictures.looped_tiff()) * 150)[:-9],
                     id="PNG Exif"),
        pytest.param(pictures.riff(*[(b"JUNK", b"")] * 400_000), id="WebP chunks"),
        pytest.param(pictures.riff(*[(b"EXIF", pictures.looped_tiff())] * 150), id="WebP Exif"),
        pytest.param(pictures.riff(*[(b"ANMF", bytes(16) + (b"JUNK" + bytes(4)) * 500)] * 2_000), id="WebP frames"),
    ],
)  # fmt: skip
def test_ten_megabytes_of_small_parts_are_refused_in_no_time(data: bytes) -> None:
    assert refusal(data) is errors.CorruptImageError
