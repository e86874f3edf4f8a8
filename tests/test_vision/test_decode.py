"""Bytes become the same upright colours whatever the file type, its coding, or the way the camera was held."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from gwansang.core.exceptions import AppError
from gwansang.vision.decode import DecodedImage, choose_reduction, decode_image
from gwansang.vision.drawn_face import draw_face
from gwansang.vision.errors import CorruptImageError
from gwansang.vision.gates.headers import inspect_image
from tests.support.photos import drawn_portrait, encoded
from tests.test_vision import pictures
from tests.test_vision.pictures import saved

FACE = draw_face()


def decoded(data: bytes, reduction: int = 1) -> DecodedImage:
    return decode_image(inspect_image(data), reduction)


def off(data: bytes, expected: NDArray[np.uint8] = FACE) -> float:
    """Mean difference of the decoded picture to the expected one, in levels of 256."""
    return float(np.abs(decoded(data).pixels.astype(int) - expected).mean())


# colours


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(saved(pictures.drawn(), "JPEG"), id="JPEG"),
        pytest.param(saved(pictures.drawn(), "JPEG", progressive=True), id="progressive JPEG"),
        pytest.param(saved(pictures.drawn().convert("CMYK"), "JPEG"), id="CMYK JPEG"),
        pytest.param(saved(pictures.drawn(), "JPEG", icc_profile=bytes(3_000)), id="broken colour profile"),
        pytest.param(saved(pictures.drawn(), "JPEG", restart_marker_rows=1), id="JPEG with restarts"),
        pytest.param(saved(pictures.drawn(), "PNG"), id="PNG"),
        pytest.param(saved(pictures.drawn().convert("RGBA"), "PNG"), id="opaque RGBA PNG"),
        pytest.param(saved(pictures.drawn().quantize(256), "PNG"), id="palette PNG"),
        pytest.param(saved(pictures.drawn().quantize(256), "PNG", transparency=255), id="transparent palette"),
        pytest.param(pictures.png_16_bit(FACE, alpha=False), id="16-bit PNG"),
        pytest.param(pictures.png_16_bit(FACE, alpha=True), id="16-bit RGBA PNG"),
        pytest.param(saved(pictures.drawn(), "WEBP"), id="WebP"),
        pytest.param(saved(pictures.drawn(), "WEBP", lossless=True), id="lossless WebP"),
        pytest.param(saved(pictures.drawn().convert("RGBA"), "WEBP"), id="opaque RGBA WebP"),
    ],
)
def test_every_coding_of_a_picture_gives_its_colours(data: bytes) -> None:
    assert off(data) < 4.0


def test_a_ycck_jpeg_gives_its_colours() -> None:
    """Adobe's way to store CMYK: inverted, and turned into luma and chroma."""
    ycck = pictures.ycck_jpeg(pictures.drawn())
    with Image.open(pictures.io.BytesIO(ycck)) as by_pillow:
        assert np.abs(np.asarray(by_pillow.convert("RGB")).astype(int) - FACE).mean() < 4.0
    assert off(ycck) < 4.0


@pytest.mark.parametrize("mode", ["L", "LA", "1"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pictures_without_colours_become_gray_rgb(mode: str, kind: str) -> None:
    image = pictures.drawn().convert(mode)
    if kind != "PNG":
        image = image.convert("RGBA" if mode == "LA" and kind == "WEBP" else "L")
    expected = np.asarray(image.convert("RGB"))
    assert decoded(saved(image, kind)).pixels.shape == (640, 480, 3)
    assert off(saved(image, kind), expected) < 5.0


def test_a_gray_png_with_one_transparent_level_is_read() -> None:
    gray = pictures.drawn().convert("L")
    assert off(saved(gray, "PNG", transparency=1), np.asarray(gray.convert("RGB"))) < 1.0


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_transparent_becomes_white(kind: str) -> None:
    image = pictures.drawn().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    white = Image.new("RGBA", image.size, "white")
    expected = np.asarray(Image.alpha_composite(white, image).convert("RGB"))
    assert off(saved(image, kind, lossless=True), expected) < 1.0


def test_an_interlaced_png_is_read() -> None:
    assert off(pictures.interlaced_png(FACE)) == 0.0


# pieces and damage


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.95])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("reduction", [1, 4])
def test_a_cut_jpeg_with_an_end_put_on_is_no_picture(mode: str, share: float, reduction: int) -> None:
    whole = saved(pictures.drawn().convert(mode), "JPEG")
    with pytest.raises(CorruptImageError):
        decoded(whole[: int(len(whole) * share)] + b"\xff\xd9", reduction)


