"""A clip as one look at a face: frames seen part by part, the best of them chosen, and their mean.

Every frame that is taken out of a clip is looked at in full. That costs about as much as decoding it, and what a part
has produced is then all that is needed of it: no frame is decoded twice, and an interrupted part alone is done again.
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
from gwansang.reading.measurements import Measures, measure_face
from gwansang.reading.profile import combine_frames, measure_difference
from gwansang.services.ml.face_analyzer import DifferentFacesError, FaceObservation, FaceVision, capture_of
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.vision import errors
from gwansang.vision.decode import DecodedImage
from gwansang.vision.face import Face, Points, Pose, Quality
from gwansang.vision.video import DecodeBudget, decode_frames, scan_clip

FRAMES: Final = 9  # that a reading rests on at most
WORTH: Final = 0.75  # of the best frame's quality: what is worse is not worth reading
_PART_S, _SURVEY_S = 20.0, 5.0  # below the time after which the pool gives a job up
_CROWDED: Final = 0.2  # of quality that a frame has to be better to stand right beside a chosen one
_POSE_DEG: Final = 3.0
_STRANGER: Final = 1.5  # mean squared difference in both errors: 17 of 17 half smiles stay below, 92 % of others above
_STRANGERS: Final = 0.15  # of the good frames may be off without being somebody else's

_REFUSALS: dict[str, AppError] = {
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
    """A face in one frame; `places` is kept for the best frame of each part only, as nothing is drawn on the others."""

    second: float
    pose: Pose
    quality: Quality
    measures: Measures
    places: Points | None = None


@dataclass(frozen=True, slots=True)
class PartSeen:
    """What a part of a clip showed: faces, and how many frames gave which reason for showing none, by its code."""

    glimpses: tuple[FrameObservation, ...]
    refused: dict[str, int]


class ClipReader:
    """Decodes and looks in the pool, so that nobody's event loop waits."""

    def __init__(self, pool: InferencePool[FaceVision]) -> None:
        self._pool = pool

    async def parts(self, data: bytes) -> int:
        """In how many parts a clip is seen; raises what is wrong with it, without having decoded it."""
        return await self._pool.run(lambda _: len(scan_clip(data, DecodeBudget(_SURVEY_S)).parts))

    async def see(self, data: bytes, part: int) -> PartSeen:
        """One part; the same each time. Raises VideoTooComplexError where it takes too long."""
        return await self._pool.run(partial(see_part, data=data, part=part))


def see_part(vision: FaceVision, data: bytes, part: int) -> PartSeen:
    """Decodes a part of a clip and looks at its frames, in this thread."""
    budget = DecodeBudget(_PART_S)
    clip = scan_clip(data, budget)
    seen: list[tuple[float, Face, Measures]] = []
    refused: Counter[str] = Counter()
    for frame in decode_frames(data, clip, part, budget):
        try:
            face, measures = _measured(vision, frame.image)
        except AppError as error:
            if error.code not in _REFUSALS:
                raise
            refused[error.code] += 1
        else:
            seen.append((frame.second, face, measures))
    gc.collect()  # a container and its streams refer to each other: what they decoded would pile up, 260 MB of it in 4K
    best = max((face.quality.score for _, face, _ in seen), default=0.0)
    return PartSeen(tuple(_glimpse(*one, best) for one in seen), dict(refused))


def _measured(vision: FaceVision, picture: DecodedImage) -> tuple[Face, Measures]:
    face = vision.face_in(picture)
    return face, measure_face(face.neutral, capture_of(face))


def _glimpse(second: float, face: Face, measures: Measures, best: float) -> FrameObservation:
    drawn = face.quality.score >= best
    places: Points = face.points[:, :2] / (face.image_width, face.image_height)
    return FrameObservation(second, face.pose, face.quality, measures, places if drawn else None)


def look_of(parts: Sequence[PartSeen]) -> FaceObservation:
    """The one look that all parts of a clip come to; raises why there is none, DifferentFacesError for two people."""
    glimpses = [glimpse for part in parts for glimpse in part.glimpses]
    refused = sum((Counter(part.refused) for part in parts), Counter())
    if refused[errors.MultipleFacesError.code] > len(glimpses):
        raise _REFUSALS[errors.MultipleFacesError.code]
    if not glimpses:
        raise _why_none(refused)
    good = [one for one in glimpses if one.quality.score >= WORTH * max(one.quality.score for one in glimpses)]
    chosen = choose(good)
    best = chosen[0]
    _check_one_face(good, best.measures)
    measures = combine_frames([one.measures for one in chosen])
    if best.places is None:
        raise ValueError("the best frame of all is the best of its part, and its places are kept")
    quality = replace(best.quality, frames=len(chosen), best_second=round(best.second, 2))
    return FaceObservation(best.places, best.pose, quality, measures)


def _why_none(refused: Counter[str]) -> AppError:
    """What most frames said; a damaged video where there was no frame at all."""
    if not refused:
        return errors.CorruptVideoError("No frame of the video can be decoded; send the original file.")
    return _REFUSALS[max(refused, key=lambda code: (refused[code], code))]


def choose(good: Sequence[FrameObservation]) -> list[FrameObservation]:
    """Up to FRAMES good frames, the best first, then each the best among those that show the face at another time or
    from another side than the chosen ones."""
    room_s = max(1e-6, (good[-1].second - good[0].second) / FRAMES)
    left = list(good)
    chosen: list[FrameObservation] = []

    def worth(one: FrameObservation) -> float:
        crowd = max((_nearness(one, other, room_s) for other in chosen), default=0.0)
        return one.quality.score - _CROWDED * crowd

    while left and len(chosen) < FRAMES:
        chosen.append(max(left, key=worth))  # of equals the earliest
        left.remove(chosen[-1])
    return chosen


def _nearness(one: FrameObservation, other: FrameObservation, room_s: float) -> float:
    """1 for the same moment and pose, to 0."""
    away = (
        (one.second - other.second) / room_s,
        (one.pose.yaw_deg - other.pose.yaw_deg) / _POSE_DEG,
        (one.pose.pitch_deg - other.pose.pitch_deg) / _POSE_DEG,
    )
    return math.exp(-math.fsum(step**2 for step in away))


def _check_one_face(good: Sequence[FrameObservation], best: Measures) -> None:
    strangers = [one for one in good if measure_difference(one.measures, best) > _STRANGER]
    if len(strangers) > _STRANGERS * len(good):
        message = "The video has to show one face; here it shows another."
        raise DifferentFacesError(message, second=round(strangers[0].second, 1))
