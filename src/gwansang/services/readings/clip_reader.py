"""One observation of a face from a clip: frames observed part by part, and the mean of the best ones.

Every selected frame is measured once, in full. That costs about as much as decoding it, and the outcome of a part is
then all that is needed of it: only an interrupted part is repeated. The last faces before a part are decoded again, and
embedded at the points where they were found, since no embedding is kept.
"""

import gc
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from gwansang.core.exceptions import AppError
from gwansang.core.jsonable import JsonObject, jsonable
from gwansang.reading.errors import UnmeasurableFaceError
from gwansang.reading.gate import evidence_of_another_face
from gwansang.reading.measurements import Measures, hide_covered
from gwansang.reading.profile import combine_frames
from gwansang.services.ml.face_analyzer import DifferentFacesError, FaceObservation, FaceVision, merge_faces
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.services.readings.clip_people import LOOK_BACK, distances_back, people_of
from gwansang.vision import errors
from gwansang.vision.clip_quality import quality_of_frames
from gwansang.vision.embedding import Embedding
from gwansang.vision.face import Points, Pose, Quality
from gwansang.vision.quality import QualityWarning
from gwansang.vision.video import ClipFrame, DecodeBudget, decode_frames, scan_clip

MAX_FRAMES: Final = 9  # of a reading
MIN_QUALITY: Final = 0.75  # of the best frame's; worse frames are left out
_PART_S, _SURVEY_S = 20.0, 5.0  # below the timeout of a job of the pool
_CROWDING_COST: Final = 0.2  # of quality, for a frame like one that is chosen already
_POSE_DEG: Final = 3.0
_SAME_FACE: Final = -0.6  # evidence below which measures deny that embeddings show another person
_MAX_OTHER_FACES: Final = 0.15  # of the frames; so many of one face may differ by chance

_REJECTIONS: Final[Mapping[type[AppError], str]] = {
    errors.NoFaceError: "No frame of the video shows a face from the front; film your face and look at the camera.",
    errors.MultipleFacesError: "The video shows several people; film one person.",
    errors.FaceTooSmallError: "The face is too small in the video; come nearer.",
    errors.FaceTurnedError: "The face is turned away all the time; look at the camera for a moment.",
    errors.FaceBlurredError: "The face is blurred all the time; hold the camera still.",
    errors.FaceCoveredError: "Most of the face is covered in the video; remove what is in front of it.",
    errors.FaceCutOffError: "The face is cut off in the video; leave some room around it.",
    UnmeasurableFaceError: "The face in the video can't be measured; film it from the front.",
}
_REJECTION_OF_CODE: Final = {kind.code: kind for kind in _REJECTIONS}


@dataclass(frozen=True, slots=True)
class FrameObservation:
    """A face in one frame.

    points: of the frames of a part that are best of one person, and of its last ones; distances: of the face to those
    before it, as `clip_people` defines them.
    """

    second: float
    pose: Pose
    quality: Quality
    measures: Measures
    points: Points | None = None
    distances: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class ClipPart:
    """Observed frames of a part of a clip; rejected: number of other frames by error code, contexts: of the first."""

    frames: tuple[FrameObservation, ...]
    rejected: Mapping[str, int]
    contexts: Mapping[str, JsonObject] = field(default_factory=dict)


class ClipReader:
    """Observation of clips in the pool."""

    def __init__(self, pool: InferencePool[FaceVision]) -> None:
        self._pool = pool

    async def count_parts(self, data: bytes) -> int:
        """Return the number of parts of a clip, without decoding it; raises if the clip is unusable."""
        return await self._pool.run(lambda _: len(scan_clip(data, DecodeBudget(_SURVEY_S)).parts))

    async def observe(self, data: bytes, part: int, before: Sequence[FrameObservation]) -> ClipPart:
        """Observe one part as `observe_part`, with the same outcome each time."""
        return await self._pool.run(partial(observe_part, data=data, part=part, before=before))


@dataclass(frozen=True, slots=True)
class _SeenFace:
    """A face in one frame, with its embedding, which never leaves the process."""

    second: float
    face: FaceObservation
    embedding: Embedding


def observe_part(vision: FaceVision, data: bytes, part: int, before: Sequence[FrameObservation] = ()) -> ClipPart:
    """Decode a part of a clip and observe its frames, in this thread; raises VideoTooComplexError.

    before: the last frames of the parts before, LOOK_BACK at most.
    """
    budget = DecodeBudget(_PART_S)
    clip = scan_clip(data, budget)
    points = {frame.second: frame.points for frame in before if frame.points is not None}
    lead: list[Embedding] = []
    seen: list[_SeenFace] = []
    rejected: list[AppError] = []
    for frame in decode_frames(data, clip, part, budget, clip.times_of(points)):
        if frame.is_lead:
            lead.append(vision.embed_face(frame.image, points[frame.second] * (frame.image.width, frame.image.height)))
            continue
        try:
            seen.append(_see_face(vision, frame))
        except AppError as error:
            if error.code not in _REJECTION_OF_CODE:
                raise
            rejected.append(error)
    gc.collect()  # a container and its streams refer to each other: what they decoded would pile up, 260 MB of it in 4K
    distances = distances_back([one.embedding for one in seen], lead)
    return ClipPart(
        tuple(_frame_observations(seen, distances)),
        Counter(error.code for error in rejected),
        {error.code: {name: jsonable(value) for name, value in error.context.items()} for error in reversed(rejected)},
    )


def _see_face(vision: FaceVision, frame: ClipFrame) -> _SeenFace:
    face = vision.face_from_image(frame.image)
    return _SeenFace(frame.second, merge_faces([face]), vision.embed_face(frame.image, face.points))


