"""Decoding: the same colours and positions for every file type, encoding and orientation."""

import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from gwansang.core.exceptions import AppError
from gwansang.vision import decode
from gwansang.vision.decode import WHOLE_PIXELS, DecodedImage, ImageDecoder, choose_reduction, decode_image
from gwansang.vision.drawn_face import draw_face
from gwansang.vision.errors import CorruptImageError
from gwansang.vision.gates.headers import inspect_image
from tests.support.photos import drawn_portrait, encoded
from tests.test_vision import image_files
from tests.test_vision.image_files import saved

FACE = draw_face()


def decoded(data: bytes, reduction: int = 1) -> DecodedImage:
    return decode_image(inspect_image(data), reduction)


def off(data: bytes, expected: NDArray[np.uint8] = FACE) -> float:
    """Return the mean difference of the decoded image to the expected one, in levels of 256."""
    return float(np.abs(decoded(data).pixels.astype(int) - expected).mean())


# colours


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(saved(image_files.drawn(), "JPEG"), id="JPEG"),
        pytest.param(saved(image_files.drawn(), "JPEG", progressive=True), id="progressive JPEG"),
        pytest.param(saved(image_files.drawn().convert("CMYK"), "JPEG"), id="CMYK JPEG"),
        pytest.param(saved(image_files.drawn(), "JPEG", icc_profile=bytes(3_000)), id="broken colour profile"),
        pytest.param(saved(image_files.drawn(), "JPEG", restart_marker_rows=1), id="JPEG with restarts"),
        pytest.param(saved(image_files.drawn(), "PNG"), id="PNG"),
        pytest.param(saved(image_files.drawn().convert("RGBA"), "PNG"), id="opaque RGBA PNG"),
        pytest.param(saved(image_files.drawn().quantize(256), "PNG"), id="palette PNG"),
        pytest.param(saved(image_files.drawn().quantize(256), "PNG", transparency=255), id="transparent palette"),
        pytest.param(image_files.png_16_bit(FACE, alpha=False), id="16-bit PNG"),
        pytest.param(image_files.png_16_bit(FACE, alpha=True), id="16-bit RGBA PNG"),
        pytest.param(saved(image_files.drawn(), "WEBP"), id="WebP"),
        pytest.param(saved(image_files.drawn(), "WEBP", lossless=True), id="lossless WebP"),
        pytest.param(saved(image_files.drawn().convert("RGBA"), "WEBP"), id="opaque RGBA WebP"),
    ],
)
def test_every_encoding_gives_the_same_colours(data: bytes) -> None:
    assert off(data) < 4.0


def test_a_ycck_jpeg_gives_the_same_colours() -> None:
    """Adobe's encoding of CMYK: inverted, and converted to luma and chroma."""
    ycck = image_files.ycck_jpeg(image_files.drawn())
    with Image.open(image_files.io.BytesIO(ycck)) as by_pillow:
        assert np.abs(np.asarray(by_pillow.convert("RGB")).astype(int) - FACE).mean() < 4.0
    assert off(ycck) < 4.0


@pytest.mark.parametrize("mode", ["L", "LA", "1"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_grayscale_images_become_gray_rgb(mode: str, kind: str) -> None:
    image = image_files.drawn().convert(mode)
    if kind != "PNG":
        image = image.convert("RGBA" if mode == "LA" and kind == "WEBP" else "L")
    expected = np.asarray(image.convert("RGB"))
    assert decoded(saved(image, kind)).pixels.shape == (640, 480, 3)
    assert off(saved(image, kind), expected) < 5.0


def test_a_gray_png_with_one_transparent_level_is_read() -> None:
    gray = image_files.drawn().convert("L")
    assert off(saved(gray, "PNG", transparency=1), np.asarray(gray.convert("RGB"))) < 1.0


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_transparent_pixels_become_white(kind: str) -> None:
    image = image_files.drawn().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    white = Image.new("RGBA", image.size, "white")
    expected = np.asarray(Image.alpha_composite(white, image).convert("RGB"))
    assert off(saved(image, kind, lossless=True), expected) < 1.0


def test_an_interlaced_png_is_read() -> None:
    assert off(image_files.interlaced_png(FACE)) == 0.0


# truncated and damaged files


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.95])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("reduction", [1, 4])
def test_a_truncated_jpeg_with_an_end_marker_is_refused(mode: str, share: float, reduction: int) -> None:
    whole = saved(image_files.drawn().convert(mode), "JPEG")
    with pytest.raises(CorruptImageError):
        decoded(whole[: int(len(whole) * share)] + b"\xff\xd9", reduction)


