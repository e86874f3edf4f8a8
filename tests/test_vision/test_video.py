"""Decoding of selected frames of a clip, and refusal of unsupported, damaged and hostile ones."""

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
from tests.test_vision import image_files

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


def scanned(data: bytes) -> ClipIndex:
    return scan_clip(data, DecodeBudget(20))


def all_frames(data: bytes) -> list[ClipFrame]:
    clip = scanned(data)
    return [frame for part in range(len(clip.parts)) for frame in decode_frames(data, clip, part, DecodeBudget(20))]


def numbered(count: int, width: int = 64, height: int = 64) -> list[Rgb]:
    """Return frames whose brightness identifies them."""
    return [np.full((height, width, 3), 20 + 200 * index // count, np.uint8) for index in range(count)]


# selected frames


@pytest.mark.parametrize(
    ("codec", "container"),
    [("libx264", "mp4"), ("libx264", "mov"), ("mpeg4", "mp4"), ("libvpx", "webm"), ("libvpx-vp9", "webm")],
)
def test_sixty_frames_are_spread_evenly_over_a_clip(codec: str, container: str) -> None:
    data = encode_clip(numbered(150), codec, container)

    frames = all_frames(data)

    assert len(frames) == MAX_SAMPLED_FRAMES
    gaps = [later.second - earlier.second for earlier, later in pairwise(frames)]
    assert max(gaps) < 0.11
    assert frames[0].second == pytest.approx(1 / 30, abs=0.001)  # the second of 150 frames
    assert frames[-1].second > 4.8
    brightness = [float(frame.image.pixels.mean()) for frame in frames]
    assert brightness == sorted(brightness)


def test_a_part_of_a_clip_decodes_to_the_same_frames_every_time() -> None:
    data = drawn_clip(50, g="12")
    clip = scanned(data)
    assert clip == scanned(data)
    assert clip.first_packet(clip.parts[-1][0]) > 30  # nothing before the keyframe is decoded

    one, other = (list(decode_frames(data, clip, 7, DecodeBudget(20))) for _ in range(2))

    assert len(one) == len(clip.parts[7])
    assert all(np.array_equal(a.image.pixels, b.image.pixels) for a, b in zip(one, other, strict=True))


def test_all_frames_of_a_short_clip_are_decoded() -> None:
    assert [round(frame.second * 30) for frame in all_frames(drawn_clip(4))] == [0, 1, 2, 3]
    assert len(all_frames(drawn_clip(1))) == 1


def test_a_fragmented_mp4_is_decoded() -> None:
    data = drawn_clip(40, movflags="frag_keyframe+empty_moov+default_base_moof", g="10")
    assert len(all_frames(data)) == 40


def test_a_webm_without_an_index_is_decoded() -> None:
    assert len(all_frames(encode_clip(numbered(40), "libvpx", "webm"))) == 40


@pytest.mark.parametrize("orientation", MATRICES)
def test_every_display_matrix_gives_the_upright_image(orientation: int) -> None:
    upright = np.ascontiguousarray(next(handheld_frames(draw_face(480, 640, 240), 1, 96, 128)))
    data = encode_clip([image_files.stored_as(upright, orientation)] * 2, matrix=MATRICES[orientation])

    image = all_frames(data)[0].image

    assert (image.width, image.height) == (96, 128)
    shown = crop_image(image, whole_image_region(image), 128, antialias=False)[:, 16:112].astype(int)
    assert np.abs(shown - upright).mean() < 6


def test_non_square_pixels_give_the_displayed_size() -> None:
    sink = io.BytesIO()
    with av.open(sink, "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=30, options=ENCODER_OPTIONS["libx264"])
        stream.width, stream.height, stream.pix_fmt = 240, 480, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(3, 2)
        frame = av.VideoFrame.from_ndarray(np.zeros((480, 240, 3), np.uint8), format="rgb24")
        file.mux(stream.encode(frame))
        file.mux(stream.encode())

    image = all_frames(sink.getvalue())[0].image

    assert (image.width, image.height) == (360, 480)
    assert image.to_pixels @ (360, 480, 1) == pytest.approx((240, 480), abs=1)


def test_the_frame_size_may_change_within_a_clip() -> None:
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


# refused clips


@pytest.mark.parametrize("hostile", hostile_clips(), ids=lambda hostile: hostile.name)
def test_a_hostile_clip_is_refused_or_decoded_in_bounded_time(hostile: HostileClip) -> None:
    started = time.thread_time()
    try:
        code = None if all_frames(hostile.data) is not None else "?"
    except AppError as error:
        code = error.code
    assert code in hostile.codes
    assert time.thread_time() - started < 5


def test_a_damaged_clip_gives_frames_or_an_error() -> None:
    chance = np.random.default_rng(11)
    outcomes = set()
    for intact in (
        mp4_clip(),
        webm_clip(),
        drawn_clip(10, "libvpx-vp9", "webm"),
        drawn_clip(10, movflags="frag_keyframe"),
    ):
        for _ in range(25):
            data = bytearray(intact)
            for position in chance.integers(0, len(data), 12):
                data[position] = chance.integers(0, 256)
            for position in chance.integers(len(data) - 800, len(data), 3):
                data[position] = chance.integers(0, 256)
            try:
                outcomes.add(bool(all_frames(bytes(data))))
            except AppError as error:
                outcomes.add(error.code)
    assert {True, errors.CorruptVideoError.code} <= outcomes


def test_a_clip_that_exceeds_the_time_limit_is_refused() -> None:
    clip = scanned(mp4_clip())
    ticks = iter(range(1000))
    with pytest.raises(errors.VideoTooComplexError):
        list(decode_frames(mp4_clip(), clip, 0, DecodeBudget(3, lambda: float(next(ticks)))))
    ticks = iter(range(1000))
    with pytest.raises(errors.VideoTooComplexError):
        scan_clip(mp4_clip(), DecodeBudget(3, lambda: float(next(ticks))))


def test_waiting_for_a_busy_machine_is_not_the_clips_work() -> None:
    budget = DecodeBudget(0.05)
    time.sleep(0.1)
    budget.check()
    end = time.thread_time() + 0.1
    while time.thread_time() < end:
        pass
    with pytest.raises(errors.VideoTooComplexError):
        budget.check()


def test_a_demuxer_opens_no_other_file() -> None:
    with pytest.raises(errors.CorruptVideoError):
        video._refuse_other_file("file:///etc/passwd", 1, {})
    path = b"/etc/passwd\0"
    outside = box(b"dinf", box(b"dref", bytes(4), (1).to_bytes(4, "big"), box(b"url ", bytes(4), path)))
    clip = append_to_box(mp4_clip(), (b"moov", b"trak", b"mdia", b"minf"), outside)
    shown = MaskedFile(clip, inspect_clip(clip).hidden).read()
    assert path in clip
    assert shown.count(b"dinf") == 0
    assert shown.count(b"udta") == 0
    assert len(shown) == len(clip)


def test_hidden_boxes_are_masked_for_every_read_size() -> None:
    data, hidden = bytes(range(64)), (3, 20, 40)
    whole = MaskedFile(data, hidden).read()
    for size in (1, 2, 3, 5, 7, 64):
        pieces = MaskedFile(data, hidden)
        assert b"".join(iter(lambda pieces=pieces, size=size: pieces.read(size), b"")) == whole
    assert whole[3:7] == whole[20:24] == whole[40:44] == b"skip"
    assert whole[7:20] == data[7:20]