def _frame_observations(
    seen: Sequence[_SeenFace], distances: Sequence[tuple[float, ...]]
) -> Iterator[FrameObservation]:
    """Yield the frames of a part, the last ones with their points, and those that are best of one person and shape."""
    faces = [one.face for one in seen]
    people = people_of(distances, [face.quality.covered for face in faces])
    kinds = [(person, _is_stretched(face.quality)) for person, face in zip(people, faces, strict=True)]
    best = {one: max(f.quality.score for f, kind in zip(faces, kinds, strict=True) if kind == one) for one in kinds}
    last = len(seen) - LOOK_BACK
    for index, (one, face, kind, back) in enumerate(zip(seen, faces, kinds, distances, strict=True)):
        points = face.points if index >= last or face.quality.score >= best[kind] else None
        yield FrameObservation(one.second, face.pose, face.quality, face.measures, points, back)


def _is_stretched(quality: Quality) -> bool:
    return QualityWarning.STRETCHED in quality.warnings


def merge_parts(parts: Sequence[ClipPart]) -> FaceObservation:
    """Merge the frames of all parts; raises the error of most frames if none shows a face, DifferentFacesError."""
    everybody = [frame for part in parts for frame in part.frames]
    rejected = sum((Counter(part.rejected) for part in parts), Counter())
    if rejected[errors.MultipleFacesError.code] > len(everybody):
        raise _clip_error(parts, errors.MultipleFacesError.code)
    if not rejected and not everybody:
        raise errors.CorruptVideoError("No frame of the video can be decoded; send the original file.")
    if not everybody:
        raise _clip_error(parts, max(rejected, key=lambda code: (rejected[code], code)))  # of equals, the last by code
    of_one = _frames_of_one_person(everybody)
    observed = _frames_of_one_shape(of_one)
    best_score = max(frame.quality.score for frame in observed)
    good = [frame for frame in observed if frame.quality.score >= MIN_QUALITY * best_score]
    selected = select_frames(good)
    best = max((frame for frame in observed if frame.points is not None), key=lambda frame: frame.quality.score)
    if best.points is None:
        raise ValueError("the best frame of a person in a part keeps its points")
    has_others = len(of_one) < len(everybody) or rejected[errors.MultipleFacesError.code] > 0
    quality = quality_of_frames([frame.quality for frame in selected], best.quality, has_others=has_others)
    quality = replace(quality, frames=len(selected), best_second=round(best.second, 2))
    measures = hide_covered(combine_frames([frame.measures for frame in selected]), quality.covered)
    return FaceObservation(best.points, best.pose, quality, measures)


def _frames_of_one_person(observed: Sequence[FrameObservation]) -> list[FrameObservation]:
    """Return the frames of the person who is seen most; raises DifferentFacesError if another is seen for long.

    Frames that embeddings tell apart are another person's only if the measures do not deny it.
    """
    labels = people_of([frame.distances for frame in observed], [frame.quality.covered for frame in observed])
    frames = {
        label: [frame for frame, one in zip(observed, labels, strict=True) if one == label] for label in set(labels)
    }
    main = combine_frames([frame.measures for frame in frames[0]])
    others = {
        label
        for label, some in frames.items()
        if label and evidence_of_another_face(main, combine_frames([frame.measures for frame in some])) > _SAME_FACE
    }
    strange = [frame for frame, label in zip(observed, labels, strict=True) if label in others]
    if len(strange) > _MAX_OTHER_FACES * len(observed):
        message = "The video has to show one face; here it shows another."
        raise DifferentFacesError(message, second=round(strange[0].second, 1))
    return [frame for frame, label in zip(observed, labels, strict=True) if label not in others]


def _frames_of_one_shape(observed: Sequence[FrameObservation]) -> list[FrameObservation]:
    """Return the frames that are STRETCHED or the others, whichever are more: they are measured differently."""
    are_most = 2 * sum(_is_stretched(frame.quality) for frame in observed) > len(observed)
    return [frame for frame in observed if _is_stretched(frame.quality) == are_most]


def _clip_error(parts: Sequence[ClipPart], code: str) -> AppError:
    """Return the error of a clip whose frames were rejected with a code, with the context of the first of them."""
    kind = _REJECTION_OF_CODE[code]
    context = next((part.contexts[code] for part in parts if code in part.contexts), {})
    return kind(_REJECTIONS[kind], **context)


def select_frames(good: Sequence[FrameObservation]) -> list[FrameObservation]:
    """Return up to MAX_FRAMES frames: the best one, then each time the best among those that differ from the selected
    ones in time or pose."""
    spacing_s = max(1e-6, (good[-1].second - good[0].second) / MAX_FRAMES)
    left = list(good)
    selected: list[FrameObservation] = []

    def worth(frame: FrameObservation) -> float:
        crowding = max((_nearness(frame, other, spacing_s) for other in selected), default=0.0)
        return frame.quality.score - _CROWDING_COST * crowding

    while left and len(selected) < MAX_FRAMES:
        selected.append(max(left, key=worth))  # of equals the earliest
        left.remove(selected[-1])
    return selected


def _nearness(a: FrameObservation, b: FrameObservation, spacing_s: float) -> float:
    """Return 1 for the same moment and pose, falling to 0."""
    distances = (
        (a.second - b.second) / spacing_s,
        (a.pose.yaw_deg - b.pose.yaw_deg) / _POSE_DEG,
        (a.pose.pitch_deg - b.pose.pitch_deg) / _POSE_DEG,
    )
    return math.exp(-math.fsum(distance**2 for distance in distances))