def test_a_picture_that_really_is_of_middle_gray_is_a_picture() -> None:
    gray = np.full((200, 200, 3), 128, np.uint8)
    gray[:100] = FACE[200:300, 140:340]
    assert off(encoded(gray), gray) < 2.0
    assert off(saved(Image.fromarray(gray), "JPEG", progressive=True), gray) < 2.0


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_a_cut_png_or_webp_whose_lengths_were_mended_is_no_picture(suffix: str) -> None:
    with pytest.raises(CorruptImageError):
        decoded(pictures.cut_and_mended(drawn_portrait(suffix)))


def test_the_three_hundred_first_bytes_of_a_jpeg_are_no_picture() -> None:
    with pytest.raises(CorruptImageError):
        decoded(drawn_portrait()[:300] + b"\xff\xd9")


SMALL = {suffix: drawn_portrait(suffix, 96, 128, 60.0) for suffix in (".jpg", ".png", ".webp")}


@pytest.mark.parametrize("suffix", SMALL)
@settings(max_examples=150, deadline=2_000, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_flipped_bytes_give_a_picture_or_a_reason_and_never_hang(suffix: str, data: st.DataObject) -> None:
    broken = bytearray(SMALL[suffix])
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    try:
        picture = decoded(bytes(broken), data.draw(st.sampled_from([1, 2, 4, 8])))
    except AppError:
        return
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.shape[2] == 3


@settings(max_examples=150, deadline=2_000)
@given(start=st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\x00\x00\x00WEBP"]), rest=st.binary())
def test_any_bytes_behind_a_right_start_give_a_reason(start: bytes, rest: bytes) -> None:
    with pytest.raises(AppError):
        decoded(start + rest)


# upright


def places(picture: DecodedImage, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Upright full-size points as places in the decoded pixels."""
    return points @ picture.to_pixels[:, :2].T + picture.to_pixels[:, 2]


@pytest.mark.parametrize("reduction", [1, 2, 4, 8])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_upright_point_is_found_in_the_stored_pixels(orientation: int, reduction: int) -> None:
    upright = np.zeros((531, 395, 3), np.uint8)  # sides that no reduction divides
    spots = np.array([[41.0, 99.0], [361.0, 113.0], [201.0, 488.0]])
    for x, y in spots.astype(int):
        upright[y - 16 : y + 17, x - 16 : x + 17] = 255
    stored = pictures.stored_as(upright, orientation)
    picture = decoded(pictures.jpeg_with_exif(encoded(stored), pictures.tiff(orientation)), reduction)
    assert (picture.width, picture.height) == (395, 531)
    for x, y in places(picture, spots):
        reach = 28 / reduction
        rows, columns = np.mgrid[: picture.pixels.shape[0], : picture.pixels.shape[1]]
        near = (abs(rows - y) < reach) & (abs(columns - x) < reach)
        weights = picture.pixels[..., 1].astype(float) * near
        centre = np.array([(weights * columns).sum(), (weights * rows).sum()]) / weights.sum()
        assert np.abs(centre - (x, y)).max() * reduction < 1.0


def test_a_reduced_picture_keeps_at_least_the_wanted_side() -> None:
    portrait = pictures.jpeg_claiming(drawn_portrait(), 3_024, 4_032)
    header = inspect_image(portrait)
    assert [choose_reduction(header, side) for side in (400, 900, 1_500, 3_000)] == [8, 4, 2, 1]


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_only_jpegs_are_reduced(suffix: str) -> None:
    picture = decoded(drawn_portrait(suffix), 8)
    assert (picture.reduction, picture.pixels.shape) == (1, (640, 480, 3))