ENCODINGS = {
    "plain": {"quality": 90},
    "all chroma, own tables": {"quality": 92, "subsampling": 0, "optimize": True},
    "progressive": {"quality": 80, "progressive": True},
    "restarts": {"quality": 88, "restart_marker_rows": 1},
}
TRAILERS = {
    "nothing": b"",
    "a phone's trailer": bytes(3_000) + b"SEFH" + bytes(60) + b"SEFT",
    "text": b"<x:xmpmeta>" * 9,
    "zeros": bytes(5_000),
    "fill bytes": b"\xff" * 300,
    "a film": b"\x00\x00\x00\x18ftypmp42" + np.random.default_rng(3).bytes(20_000),
    "another photo": drawn_portrait(),
}


@pytest.mark.parametrize("trailer", TRAILERS.values(), ids=TRAILERS)
@pytest.mark.parametrize("options", ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_complete_jpeg_without_its_end_marker_is_read(mode: str, options: dict[str, object], trailer: bytes) -> None:
    whole = saved(image_files.drawn(240, 320, 110).convert(mode), "JPEG", **options)
    assert np.array_equal(decoded(whole[:-2] + trailer).pixels, decoded(whole).pixels)


@pytest.mark.parametrize("trailer", ["nothing", "a phone's trailer", "zeros", "fill bytes", "another photo"])
@pytest.mark.parametrize("options", ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_jpeg_that_lacks_rows_is_refused_whatever_follows(
    mode: str, options: dict[str, object], trailer: str
) -> None:
    whole = saved(image_files.drawn(240, 320, 110).convert(mode), "JPEG", **options)
    for share in (0.1, 0.3, 0.5, 0.61, 0.7, 0.8, 0.9, 0.95):
        with pytest.raises(CorruptImageError):
            decoded(whole[: int(len(whole) * share)] + TRAILERS[trailer])


def test_an_image_with_a_gray_last_row_is_not_taken_for_truncated() -> None:
    gray = np.full((200, 200, 3), 128, np.uint8)
    gray[:100] = FACE[200:300, 140:340]
    assert off(encoded(gray), gray) < 2.0
    assert off(saved(Image.fromarray(gray), "JPEG", progressive=True), gray) < 2.0


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_a_truncated_png_or_webp_with_consistent_lengths_is_refused(suffix: str) -> None:
    with pytest.raises(CorruptImageError):
        decoded(image_files.truncated_consistently(drawn_portrait(suffix)))


def test_the_first_three_hundred_bytes_of_a_jpeg_are_refused() -> None:
    with pytest.raises(CorruptImageError):
        decoded(drawn_portrait()[:300] + b"\xff\xd9")


SMALL = {suffix: drawn_portrait(suffix, 96, 128, 60.0) for suffix in (".jpg", ".png", ".webp")}


@pytest.mark.parametrize("suffix", SMALL)
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damaged_bytes_give_an_image_or_an_error_in_bounded_time(suffix: str, data: st.DataObject) -> None:
    broken = bytearray(SMALL[suffix])
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    reduction = data.draw(st.sampled_from([1, 2, 4, 8]))
    started = time.thread_time()
    try:
        image = decoded(bytes(broken), reduction)
    except AppError:
        return
    finally:
        assert time.thread_time() - started < 2
    assert image.pixels.dtype == np.uint8
    assert image.pixels.shape[2] == 3


@settings(max_examples=150)
@given(start=st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\x00\x00\x00WEBP"]), rest=st.binary())
def test_random_bytes_after_a_valid_signature_give_an_error(start: bytes, rest: bytes) -> None:
    with pytest.raises(AppError):
        decoded(start + rest)


# orientation


def positions(image: DecodedImage, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the positions of upright full-size points in the decoded pixels."""
    return points @ image.to_pixels[:, :2].T + image.to_pixels[:, 2]


@pytest.mark.parametrize("reduction", [1, 2, 4, 8])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_upright_point_maps_to_the_stored_pixels(orientation: int, reduction: int) -> None:
    upright = np.zeros((531, 395, 3), np.uint8)  # sides that no reduction divides
    spots = np.array([[41.0, 99.0], [361.0, 113.0], [201.0, 488.0]])
    for x, y in spots.astype(int):
        upright[y - 16 : y + 17, x - 16 : x + 17] = 255
    stored = image_files.stored_as(upright, orientation)
    image = decoded(image_files.jpeg_with_exif(encoded(stored), image_files.tiff(orientation)), reduction)
    assert (image.width, image.height) == (395, 531)
    for x, y in positions(image, spots):
        reach = 28 / reduction
        rows, columns = np.mgrid[: image.pixels.shape[0], : image.pixels.shape[1]]
        near = (abs(rows - y) < reach) & (abs(columns - x) < reach)
        weights = image.pixels[..., 1].astype(float) * near
        centre = np.array([(weights * columns).sum(), (weights * rows).sum()]) / weights.sum()
        assert np.abs(centre - (x, y)).max() * reduction < 1.0


def test_a_reduced_image_keeps_at_least_the_minimum_side() -> None:
    portrait = image_files.jpeg_claiming(drawn_portrait(), 3_024, 4_032)
    header = inspect_image(portrait)
    assert [choose_reduction(header, side) for side in (400, 900, 1_500, 3_000)] == [8, 4, 2, 1]


# the same pixels


WHOLE = {
    "PNG": lambda rgb: saved(Image.fromarray(rgb), "PNG"),
    "16-bit PNG": lambda rgb: image_files.png_16_bit(rgb, alpha=False),
    "RGBA PNG": lambda rgb: saved(Image.fromarray(rgb).convert("RGBA"), "PNG"),
    "lossless WebP": lambda rgb: saved(Image.fromarray(rgb), "WEBP", lossless=True),
}


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("reduction", [1, 2, 4, 8])
@pytest.mark.parametrize("kind", WHOLE)
def test_a_photo_up_to_3_mp_has_the_same_pixels_in_every_format(kind: str, reduction: int, mode: str) -> None:
    odd = Image.fromarray(draw_face(395, 531)).convert(mode)  # sides that no reduction divides
    photo = saved(odd, "JPEG", quality=85)
    copy = WHOLE[kind](decoded(photo).pixels)
    assert np.array_equal(decoded(copy, reduction).pixels, decoded(photo, reduction).pixels)
    assert decoded(copy, reduction).pixels.shape == (531 // reduction, 395 // reduction, 3)


@pytest.mark.parametrize("reduction", [1, 2, 4, 8])
def test_a_larger_photo_has_nearly_the_same_pixels_in_every_format(reduction: int) -> None:
    photo = encoded(draw_face(1_600, 2_144, 600.0))
    assert WHOLE_PIXELS < 1_600 * 2_144
    shift = (
        decoded(photo, reduction).pixels.astype(int) - decoded(encoded(decoded(photo).pixels, ".png"), reduction).pixels
    )
    assert abs(shift.mean()) < 0.1
    assert np.abs(shift).mean() < 0.6
    assert np.percentile(np.abs(shift), 99.9) <= 6


def test_a_copy_of_a_photo_of_another_format_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    flags: list[int] = []
    monkeypatch.setattr(decode, "_decode", lambda data, flag: flags.append(flag) or np.zeros((64, 64, 3), np.uint8))
    decoder = ImageDecoder(inspect_image(drawn_portrait(".png")))
    for reduction in (8, 2, 1):
        decoder.decode(reduction)
    assert len(flags) == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_darker_half_is_that_of_the_upright_image(orientation: int) -> None:
    upright = np.full((90, 121, 3), 200, np.uint8)
    upright[:, 100:] = 150
    for rgb, expected in ((upright, True), (upright[:, ::-1], False)):
        stored = encoded(image_files.stored_as(np.ascontiguousarray(rgb), orientation))
        image = decoded(image_files.jpeg_with_exif(stored, image_files.tiff(orientation)))
        assert image.is_darker_on_the_right() is expected
        assert image.mirrored().is_darker_on_the_right() is not expected
