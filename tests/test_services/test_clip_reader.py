"""Observation of clips: the same reading as a photo, the selection of frames, and errors."""

from collections.abc import Mapping
from datetime import date
from functools import cache, partial
from itertools import pairwise

import cv2
import numpy as np
import pytest

from gwansang.core.exceptions import AppError
from gwansang.reading.composer import compose
from gwansang.reading.gate import REFUSE_ABOVE, evidence_of_another_face
from gwansang.reading.measurements import Measures
from gwansang.reading.memory import read_with_memory
from gwansang.reading.model import Reading
from gwansang.reading.norms import default_norms
from gwansang.services.ml.face_analyzer import DifferentFacesError, FaceObservation, FaceQuery, capture_of, observe_face
from gwansang.services.ml.network_vision import NetworkVision
from gwansang.services.readings import clip_reader
from gwansang.services.readings.clip_reader import (
    MAX_FRAMES,
    ClipPart,
    FrameObservation,
    merge_parts,
    select_frames,
)
from gwansang.vision import errors
from gwansang.vision.drawn_face import draw_face
from gwansang.vision.face import Pose, Quality
from gwansang.vision.video import DecodeBudget
from tests.support.clips import Rgb, drawn_clip, edited_clip, encode_clip, handheld_frames, parts_of
from tests.support.likeness import MAX_EVIDENCE, MIN_EQUAL_PARTS, equal_parts
from tests.support.photos import encoded, evaluation_photos, model_dir
from tests.test_vision import scenes

DAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def vision() -> NetworkVision:
    return NetworkVision(model_dir())


def observe_clip(vision: NetworkVision, clip: bytes) -> FaceObservation:
    return merge_parts(parts_of(vision, clip))


def error_of(vision: NetworkVision, clip: bytes) -> AppError:
    with pytest.raises(AppError) as caught:
        observe_clip(vision, clip)
    return caught.value


def reading_of(
    face: FaceObservation, measures: Measures | None = None, shapes: Mapping[str, str] | None = None
) -> Reading:
    return compose(measures or face.measures, capture_of(face), DAY, "ko", None, default_norms(), shapes)


def shape_ids(reading: Reading) -> dict[str, str]:
    return {part.part: part.shape_id for part in reading.parts}


