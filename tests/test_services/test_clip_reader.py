"""A clip of a face is told like the best still in it; and what no reading can be made of says why."""

from datetime import date
from functools import cache
from itertools import pairwise

import cv2
import numpy as np
import pytest

from gwansang.core.exceptions import AppError
from gwansang.reading.composer import compose
from gwansang.reading.measurements import Measures
from gwansang.reading.memory import read_with_memory
from gwansang.reading.model import Reading
from gwansang.reading.norms import default_norms
from gwansang.services.ml.face_analyzer import DifferentFacesError, FaceObservation, FaceQuery, capture_of, observe_face
from gwansang.services.ml.network_vision import NetworkVision
from gwansang.services.readings.clip_reader import (
    MAX_FRAMES,
    ClipPart,
    FrameObservation,
    merge_parts,
    observe_part,
    select_frames,
)
from gwansang.vision import errors
from gwansang.vision.drawn_face import draw_face
from gwansang.vision.face import Pose, Quality
from gwansang.vision.video import DecodeBudget, scan_clip
from tests.support.clips import Rgb, drawn_clip, encoded_clip, moving
from tests.support.photos import encoded, evaluation_photos, model_dir
from tests.test_vision import scenes

DAY = date(2026, 11, 23)
SAME_OF_15 = 13


@pytest.fixture(scope="module")
def vision() -> NetworkVision:
    return NetworkVision(model_dir())


def parts_of(vision: NetworkVision, film: bytes) -> list[ClipPart]:
    return [observe_part(vision, film, part) for part in range(len(scan_clip(film, DecodeBudget(20)).parts))]


def look_at_clip(vision: NetworkVision, film: bytes) -> FaceObservation:
    return merge_parts(parts_of(vision, film))


def refusal(vision: NetworkVision, film: bytes) -> AppError:
    with pytest.raises(AppError) as caught:
        look_at_clip(vision, film)
    return caught.value


def told(look: FaceObservation, before: dict[str, str] | None = None) -> Reading:
    return compose(look.measures, capture_of(look), DAY, "ko", None, default_norms(), before)


def shapes(reading: Reading) -> dict[str, str]:
    return {part.part: part.shape_id for part in reading.parts}


