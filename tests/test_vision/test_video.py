"""A clip becomes a few of its frames; what is no clip, or one made to hurt, becomes an error that says so."""

import io
import time
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest

from gwansang.core.exceptions import AppError
from gwansang.vision import errors, video
from gwansang.vision.crop import crop_image
from gwansang.vision.detector import whole_image_region
from gwansang.vision.drawn_face import draw_face
from gwansang.vision.gates.masked_file import MaskedFile
from gwansang.vision.video import (
    MAX_SAMPLED_FRAMES,
    ClipFrame,
    ClipIndex,
    DecodeBudget,
    decode_frames,
    inspect_clip,
    scan_clip,
)
from tests.support.clips import ENCODER_OPTIONS, Rgb, append_to_box, box, drawn_clip, encode_clip, handheld_frames
from tests.support.hostile_clips import HostileClip, hostile_clips, mp4_clip, webm_clip
from tests.test_vision import pictures

MATRICES = {
    1: (1, 0, 0, 1),
    2: (-1, 0, 0, 1),
    3: (-1, 0, 0, -1),
    4: (1, 0, 0, -1),
    5: (0, 1, 1, 0),
    6: (0, 1, -1, 0),
    7: (0, -1, -1, 0),
    8: (0, -1, 1, 0),
}


def surveyed(data: bytes) -> ClipIndex:
    return scan_clip(data, DecodeBudget(20))


def all_frames(data: bytes) -> list[ClipFrame]:
    clip = surveyed(data)
    return [frame for part in range(len(clip.parts)) for frame in decode_frames(data, clip, part, DecodeBudget(20))]


