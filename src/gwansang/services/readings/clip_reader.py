"""One observation of a face from a clip: frames observed part by part, and the mean of the best ones.

Every decoded frame is measured in full. That costs about as much as decoding it, and the outcome of a part is then all
that is needed of it: no frame is decoded twice, and only an interrupted part is repeated.
"""

import gc
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from gwansang.core.exceptions import AppError
from gwansang.reading.errors import UnmeasurableFaceError
from gwansang.reading.gate import measure_difference
from gwansang.reading.measurements import Measures
from gwansang.reading.profile import combine_frames
from gwansang.services.ml.face_analyzer import DifferentFacesError, FaceObservation, FaceVision, merge_faces
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.vision import errors
from gwansang.vision.face import Points, Pose, Quality
from gwansang.vision.video import DecodeBudget, decode_frames, scan_clip

MAX_FRAMES: Final = 9  # of a reading
MIN_QUALITY: Final = 0.75  # of the best frame's; worse frames are left out
_PART_S, _SURVEY_S = 20.0, 5.0  # below the timeout of a job of the pool
_CROWDING_COST: Final = 0.2  # of quality, for a frame like one that is chosen already
_POSE_DEG: Final = 3.0
_OTHER_FACE: Final = 1.2  # mean squared difference in both errors: half smiles with nods below, 88 % of others above
_MAX_OTHER_FACES: Final = 0.15  # of the good frames; so many of one face may differ by chance

_CLIP_ERRORS: dict[str, AppError] = {
    error.code: error
    for error in (
        errors.NoFaceError("No frame of the video shows a face from the front; film your face and look at the camera."),
        errors.MultipleFacesError("The video shows several people; film one person.", count=2),
        errors.FaceTooSmallError("The face is too small in the video; come nearer."),
        errors.FaceTurnedError("The face is turned away all the time; look at the camera for a moment."),
        errors.FaceBlurredError("The face is blurred all the time; hold the camera still."),
        errors.FaceCutOffError("The face is cut off in the video; leave some room around it."),
        UnmeasurableFaceError("The face in the video can't be measured; film it from the front."),
    )
}


@dataclass(frozen=True, slots=True)
class FrameObservation:
    """A face in one frame; points: for the best frame of each part only, as nothing is drawn on the others."""

    second: float
    pose: Pose
    quality: Quality
    measures: Measures
    points: Points | None = None


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


def observe_part(vision: FaceVision, data: bytes, part: int) -> ClipPart:
    """Decode a part of a clip and observe its frames, in this thread."""
    budget = DecodeBudget(_PART_S)
    clip = scan_clip(data, budget)
    observed: list[tuple[float, FaceObservation]] = []
    rejected: Counter[str] = Counter()
    for frame in decode_frames(data, clip, part, budget):
        try:
            observed.append((frame.second, merge_faces([vision.face_from_image(frame.image)])))
        except AppError as error:
            if error.code not in _CLIP_ERRORS:
                raise
            rejected[error.code] += 1
    gc.collect()  # a container and its streams refer to each other: what they decoded would pile up, 260 MB of it in 4K
    best = max((face.quality.score for _, face in observed), default=0.0)
    return ClipPart(tuple(_frame_observation(second, face, best) for second, face in observed), dict(rejected))


def _frame_observation(second: float, face: FaceObservation, best: float) -> FrameObservation:
    points = face.points if face.quality.score >= best else None
    return FrameObservation(second, face.pose, face.quality, face.measures, points)


def merge_parts(parts: Sequence[ClipPart]) -> FaceObservation:
    """Merge the frames of all parts; raises the error of most frames if none shows a face, DifferentFacesError."""
    observed = [frame for part in parts for frame in part.frames]
    rejected = sum((Counter(part.rejected) for part in parts), Counter())
    if rejected[errors.MultipleFacesError.code] > len(observed):
        raise _CLIP_ERRORS[errors.MultipleFacesError.code]
    if not observed:
        raise _clip_error(rejected)
    best_score = max(frame.quality.score for frame in observed)
    good = [frame for frame in observed if frame.quality.score >= MIN_QUALITY * best_score]
    selected = select_frames(good)
    best = selected[0]
    _check_one_face(good, best.measures)
    if best.points is None:
        raise ValueError("the best frame of all is the best of its part, so that its points are kept")
    quality = replace(best.quality, frames=len(selected), best_second=round(best.second, 2))
    return FaceObservation(best.points, best.pose, quality, combine_frames([frame.measures for frame in selected]))


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


def _check_one_face(good: Sequence[FrameObservation], best: Measures) -> None:
    others = [frame for frame in good if measure_difference(frame.measures, best) > _OTHER_FACE]
    if len(others) > _MAX_OTHER_FACES * len(good):
        message = "The video has to show one face; here it shows another."
        raise DifferentFacesError(message, second=round(others[0].second, 1))