@cache
def person(index: int) -> Rgb:
    """An evaluation photo in the shape of a film's frame, so that both tell the same about the camera: nothing."""
    photo = cv2.imread(str(evaluation_photos("london/neutral")[index]))[..., ::-1]
    room = photo.shape[0] // 5
    return np.ascontiguousarray(cv2.copyMakeBorder(photo, room // 2, room // 2, 0, 0, cv2.BORDER_REPLICATE))


@cache
def film_of(index: int, codec: str = "libx264", container: str = "mp4", count: int = 24) -> bytes:
    return encoded_clip(moving(person(index), count, 720, 864, seed=index), codec, container)


# the same reading as that of a still


@pytest.mark.parametrize(
    ("index", "codec", "container"),
    [(0, "libx264", "mp4"), (9, "libvpx-vp9", "webm"), (21, "libvpx", "webm")],
)
def test_a_clip_is_told_like_the_photo_of_the_same_face(
    vision: NetworkVision, index: int, codec: str, container: str
) -> None:
    still = observe_face(vision, FaceQuery(image=encoded(person(index))))

    look = look_at_clip(vision, film_of(index, codec, container))

    one, other = shapes(told(still)), shapes(told(look))
    assert sum(one[part] == other[part] for part in one) >= SAME_OF_15
    assert look.quality.frames == MAX_FRAMES
    assert look.quality.photos == 1
    first = read_with_memory(None, still.measures, 1, lambda measures, before: told(still, before))
    again = read_with_memory(
        first.profile,
        look.measures,
        1,
        lambda measures, before: compose(measures, capture_of(look), DAY, "ko", None, default_norms(), before),
    )
    assert again.same_face
    assert len(again.changed) <= 1  # where the face is remembered, next to nothing changes
    assert again.profile.photos == 2  # a clip counts as one photo


def test_the_way_a_camera_is_held_changes_nothing(vision: NetworkVision) -> None:
    upright = list(moving(draw_face(480, 640, 240), 8, 360, 480))
    lying = [np.ascontiguousarray(np.rot90(picture)) for picture in upright]
    one = look_at_clip(vision, encoded_clip(upright, crf="5"))
    other = look_at_clip(vision, encoded_clip(lying, crf="5", matrix=(0, 1, -1, 0)))
    assert np.abs(one.points - other.points).max() < 0.01


def test_a_part_seen_twice_is_seen_the_same(vision: NetworkVision) -> None:
    film = drawn_clip(12)
    one, other = observe_part(vision, film, 1), observe_part(vision, film, 1)
    assert [glimpse.measures for glimpse in one.frames] == [glimpse.measures for glimpse in other.frames]
    assert [glimpse.second for glimpse in one.frames] == [glimpse.second for glimpse in other.frames]


# which frames count


def test_frames_that_show_no_good_face_are_left_out(vision: NetworkVision) -> None:
    good = list(moving(draw_face(480, 640, 240), 10, 360, 480))
    blank = [np.full_like(good[0], 128)] * 10
    away = [cv2.resize(scenes.turned(yaw_deg=50), (360, 480))] * 10

    parts = parts_of(vision, encoded_clip([*blank, *good, *away]))

    look = merge_parts(parts)
    assert look.quality.frames == MAX_FRAMES
    assert 10 / 30 <= look.quality.best_second < 20 / 30
    assert sum(part.rejected.get("NO_FACE", 0) for part in parts) >= 10


def glimpse(second: float, score: float, yaw_deg: float = 0.0) -> FrameObservation:
    quality = Quality(score, 300, 0, 0, 0.3, 30, 0.5, 0.1, None, None, ())
    return FrameObservation(second, Pose(yaw_deg, 0.0, 0.0), quality, Measures({}, {}))


def test_the_best_frames_are_chosen_from_all_over_the_clip() -> None:
    sharp_start = [glimpse(index / 10, 0.9 if index < 20 else 0.85) for index in range(60)]
    chosen = select_frames(sharp_start)
    assert len(chosen) == MAX_FRAMES
    assert chosen[0].second == 0.0
    seconds = sorted(one.second for one in chosen)
    assert seconds[-1] > 4
    assert min(later - earlier for earlier, later in pairwise(seconds)) >= 0.4


def test_a_much_better_frame_beats_an_even_spread() -> None:
    chosen = select_frames([glimpse(index / 10, 0.95 if index < 9 else 0.5) for index in range(60)])
    assert {round(one.second, 1) for one in chosen} == {index / 10 for index in range(9)}


def test_other_sides_of_a_face_are_taken_along() -> None:
    turning = [glimpse(0.1 * index, 0.9, yaw_deg=10.0 if index == 5 else 0.0) for index in range(12)]
    assert 5 in {round(10 * one.second) for one in select_frames(turning)}


# what gives no reading


@pytest.mark.parametrize(
    ("scene", "expected"),
    [
        (scenes.wall(), errors.NoFaceError),
        (draw_face(480, 640, 50), errors.FaceTooSmallError),
        (scenes.crowd(2, 1, 640), errors.MultipleFacesError),
        (scenes.turned(yaw_deg=55), errors.FaceTurnedError),
        (draw_face()[:, 240:], errors.FaceCutOffError),
    ],
)
def test_why_a_clip_gives_no_reading_is_named(vision: NetworkVision, scene: Rgb, expected: type[AppError]) -> None:
    even = scene[: scene.shape[0] // 2 * 2, : scene.shape[1] // 2 * 2]
    assert type(refusal(vision, encoded_clip([even] * 4))) is expected


def test_a_clip_of_two_people_one_after_the_other_is_refused(vision: NetworkVision) -> None:
    halves = [*moving(person(0), 15, 720, 864), *moving(person(12), 15, 720, 864)]
    error = refusal(vision, encoded_clip(halves))
    assert type(error) is DifferentFacesError
    assert 0 <= error.context["second"] <= 1


def test_a_clip_that_can_not_be_decoded_is_told_as_damaged() -> None:
    with pytest.raises(errors.CorruptVideoError):
        merge_parts([ClipPart((), {}), ClipPart((), {})])
