"""Edit lists of MP4 and MOV: what a player shows of a clip is what is decoded of it."""

import struct
from fractions import Fraction

import numpy as np
import pytest

from gwansang.vision import errors
from gwansang.vision.gates.edit_list import Edit, shown_frames
from gwansang.vision.video import DecodeBudget, decode_frames, inspect_clip, scan_clip
from tests.support.clips import Rgb, edited_clip, encode_clip, overwrite_box, whole_clip

RATE, FRAME_TICKS = 25, 512  # the movie counts in ms, the track in 1/12800 s
FRAMES = 50


def numbered(count: int) -> list[Rgb]:
    """Return pictures with their number as their brightness."""
    return [np.full((64, 64, 3), 10 + 4 * index, np.uint8) for index in range(count)]


def recording(container: str = "mp4", **options: str) -> bytes:
    return encode_clip(numbered(FRAMES), container=container, rate=RATE, **{"g": "12", "crf": "1", **options})


def shown_numbers(clip: bytes) -> dict[int, float]:
    """Return the numbers of the decoded pictures, with their seconds in the clip."""
    index = scan_clip(clip, DecodeBudget(20))
    frames = [frame for part in range(len(index.parts)) for frame in decode_frames(clip, index, part, DecodeBudget(20))]
    return {round((float(frame.image.pixels.mean()) - 10) / 4): frame.second for frame in frames}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(400, 20)], range(20, 30)),  # trimmed at both ends, not at a keyframe
        ([(1000, 0)], range(25)),
        ([(5000, 40)], range(40, 50)),  # longer than the recording
        ([(800, -1), (400, 30)], range(30, 40)),  # shown after a delay
        ([(200, 5), (200, 30)], (*range(5, 10), *range(30, 35))),
        ([(200, 30), (400, -1), (200, 5)], (*range(5, 10), *range(30, 35))),  # in another order, with a gap
        ([(399, 20)], range(20, 30)),  # rounded to the movie's ticks
        ([(401, 20)], range(20, 30)),
        ([(400, 20, 2)], range(20, 40)),  # at double speed
        ([(400, 20, 0)], (20,)),  # a still
        ([(10, 20.5)], (20,)),  # less than a picture
        ([(0, 40)], range(40, 50)),  # a sole edit without a duration: to the end
        ([(0, 0), (400, 20)], range(20, 30)),  # else nothing is shown by it
        ([], range(50)),
    ],
    ids=str,
)
@pytest.mark.parametrize("version", [0, 1])
def test_what_a_player_shows_is_decoded(rows: list[tuple[float, ...]], expected: tuple[int, ...], version: int) -> None:
    stored = [
        (row[0], -1 if row[1] == -1 else int(row[1] * FRAME_TICKS), *(65_536 * speed for speed in row[2:]))
        for row in rows
    ]
    assert list(shown_numbers(edited_clip(recording(), stored, version=version))) == list(expected)


def test_seconds_are_those_of_the_clip_as_it_is_shown() -> None:
    clip = edited_clip(recording(), [(500, -1), (400, 20 * FRAME_TICKS), (200, 5 * FRAME_TICKS)])
    seconds = shown_numbers(clip)
    assert seconds[20] == pytest.approx(0.5)
    assert seconds[29] == pytest.approx(0.86)
    assert seconds[5] == pytest.approx(0.9)
    assert scan_clip(clip, DecodeBudget(20)).seconds == pytest.approx(0.6)


def test_edits_of_a_mov_are_read() -> None:
    assert list(shown_numbers(edited_clip(recording("mov"), [(400, 20 * FRAME_TICKS)]))) == list(range(20, 30))


def test_a_fragmented_file_is_shown_to_its_end_by_an_edit_without_a_duration() -> None:
    fragments = recording(movflags="frag_keyframe+empty_moov+default_base_moof+delay_moov")
    assert b"elst" in fragments
    assert list(shown_numbers(fragments)) == list(range(FRAMES))
    (edit,) = inspect_clip(fragments).edits
    assert edit.seconds is None


def test_frames_that_are_shown_late_count_in_the_order_of_display() -> None:
    """With B frames the track begins with a shift, which every encoder takes back with an edit."""
    clip = recording(preset="fast", bf="2")
    assert b"ctts" in clip
    seconds = shown_numbers(clip)
    assert seconds[0] == 0
    assert list(seconds) == list(range(FRAMES))


def test_the_limit_of_the_duration_counts_what_is_shown() -> None:
    long = encode_clip(numbered(60) + 700 * numbered(1), rate=20, g="60")
    with pytest.raises(errors.VideoTooLongError):
        inspect_clip(whole_clip(long))
    cut = edited_clip(long, [(2000, 20 * 512)])
    assert scan_clip(cut, DecodeBudget(20)).seconds == pytest.approx(2)
    assert min(shown_numbers(cut)) == 20
    looped = edited_clip(recording(), 20 * [(2000, 0)])
    with pytest.raises(errors.VideoTooLongError):
        inspect_clip(looped)


def without_pictures(clip: bytes, numbers: range) -> bytes:
    """Return a clip of one chunk with the data of some pictures overwritten."""
    table = clip.index(b"stsz")
    sizes = struct.unpack_from(f">{FRAMES}I", clip, table + 16)
    (chunk,) = struct.unpack_from(">I", clip, clip.index(b"stco") + 12)
    damaged = bytearray(clip)
    for number in numbers:
        start = chunk + sum(sizes[:number])
        damaged[start : start + sizes[number]] = bytes(sizes[number])
    return bytes(damaged)


def test_a_damaged_picture_is_not_replaced_by_one_that_was_cut_away() -> None:
    clip = edited_clip(recording(g="1"), [(200, 10 * FRAME_TICKS), (200, 30 * FRAME_TICKS)])
    assert set(shown_numbers(without_pictures(clip, range(13, 15)))) == {10, 11, 12, *range(30, 35)}


@pytest.mark.parametrize("kind", [b"mvhd", b"mdhd"])
def test_edits_without_a_timescale_are_refused(kind: bytes) -> None:
    clip = edited_clip(recording(), [(400, 20 * FRAME_TICKS)])
    with pytest.raises(errors.CorruptVideoError):
        scan_clip(overwrite_box(clip, kind, 12, ">I", 0), DecodeBudget(20))


def test_overlapping_edits_show_a_frame_once() -> None:
    edits = [Edit(Fraction(second), Fraction(second), Fraction(2), Fraction(1), Fraction(1, 1000)) for second in (0, 1)]
    assert shown_frames(edits, range(5), 1, Fraction(1)) == {0: 0.0, 1: 1.0, 2: 2.0}
