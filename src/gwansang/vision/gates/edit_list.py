"""Edit list of an MP4 or MOV track: the stretches of the recording that a player shows.

An app that trims a clip may leave the cut pictures in the file and change this list only. The list is read here and
hidden from the demuxer, whose times then are those of the recording.
"""

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from gwansang.vision.errors import CorruptVideoError, NoVideoError, UnsupportedVideoTypeError, VideoTooLargeError

MAX_EDITS = 500
_ROWS = {0: struct.Struct(">Iii"), 1: struct.Struct(">Qqi")}  # duration, start in the track, speed
_EMPTY = -1  # start of a row that shows nothing for its duration
_NORMAL_SPEED = 1 << 16
_ROUNDING_S = Fraction(1, 500)  # at most, of a duration; the usual ticks are of 1/600 and 1/1000 s


@dataclass(frozen=True, slots=True)
class EditRow:
    """A row as it is stored: duration in ticks of the movie, start in ticks of the track, speed (0: a still)."""

    duration: int
    start: int
    speed: Fraction


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of a track that is shown; all times are in seconds.

    start: in the track; shown_at: in the clip; seconds: how long it is shown, None: to the end of the track;
    speed: 0 for a still; tick: unit of durations.
    """

    start: Fraction
    shown_at: Fraction
    seconds: Fraction | None
    speed: Fraction
    tick: Fraction


def read_edit_rows(data: bytes, body: int, end: int) -> tuple[EditRow, ...]:
    """Return the rows of the `elst` box with this body; raises if it is damaged, too long, or played backwards."""
    (count,) = struct.unpack_from(">I", data, body + 4)
    if count > MAX_EDITS:
        raise VideoTooLargeError("The video is cut into too many pieces; save it anew.", max_edits=MAX_EDITS)
    row = _ROWS.get(data[body])
    if row is None or count * row.size > end - body - 8:
        raise CorruptVideoError("The video is damaged; send the original file.")
    rows = [row.unpack_from(data, body + 8 + index * row.size) for index in range(count)]
    if any(start < _EMPTY for _, start, _ in rows):
        raise CorruptVideoError("The video is damaged; send the original file.")
    if any(speed < 0 for _, start, speed in rows if start != _EMPTY):
        raise UnsupportedVideoTypeError("The video is played backwards; save it without that.")
    return tuple(EditRow(duration, start, Fraction(speed, _NORMAL_SPEED)) for duration, start, speed in rows)


def edits_of_rows(
    rows: Sequence[EditRow], movie_timescale: int, timescale: int, *, is_fragmented: bool
) -> tuple[Edit, ...]:
    """Return what the rows of a list show; raises NoVideoError if that is nothing.

    A row without a duration shows the rest of the track in a fragmented file, whose length is unknown at first, or if
    it is the only one.
    """
    tick, track_tick = Fraction(1, movie_timescale), Fraction(1, timescale)
    starts = accumulate((row.duration * tick for row in rows), initial=Fraction(0))
    shown = [(row, shown_at) for row, shown_at in zip(rows, starts, strict=False) if row.start != _EMPTY]
    may_be_open = is_fragmented or len(shown) == 1
    edits = tuple(
        Edit(row.start * track_tick, shown_at, row.duration * tick if row.duration else None, row.speed, tick)
        for row, shown_at in shown
        if row.duration or may_be_open
    )
    if not edits:
        raise _nothing_shown()
    return edits


def shown_frames(edits: Sequence[Edit], times: Sequence[int], last_ticks: int, tick_s: Fraction) -> dict[int, float]:
    """Return the times of the frames that are shown, rising, each with its second in the clip; raises NoVideoError.

    edits: none show all; times: of all frames, rising, in ticks of `tick_s`; last_ticks: duration of the last one.
    """
    if not edits:
        return {time: float((time - times[0]) * tick_s) for time in times}
    shown: dict[int, float] = {}
    end_of_track = times[-1] + last_ticks
    for edit in edits:
        start = edit.start / tick_s
        if start >= end_of_track:
            continue
        end = end_of_track if edit.seconds is None else _end(edit, edit.seconds) / tick_s
        on_screen = max(bisect_right(times, start) - 1, 0)  # at the start
        for time in times[bisect_left(times, start) : bisect_left(times, end)] or times[on_screen : on_screen + 1]:
            if time not in shown:
                passed = max(time - start, Fraction(0)) * tick_s
                shown[time] = float(edit.shown_at + passed / (edit.speed or 1))
    if not shown:
        raise _nothing_shown()
    return dict(sorted(shown.items()))


def _end(edit: Edit, seconds: Fraction) -> Fraction:
    """Return the time in the track before which a frame has to begin: no frame is shown because of rounding."""
    return edit.start + (seconds - min(edit.tick, _ROUNDING_S)) * edit.speed


def shown_seconds(edits: Sequence[Edit], track_s: Fraction) -> float:
    """Return how long a clip is shown, given the length of its track in seconds."""
    return float(sum((_seconds_of(edit, track_s) for edit in edits), Fraction(0)))


def _seconds_of(edit: Edit, track_s: Fraction) -> Fraction:
    if not edit.speed:
        return edit.seconds or Fraction(0)
    left = max((track_s - edit.start) / edit.speed, Fraction(0))
    return left if edit.seconds is None else min(edit.seconds, left)


def _nothing_shown() -> NoVideoError:
    return NoVideoError("The video is cut down to nothing; save it anew.")
