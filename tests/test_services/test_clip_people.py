"""Clips of one person who talks, laughs and turns, and of several people, one after the other or side by side."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest

from gwansang.reading.measurements import Measures
from gwansang.services.ml.face_analyzer import DifferentFacesError, FaceObservation
from gwansang.services.ml.network_vision import NetworkVision
from gwansang.services.readings.clip_people import distances_back, people_of
from gwansang.services.readings.clip_reader import ClipPart, merge_parts
from gwansang.vision import errors
from gwansang.vision.clip_quality import quality_of_frames
from gwansang.vision.decode import DecodedImage, image_from_pixels
from gwansang.vision.embedding import EMBEDDING_DIMENSIONS, Embedding
from gwansang.vision.face import Face, FaceRegion, Quality
from gwansang.vision.quality import cover_warnings
from tests.support.clips import Rgb, encode_clip, handheld_frames, parts_of
from tests.support.photos import evaluation_photos, model_dir
from tests.support.talking import FRAMES_A_SECOND, Moods, talking_frames

SIZE = (432, 504)
ALIKE = ((0, 1), (24, 25))  # numbers of neighbours of one sex and origin


@pytest.fixture(scope="module")
def vision() -> NetworkVision:
    return NetworkVision(model_dir())


@cache
def portrait(number: int, mood: str = "neutral") -> Rgb:
    photo = cv2.imread(str(evaluation_photos(f"london/{mood}")[number]))
    room = (SIZE[1] - SIZE[0]) // 2
    small = cv2.resize(photo, (SIZE[0], SIZE[0]), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(cv2.copyMakeBorder(small, room, room, 0, 0, cv2.BORDER_REPLICATE)[..., ::-1])


def observed(vision: NetworkVision, pictures: Sequence[Rgb]) -> FaceObservation:
    clip = encode_clip(pictures, rate=FRAMES_A_SECOND, crf="24")
    return merge_parts(parts_of(vision, clip))


def held(number: int, count: int, seed: int = 0) -> list[Rgb]:
    return list(handheld_frames(portrait(number), count, *SIZE, seed=seed))


def nobody(count: int) -> list[Rgb]:
    return [np.full((SIZE[1], SIZE[0], 3), 150, np.uint8)] * count


# one person


def test_a_person_who_talks_laughs_and_turns_is_read(vision: NetworkVision) -> None:
    pictures = [portrait(0, mood) for mood in ("neutral", "smiling")]
    meshes = [vision.face_from_image(image_from_pixels(picture)).points[:468] for picture in pictures]
    face = observed(vision, list(talking_frames(Moods(*pictures, *meshes), 10, seed=0)))
    assert face.quality.frames is not None
    assert face.quality.frames >= 5
    assert "OTHER_FACES" not in face.quality.warnings


def test_a_person_who_leaves_and_comes_back_is_read(vision: NetworkVision) -> None:
    assert observed(vision, [*held(4, 3), *nobody(3), *held(4, 3, seed=9)]).quality.frames == 6


# several people


@pytest.mark.parametrize(("first", "second"), ALIKE)
def test_two_people_one_after_the_other_are_refused(vision: NetworkVision, first: int, second: int) -> None:
    with pytest.raises(DifferentFacesError) as caught:
        observed(vision, [*held(first, 4), *held(second, 4)])
    assert caught.value.context["second"] == pytest.approx(4 / FRAMES_A_SECOND, abs=0.1)


def test_another_person_for_a_moment_is_refused(vision: NetworkVision) -> None:
    with pytest.raises(DifferentFacesError) as caught:
        observed(vision, [*held(0, 4), *held(1, 2), *held(0, 4, seed=3)])
    assert caught.value.context["second"] == pytest.approx(4 / FRAMES_A_SECOND, abs=0.1)


def test_another_person_after_a_pause_is_refused(vision: NetworkVision) -> None:
    """The pause is longer than the part before, so that the last face is sought further back."""
    with pytest.raises(DifferentFacesError):
        observed(vision, [*held(0, 3), *nobody(7), *held(1, 3)])  # in parts of 4, 4 and 5


def test_a_face_that_is_seen_once_is_left_out_and_told(vision: NetworkVision) -> None:
    face = observed(vision, [*held(0, 4), *held(12, 1), *held(0, 4, seed=3)])
    assert "OTHER_FACES" in face.quality.warnings
    assert face.quality.best_second != pytest.approx(4 / FRAMES_A_SECOND, abs=0.01)


def side_by_side(left: int, right: int) -> Rgb:
    return np.hstack([portrait(left), portrait(right)])


def test_two_people_side_by_side_are_several(vision: NetworkVision) -> None:
    with pytest.raises(errors.MultipleFacesError):
        observed(vision, [side_by_side(0, 12)] * 2)


def test_a_person_beside_whom_another_comes_is_read_and_told(vision: NetworkVision) -> None:
    alone = np.hstack([portrait(0), np.full_like(portrait(0), 150)])
    assert "OTHER_FACES" in observed(vision, [*[alone] * 2, side_by_side(0, 12)]).quality.warnings


def embedding(angle: float) -> Embedding:
    vector = np.zeros(EMBEDDING_DIMENSIONS, np.float32)
    vector[:2] = np.cos(angle), np.sin(angle)
    return vector


@pytest.mark.parametrize(
    ("angles", "people"),
    [
        ((0, 0.2, 0.4, 0.6, 0.8, 1.0), [0, 0, 0, 0, 0, 0]),  # changes slowly
        ((0, 0, 1.5, 0, 0), [0, 0, 1, 0, 0]),
        ((0, 1, 0, 1, 0), [0, 1, 0, 1, 0]),
        ((0, 0, 1, 1, 1), [1, 1, 0, 0, 0]),  # the one who is seen most is 0
    ],
)
def test_faces_are_linked_to_those_just_before_them(angles: tuple[float, ...], people: list[int]) -> None:
    faces = [embedding(angle) for angle in angles]
    whole = distances_back(faces, [])
    assert people_of(whole, [()] * len(faces)) == people
    in_parts = [*distances_back(faces[:3], []), *distances_back(faces[3:], faces[1:3])]
    assert in_parts == whole


def test_an_embedding_of_a_covered_face_proves_nothing() -> None:
    faces = [embedding(0), embedding(0), embedding(1), embedding(1)]
    masked: list[tuple[FaceRegion, ...]] = [(), (), ("mouth",), ("mouth",)]
    assert people_of(distances_back(faces, []), masked) == [0, 0, 0, 0]


# covers and changes


def quality(score: float, *warnings: str, covered: tuple[FaceRegion, ...] = ()) -> Quality:
    codes = (*(warning.value for warning in cover_warnings(covered)), *warnings)
    return Quality(score, 300, 0, 0, 0.3, 30, 0.5, 0.1, None, None, codes, covered=covered)


def test_covers_and_changes_of_a_clip_are_those_of_most_frames() -> None:
    mask: tuple[FaceRegion, ...] = ("nose", "mouth", "jaw")
    frames = [quality(0.6, "MONOCHROME", covered=mask)] * 5 + [
        quality(0.9, "STRETCHED", "SMILE", covered=("eyes",))
    ] * 4
    clip = quality_of_frames(frames, frames[-1], has_others=False)
    assert clip.warnings == ("MOUTH_OCCLUDED", "FACE_OCCLUDED", "MONOCHROME")  # nothing is told of what a mask hides
    assert clip.covered == mask
    assert clip.score == pytest.approx(0.771, abs=0.001)  # of the best frame, with these codes instead of its own


class CoveredVision(NetworkVision):
    """Vision that finds most of the face covered in the first frames of a clip."""

    covered_frames = 2

    def face_from_image(self, image: DecodedImage) -> Face:
        self.covered_frames -= 1
        if self.covered_frames >= 0:
            raise errors.FaceCoveredError("Most of the face is covered.", covered=["eyes", "mouth"])
        return super().face_from_image(image)


def test_a_face_is_read_where_it_is_not_covered_and_else_refused_with_the_reason() -> None:
    vision = CoveredVision(model_dir())
    assert observed(vision, held(0, 3)).quality.frames == 1
    vision.covered_frames = 2
    with pytest.raises(errors.FaceCoveredError, match="in the video") as caught:
        observed(vision, held(0, 2))
    assert caught.value.context["covered"] == ["eyes", "mouth"]


class CountingVision(NetworkVision):
    """Vision that counts the frames in which it looks for a face."""

    frames = 0

    def face_from_image(self, image: DecodedImage) -> Face:
        self.frames += 1
        return super().face_from_image(image)


def test_no_frame_is_analysed_twice() -> None:
    """Not even where the last faces are further back than the part before."""
    vision = CountingVision(model_dir())
    pictures = [*held(0, 3), *nobody(10), *held(0, 5, seed=3)]
    assert observed(vision, pictures).quality.frames == 8
    assert vision.frames == len(pictures)


def test_stretched_frames_are_not_averaged_with_others(vision: NetworkVision) -> None:
    """They are measured differently: the reading is that of the more frequent kind, and so are its warnings."""
    upright = [frame for part in parts_of(vision, encode_clip(held(0, 5))) for frame in part.frames]
    widened = [
        replace(
            frame,
            second=frame.second + 1,
            quality=replace(frame.quality, score=0.99, warnings=("STRETCHED",)),
            measures=Measures({key: replace(one, value=one.value * 1.1) for key, one in frame.measures.values.items()}),
        )
        for frame in upright[:4]
    ]
    alone = merge_parts([ClipPart(tuple(upright), {})])
    assert merge_parts([ClipPart((*upright, *widened), {})]) == alone
    mostly_widened = merge_parts([ClipPart((*upright[:2], *widened), {})])
    assert "STRETCHED" in mostly_widened.quality.warnings
    assert mostly_widened.quality.frames == 4


def test_of_a_clip_with_several_people_and_nobody_the_people_are_told() -> None:
    """The others must not be read by chance, whatever else hides them."""
    with pytest.raises(errors.MultipleFacesError) as caught:
        merge_parts([ClipPart((), {"NO_FACE": 5, "MULTIPLE_FACES": 2}, {"MULTIPLE_FACES": {"count": 3}})])
    assert caught.value.context["count"] == 3
