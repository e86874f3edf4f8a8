"""One observation of a face from a clip: frames observed part by part, and the mean of the best ones.

Every decoded frame is measured in full. That costs about as much as decoding it, and the outcome of a part is then all
that is needed of it: no frame is decoded twice, and only an interrupted part is repeated.
"""

import gc
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from gwansang.core.exceptions import AppError
from gwansang.reading.errors import UnmeasurableFaceError
from gwansang.reading.gate import REFUSE_ABOVE, evidence_of_another_face
from gwansang.reading.measurements import Measures, hide_covered
from gwansang.reading.profile import combine_frames
from gwansang.services.ml.face_analyzer import DifferentFacesError, FaceObservation, FaceVision, merge_faces
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.services.readings.clip_people import LOOK_BACK, distances_back, people_of
from gwansang.vision import errors
from gwansang.vision.clip_quality import quality_of_frames
from gwansang.vision.embedding import Embedding
from gwansang.vision.face import Face, Points, Pose, Quality
from gwansang.vision.video import ClipFrame, ClipIndex, DecodeBudget, decode_frames, scan_clip

MAX_FRAMES: Final = 9  # of a reading
MIN_QUALITY: Final = 0.75  # of the best frame's; worse frames are left out
_PART_S, _SURVEY_S = 20.0, 5.0  # below the timeout of a job of the pool
_CROWDING_COST: Final = 0.2  # of quality, for a frame like one that is chosen already
_POSE_DEG: Final = 3.0
_SAME_FACE: Final = -0.6  # evidence below which measures deny that embeddings show another person
_MAX_OTHER_FACES: Final = 0.15  # of the frames; so many of one face may differ by chance

_CLIP_ERRORS: dict[str, AppError] = {
    error.code: error
    for error in (
        errors.NoFaceError("No frame of the video shows a face from the front; film your face and look at the camera."),
        errors.MultipleFacesError("The video shows several people; film one person.", count=2),
        errors.FaceTooSmallError("The face is too small in the video; come nearer."),
        errors.FaceTurnedError("The face is turned away all the time; look at the camera for a moment."),
        errors.FaceBlurredError("The face is blurred all the time; hold the camera still."),
        errors.FaceCoveredError("Most of the face is covered in the video; remove what is in front of it."),
        errors.FaceCutOffError("The face is cut off in the video; leave some room around it."),
        UnmeasurableFaceError("The face in the video can't be measured; film it from the front."),
    )
}


@dataclass(frozen=True, slots=True)
class FrameObservation:
    """A face in one frame.

    points: for the best frame of each person in a part only; distances: of the face to those
    before it, as `clip_people` defines them, none if unknown.
    """

    second: float
    pose: Pose
    quality: Quality
    measures: Measures
    points: Points | None = None
    distances: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class ClipPart:
    """Observed frames of a part of a clip; rejected: number of other frames by error code."""

    frames: tuple[FrameObservation, ...]
    rejected: dict[str, int]


class ClipReader:
    """Observation of clips in the pool."""

    def __init__(self, pool: InferencePool[FaceVision]) -> None:
        self._pool = pool

    async def count_parts(self, data: bytes) -> int:
        """Return the number of parts of a clip, without decoding it; raises if the clip is unusable."""
        return await self._pool.run(lambda _: len(scan_clip(data, DecodeBudget(_SURVEY_S)).parts))

    async def observe(self, data: bytes, part: int) -> ClipPart:
        """Observe one part, with the same outcome each time; raises VideoTooComplexError if it takes too long."""
        return await self._pool.run(partial(observe_part, data=data, part=part))


@dataclass(frozen=True, slots=True)
class _SeenFace:
    """A face in one frame, with its embedding, which never leaves the process; None without its network."""

    second: float
    face: FaceObservation
    embedding: Embedding | None


def observe_part(vision: FaceVision, data: bytes, part: int) -> ClipPart:
    """Decode a part of a clip and observe its frames, in this thread."""
    budget = DecodeBudget(_PART_S)
    clip = scan_clip(data, budget)
    lead, seen, rejected = _see_frames(vision, decode_frames(data, clip, part, budget, with_lead=True))
    if seen and not lead:
        lead = _last_faces(vision, data, clip, part, budget)
    gc.collect()  # a container and its streams refer to each other: what they decoded would pile up, 260 MB of it in 4K
    embeddings = [[one.embedding for one in faces if one.embedding is not None] for faces in (seen, lead)]
    distances = distances_back(*embeddings) if len(embeddings[0]) == len(seen) else [()] * len(seen)
    return ClipPart(tuple(_frame_observations(seen, distances)), rejected)