def numbered(count: int, width: int = 64, height: int = 64) -> list[Rgb]:
    """Frames that tell by their brightness which they are."""
    return [np.full((height, width, 3), 20 + 200 * index // count, np.uint8) for index in range(count)]


# what is looked at


@pytest.mark.parametrize(
    ("codec", "container"),
    [("libx264", "mp4"), ("libx264", "mov"), ("mpeg4", "mp4"), ("libvpx", "webm"), ("libvpx-vp9", "webm")],
)
def test_sixty_frames_are_spread_evenly_over_a_clip(codec: str, container: str) -> None:
    data = encode_clip(numbered(150), codec, container)

    seen = all_frames(data)

    assert len(seen) == MAX_SAMPLED_FRAMES
    gaps = [later.second - earlier.second for earlier, later in pairwise(seen)]
    assert max(gaps) < 0.11
    assert seen[0].second == 0
    assert seen[-1].second > 4.8
    brightness = [float(frame.image.pixels.mean()) for frame in seen]
    assert brightness == sorted(brightness)


def test_a_part_of_a_clip_gives_the_same_frames_every_time() -> None:
    data = drawn_clip(50, g="12")
    clip = surveyed(data)
    assert clip == surveyed(data)
    assert clip.first_packets[-1] > 30  # what lies before the keyframe is not decoded

    one, other = (list(decode_frames(data, clip, 7, DecodeBudget(20))) for _ in range(2))

    assert len(one) == len(clip.parts[7])
    assert all(np.array_equal(a.image.pixels, b.image.pixels) for a, b in zip(one, other, strict=True))


def test_a_clip_of_a_few_frames_gives_all_of_them() -> None:
    assert [round(frame.second * 30) for frame in all_frames(drawn_clip(4))] == [0, 1, 2, 3]
    assert len(all_frames(drawn_clip(1))) == 1


def test_fragments_as_browsers_record_them_are_read() -> None:
    data = drawn_clip(40, movflags="frag_keyframe+empty_moov+default_base_moof", g="10")
    assert len(all_frames(data)) == 40


def test_a_webm_without_an_index_is_read() -> None:
    assert len(all_frames(encode_clip(numbered(40), "libvpx", "webm"))) == 40


@pytest.mark.parametrize("orientation", MATRICES)
def test_a_camera_may_be_held_in_any_way(orientation: int) -> None:
    upright = np.ascontiguousarray(next(handheld_frames(draw_face(480, 640, 240), 1, 96, 128)))
    data = encode_clip([pictures.stored_as(upright, orientation)] * 2, matrix=MATRICES[orientation])

    picture = all_frames(data)[0].image

    assert (picture.width, picture.height) == (96, 128)
    shown = crop_image(picture, whole_image_region(picture), 128, antialias=False)[:, 16:112].astype(int)
    assert np.abs(shown - upright).mean() < 6


def test_pixels_that_are_not_square_are_seen_as_they_are_meant() -> None:
    sink = io.BytesIO()
    with av.open(sink, "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=30, options=ENCODER_OPTIONS["libx264"])
        stream.width, stream.height, stream.pix_fmt = 240, 480, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(3, 2)
        frame = av.VideoFrame.from_ndarray(np.zeros((480, 240, 3), np.uint8), format="rgb24")
        file.mux(stream.encode(frame))
        file.mux(stream.encode())

    picture = all_frames(sink.getvalue())[0].image

    assert (picture.width, picture.height) == (360, 480)
    assert picture.to_pixels @ (360, 480, 1) == pytest.approx((240, 480), abs=1)


def test_the_size_may_change_within_a_clip() -> None:
    sink = io.BytesIO()
    with av.open(sink, "w", format="webm") as file:
        stream = file.add_stream("libvpx", rate=30, options=ENCODER_OPTIONS["libvpx"])
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        for first, (width, height) in ((0, (128, 96)), (5, (256, 192))):
            encoder = av.CodecContext.create("libvpx", "w")
            encoder.width, encoder.height, encoder.pix_fmt, encoder.rate = width, height, "yuv420p", 30
            encoder.options = ENCODER_OPTIONS["libvpx"]
            blank = av.VideoFrame.from_ndarray(np.full((height, width, 3), 60, np.uint8), format="rgb24")
            for packet in [*(one for _ in range(5) for one in encoder.encode(blank)), *encoder.encode()]:
                packet.stream = stream
                packet.pts = packet.dts = (packet.pts or 0) + first
                file.mux(packet)

    sizes = {(frame.image.width, frame.image.height) for frame in all_frames(sink.getvalue())}

    assert sizes == {(128, 96), (256, 192)}


# what is refused


@pytest.mark.parametrize("hostile", hostile_clips(), ids=lambda hostile: hostile.name)
def test_a_film_made_to_hurt_is_told_by_name_or_read_without_harm(hostile: HostileClip) -> None:
    started = time.monotonic()
    try:
        code = None if all_frames(hostile.data) is not None else "?"
    except AppError as error:
        code = error.code
    assert code in hostile.codes
    assert time.monotonic() - started < 5


def test_damaged_films_never_do_worse_than_an_error() -> None:
    chance = np.random.default_rng(11)
    told = set()
    for good in (
        mp4_clip(),
        webm_clip(),
        drawn_clip(10, "libvpx-vp9", "webm"),
        drawn_clip(10, movflags="frag_keyframe"),
    ):
        for _ in range(25):
            data = bytearray(good)
            for place in chance.integers(0, len(data), 12):
                data[place] = chance.integers(0, 256)
            for place in chance.integers(len(data) - 800, len(data), 3):
                data[place] = chance.integers(0, 256)
            try:
                told.add(bool(all_frames(bytes(data))))
            except AppError as error:
                told.add(error.code)
    assert {True, errors.CorruptVideoError.code} <= told


def test_a_clip_that_takes_too_long_is_given_up() -> None:
    clip = surveyed(mp4_clip())
    ticks = iter(range(1000))
    with pytest.raises(errors.VideoTooComplexError):
        list(decode_frames(mp4_clip(), clip, 0, DecodeBudget(3, lambda: float(next(ticks)))))
    ticks = iter(range(1000))
    with pytest.raises(errors.VideoTooComplexError):
        scan_clip(mp4_clip(), DecodeBudget(3, lambda: float(next(ticks))))


def test_a_demuxer_opens_nothing_but_the_bytes_it_was_given() -> None:
    with pytest.raises(errors.CorruptVideoError):
        video._refuse_other_file("file:///etc/passwd", 1, {})
    path = b"/etc/passwd\0"
    outside = box(b"dinf", box(b"dref", bytes(4), (1).to_bytes(4, "big"), box(b"url ", bytes(4), path)))
    told = append_to_box(mp4_clip(), (b"moov", b"trak", b"mdia", b"minf"), outside)
    shown = MaskedFile(told, inspect_clip(told).hidden).read()
    assert path in told
    assert shown.count(b"dinf") == 0
    assert shown.count(b"udta") == 0
    assert len(shown) == len(told)


def test_what_is_hidden_is_hidden_however_it_is_read() -> None:
    data, hidden = bytes(range(64)), (3, 20, 40)
    whole = MaskedFile(data, hidden).read()
    for size in (1, 2, 3, 5, 7, 64):
        pieces = MaskedFile(data, hidden)
        assert b"".join(iter(lambda pieces=pieces, size=size: pieces.read(size), b"")) == whole
    assert whole[3:7] == whole[20:24] == whole[40:44] == b"skip"
    assert whole[7:20] == data[7:20]