@cache
def person(index: int) -> Rgb:
    """Return an evaluation photo in an aspect that no camera has, so that no distance is derived from it."""
    photo = cv2.imread(str(evaluation_photos("london/neutral")[index]))[..., ::-1]
    room = photo.shape[0] // 5
    return np.ascontiguousarray(cv2.copyMakeBorder(photo, room // 2, room // 2, 0, 0, cv2.BORDER_REPLICATE))


@cache
def clip_of(index: int, codec: str = "libx264", container: str = "mp4", count: int = 16) -> bytes:
    return encode_clip(handheld_frames(person(index), count, 720, 864, seed=index), codec, container)


# --- the same reading as that of a photo


@pytest.mark.parametrize(
    ("index", "codec", "container"),
    [(0, "libx264", "mp4"), (9, "libvpx-vp9", "webm"), (21, "libvpx", "webm")],
)
def test_a_clip_gets_the_reading_of_a_photo_of_the_same_face(
    vision: NetworkVision, index: int, codec: str, container: str
) -> None:
    still = observe_face(vision, FaceQuery(image=encoded(person(index))))

    clip = observe_clip(vision, clip_of(index, codec, container))

    assert equal_parts(reading_of(still), reading_of(clip)) >= MIN_EQUAL_PARTS
    assert evidence_of_another_face(still.measures, clip.measures) < MAX_EVIDENCE
    assert clip.quality.frames == MAX_FRAMES
    assert clip.quality.photos == 1
    first = read_with_memory(None, still.measures, 1, partial(reading_of, still))
    again = read_with_memory(first.profile, clip.measures, 1, partial(reading_of, clip))
    assert again.same_face
    assert len(again.changed) <= 1  # a remembered face keeps its shapes
    assert again.profile.photos == 2  # a clip counts as one photo


def test_the_rotation_of_a_clip_does_not_change_the_points(vision: NetworkVision) -> None:
    upright = list(handheld_frames(draw_face(480, 640, 240), 8, 360, 480))
    lying = [np.ascontiguousarray(np.rot90(picture)) for picture in upright]
    face = observe_clip(vision, encode_clip(upright, crf="5"))
    rotated = observe_clip(vision, encode_clip(lying, crf="5", matrix=(0, 1, -1, 0)))
    assert np.abs(face.points - rotated.points).max() < 0.01


def test_observing_a_part_is_deterministic(vision: NetworkVision) -> None:
    clip = drawn_clip(12)
    first, second = (
        [(frame.second, frame.measures, frame.distances) for frame in parts_of(vision, clip)[1].frames]
        for _ in range(2)
    )
    assert first == second


# --- the selection of frames


def test_frames_without_a_good_face_are_left_out(vision: NetworkVision) -> None:
    good = list(handheld_frames(draw_face(480, 640, 240), 10, 360, 480))
    blank = [np.full_like(good[0], 128)] * 10
    away = [cv2.resize(scenes.turned(yaw_deg=50), (360, 480))] * 10

    parts = parts_of(vision, encode_clip([*blank, *good, *away]))

    face = merge_parts(parts)
    assert face.quality.frames == MAX_FRAMES
    assert 10 / 30 <= face.quality.best_second < 20 / 30
    assert sum(part.rejected.get("NO_FACE", 0) for part in parts) >= 10


def frame_at(second: float, score: float, yaw_deg: float = 0.0) -> FrameObservation:
    quality = Quality(score, 300, 0, 0, 0.3, 30, 0.5, 0.1, None, None, ())
    return FrameObservation(second, Pose(yaw_deg, 0.0, 0.0), quality, Measures({}))


def test_the_best_frames_are_selected_from_all_over_the_clip() -> None:
    sharp_start = [frame_at(index / 10, 0.9 if index < 20 else 0.85) for index in range(60)]
    selected = select_frames(sharp_start)
    assert len(selected) == MAX_FRAMES
    assert selected[0].second == 0.0
    seconds = sorted(frame.second for frame in selected)
    assert seconds[-1] > 4
    assert min(later - earlier for earlier, later in pairwise(seconds)) >= 0.4


def test_a_much_better_frame_beats_an_even_spread() -> None:
    selected = select_frames([frame_at(index / 10, 0.95 if index < 9 else 0.5) for index in range(60)])
    assert {round(frame.second, 1) for frame in selected} == {index / 10 for index in range(9)}


def test_frames_of_another_pose_are_selected_too() -> None:
    turning = [frame_at(0.1 * index, 0.9, yaw_deg=10.0 if index == 5 else 0.0) for index in range(12)]
    assert 5 in {round(10 * frame.second) for frame in select_frames(turning)}


# --- errors


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
def test_a_clip_without_a_readable_face_raises_the_reason(
    vision: NetworkVision, scene: Rgb, expected: type[AppError]
) -> None:
    even = scene[: scene.shape[0] // 2 * 2, : scene.shape[1] // 2 * 2]
    assert type(error_of(vision, encode_clip([even] * 4))) is expected


def test_every_refusal_of_a_clip_is_an_error_of_its_own() -> None:
    """An error that is raised twice would hold the frames of both, and what the first caller added to it."""
    context = {"yaw_deg": 41.0, "pitch_deg": 0.0}
    raised = []
    for _ in range(2):
        with pytest.raises(errors.FaceTurnedError) as caught:
            merge_parts([ClipPart((), {"NO_FACE": 1}), ClipPart((), {"FACE_TURNED": 2}, {"FACE_TURNED": context})])
        caught.value.context["file"] = 1
        raised.append(caught.value)
    assert raised[0] is not raised[1]
    assert raised[1].context == {**context, "file": 1}


def test_a_clip_that_is_too_much_work_is_refused_wherever_that_shows(
    vision: NetworkVision, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether work is given up may decide neither what is read nor who is seen."""
    clip = drawn_clip(24, g="4")
    whole = parts_of(vision, clip)
    checks = [0]

    def passed() -> float:
        checks[0] += 1
        return float(checks[0])

    def outcome(limit: int) -> ClipPart | type[AppError]:
        checks[0] = 0
        monkeypatch.setattr(clip_reader, "DecodeBudget", lambda _: DecodeBudget(limit, passed))
        try:
            return clip_reader.observe_part(vision, clip, 3, whole[2].frames[-2:])
        except AppError as error:
            return type(error)

    outcomes = [outcome(limit) for limit in (0, 20, 25, 28, 40, 1000)]
    refused = [one for one in outcomes if not isinstance(one, ClipPart)]
    read = [one for one in outcomes if isinstance(one, ClipPart)]
    assert set(refused) == {errors.VideoTooComplexError}
    assert [[frame.distances for frame in one.frames] for one in read] == [
        [frame.distances for frame in whole[3].frames]
    ] * len(read)
    assert len(refused) >= 3


def test_a_clip_of_two_people_one_after_the_other_is_rejected(vision: NetworkVision) -> None:
    halves = [*handheld_frames(person(0), 10, 720, 864), *handheld_frames(person(12), 10, 720, 864)]
    error = error_of(vision, encode_clip(halves))
    assert type(error) is DifferentFacesError
    assert 0 <= error.context["second"] <= 1


def test_a_person_who_was_cut_away_is_not_read(vision: NetworkVision) -> None:
    """An app that trims a clip may keep all pictures in the file, and say in its edit list only what is shown."""
    both = [*handheld_frames(person(0), 10, 720, 864), *handheld_frames(person(12), 16, 720, 864, seed=12)]
    shown = edited_clip(encode_clip(both), [(533, 10 * 512)])

    face = observe_clip(vision, shown)

    still, cut = (observe_face(vision, FaceQuery(image=encoded(person(index)))) for index in (12, 0))
    assert evidence_of_another_face(still.measures, face.measures) < MAX_EVIDENCE
    assert evidence_of_another_face(cut.measures, face.measures) > REFUSE_ABOVE
    assert face.quality.best_second < 0.54


def test_a_clip_without_a_decodable_frame_is_reported_as_corrupt() -> None:
    with pytest.raises(errors.CorruptVideoError):
        merge_parts([ClipPart((), {}), ClipPart((), {})])