def _see_frames(
    vision: FaceVision, frames: Iterable[ClipFrame]
) -> tuple[list[_SeenFace], list[_SeenFace], dict[str, int]]:
    """Return the faces in frames of the part before, those in the part itself, and its other frames by error."""
    lead: list[_SeenFace] = []
    seen: list[_SeenFace] = []
    rejected: Counter[str] = Counter()
    for frame in frames:
        try:
            face = vision.face_from_image(frame.image)
            one = _SeenFace(frame.second, merge_faces([face]), _embed(vision, frame, face))
            (lead if frame.is_lead else seen).append(one)
        except AppError as error:
            if error.code not in _CLIP_ERRORS:
                raise
            if not frame.is_lead:
                rejected[error.code] += 1
    return lead, seen, dict(rejected)


def _embed(vision: FaceVision, frame: ClipFrame, face: Face) -> Embedding | None:
    try:
        return vision.embed_face(frame.image, face)
    except errors.ModelsMissingError:  # the network of look-alikes need not be installed
        return None


def _last_faces(vision: FaceVision, data: bytes, clip: ClipIndex, part: int, budget: DecodeBudget) -> list[_SeenFace]:
    """Return the last faces before a part whose lead shows none; none if they are not found in time."""
    try:
        for before in range(part - 1, -1, -1):
            _, seen, _ = _see_frames(vision, decode_frames(data, clip, before, budget))
            if seen:
                return seen[-LOOK_BACK:]
    except errors.VideoTooComplexError:
        pass
    return []


def _frame_observations(
    seen: Sequence[_SeenFace], distances: Sequence[tuple[float, ...]]
) -> Iterator[FrameObservation]:
    """Yield the frames of a part, those of each person that are best with their points."""
    faces = [one.face for one in seen]
    people = people_of(distances, [face.quality.covered for face in faces])
    best = {one: max(f.quality.score for f, other in zip(faces, people, strict=True) if other == one) for one in people}
    for one, face, person, back in zip(seen, faces, people, distances, strict=True):
        points = face.points if face.quality.score >= best[person] else None
        yield FrameObservation(one.second, face.pose, face.quality, face.measures, points, back)


def merge_parts(parts: Sequence[ClipPart]) -> FaceObservation:
    """Merge the frames of all parts; raises the error of most frames if none shows a face, DifferentFacesError."""
    everybody = [frame for part in parts for frame in part.frames]
    rejected = sum((Counter(part.rejected) for part in parts), Counter())
    if rejected[errors.MultipleFacesError.code] > len(everybody):
        raise _CLIP_ERRORS[errors.MultipleFacesError.code]
    if not everybody:
        raise _clip_error(rejected)
    observed = _frames_of_one_person(everybody)
    best_score = max(frame.quality.score for frame in observed)
    good = [frame for frame in observed if frame.quality.score >= MIN_QUALITY * best_score]
    selected = select_frames(good)
    best = max((frame for frame in observed if frame.points is not None), key=lambda frame: frame.quality.score)
    if best.points is None:
        raise ValueError("the best frame of a person in a part keeps its points")
    has_others = len(observed) < len(everybody) or rejected[errors.MultipleFacesError.code] > 0
    quality = quality_of_frames([frame.quality for frame in selected], best.quality, has_others=has_others)
    quality = replace(quality, frames=len(selected), best_second=round(best.second, 2))
    measures = hide_covered(combine_frames([frame.measures for frame in selected]), quality.covered)
    return FaceObservation(best.points, best.pose, quality, measures)


def _frames_of_one_person(observed: Sequence[FrameObservation]) -> list[FrameObservation]:
    """Return the frames of the person who is seen most; raises DifferentFacesError if another is seen for long.

    Frames that embeddings tell apart are another person's only if the measures do not deny it.
    """
    distances, limit = [frame.distances for frame in observed], _SAME_FACE
    labels = people_of(distances, [frame.quality.covered for frame in observed])
    if not any(distances):  # no network of embeddings: the measures alone have to be sure
        labels, limit = [int(2 * index >= len(observed)) for index in range(len(observed))], REFUSE_ABOVE
    frames = {
        label: [frame for frame, one in zip(observed, labels, strict=True) if one == label] for label in set(labels)
    }
    main = combine_frames([frame.measures for frame in frames[0]])
    others = {
        label
        for label, some in frames.items()
        if label and evidence_of_another_face(main, combine_frames([frame.measures for frame in some])) > limit
    }
    strange = [frame for frame, label in zip(observed, labels, strict=True) if label in others]
    if len(strange) > _MAX_OTHER_FACES * len(observed):
        message = "The video has to show one face; here it shows another."
        raise DifferentFacesError(message, second=round(strange[0].second, 1))
    return [frame for frame, label in zip(observed, labels, strict=True) if label not in others]


def _clip_error(rejected: Counter[str]) -> AppError:
    """Return the error of most frames; of equals, the last by code."""
    if not rejected:
        return errors.CorruptVideoError("No frame of the video can be decoded; send the original file.")
    return _CLIP_ERRORS[max(rejected, key=lambda code: (rejected[code], code))]


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
