"""Guidance for a person in front of a camera, frame by frame, until the face can be read."""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from gwansang.vision.face import Points, Pose, Quality
from gwansang.vision.quality import QualityWarning
from gwansang.vision.tracking import TrackedFrame


class GuidanceCue(StrEnum):
    """Instruction to the person, called a hint in the API, by urgency; left and right are the person's own."""

    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    MOVE_CLOSER = "move_closer"
    MOVE_AWAY = "move_away"
    CENTER = "center"
    TILT_LEFT = "tilt_left"
    TILT_RIGHT = "tilt_right"
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    CHIN_UP = "chin_up"
    CHIN_DOWN = "chin_down"
    HOLD_STILL = "hold_still"
    SHOW_EYES = "show_eyes"
    SHOW_MOUTH = "show_mouth"
    SHOW_FACE = "show_face"
    OPEN_EYES = "open_eyes"
    RELAX_MOUTH = "relax_mouth"
    FACE_THE_LIGHT = "face_the_light"
    REMOVE_HAIR = "remove_hair"
    READY = "ready"


MIN_WIDTH_SHARE, MAX_WIDTH_SHARE = 0.32, 0.62  # of the face in the frame's short side, for the best readings
MIN_WIDTH_PX = 120.0
MAX_OFFSET = 0.18  # of the face from the centre, in short sides of the frame
MAX_ROLL_DEG, MAX_YAW_DEG, MAX_PITCH_DEG = 12.0, 10.0, 12.0
MAX_SPEED = 0.3  # face widths a second; a phone held still in the hand reaches 0.1
DARK_FRAME, BRIGHT_FRAME = 0.10, 0.92  # mean brightness of a frame without a face
_HYSTERESIS = 0.75  # a cue ends only below this share of its limit, so that it does not flicker
_MIN_INTERVAL_S = 0.15  # of a speed; over a shorter time the landmarks' own noise would count as movement
_MAX_OUTSIDE = 0.02
_WINDOW_S = 0.35  # over which covers, eyes, mouth and light are assessed

OPTIONAL_CUES: Final = frozenset({GuidanceCue.FACE_THE_LIGHT, GuidanceCue.REMOVE_HAIR})
"""Shown, but not required for a reading."""
TIMEOUT_CUES: Final = frozenset(
    {
        *(GuidanceCue.SHOW_EYES, GuidanceCue.SHOW_MOUTH, GuidanceCue.SHOW_FACE),
        *(GuidanceCue.OPEN_EYES, GuidanceCue.RELAX_MOUTH, GuidanceCue.TOO_DARK, GuidanceCue.TOO_BRIGHT),
    }
)
"""Required for a limited time only: an eye patch stays on, some eyes are narrow, some mouths smile at rest, some rooms
have one lamp."""
_CUE_OF_WARNING: Final = {
    QualityWarning.TOO_DARK: GuidanceCue.TOO_DARK,
    QualityWarning.TOO_BRIGHT: GuidanceCue.TOO_BRIGHT,
    QualityWarning.BLURRED: GuidanceCue.HOLD_STILL,
    QualityWarning.EYES_NOT_VISIBLE: GuidanceCue.SHOW_EYES,
    QualityWarning.MOUTH_OCCLUDED: GuidanceCue.SHOW_MOUTH,
    QualityWarning.FACE_OCCLUDED: GuidanceCue.SHOW_FACE,
    QualityWarning.EYES_CLOSED: GuidanceCue.OPEN_EYES,
    QualityWarning.SMILE: GuidanceCue.RELAX_MOUTH,
    QualityWarning.MOUTH_OPEN: GuidanceCue.RELAX_MOUTH,
    QualityWarning.UNEVEN_LIGHT: GuidanceCue.FACE_THE_LIGHT,
    QualityWarning.HEAD_COVERED: GuidanceCue.REMOVE_HAIR,
}
_PRIORITY: Final = {cue: index for index, cue in enumerate(GuidanceCue)}


class MotionEstimator:
    """Estimates the speed of a face in the frame."""

    def __init__(self) -> None:
        self._history: deque[tuple[float, Points]] = deque(maxlen=64)

    def speed(self, points: Points, width: float, at_s: float) -> float | None:
        """Return the mean speed of (468, 3) points in face widths a second, or None without an earlier frame.

        points, width: mesh and face width in pixels; at_s: time of the frame in seconds.
        """
        while len(self._history) > 1 and at_s - self._history[1][0] >= _MIN_INTERVAL_S:
            self._history.popleft()
        speed = None
        if self._history and at_s - self._history[0][0] >= _MIN_INTERVAL_S:
            earlier_s, earlier = self._history[0]
            distance = np.linalg.norm(points[:, :2] - earlier[:, :2], axis=1).mean()
            speed = float(distance) / max(width, 1.0) / (at_s - earlier_s)
        self._history.append((at_s, points))
        return speed


class CaptureGuide:
    """Chooses the cues for one person, frame by frame; starts anew after a frame without a face."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Drop all state: the next face may be another person's."""
        self._motion = MotionEstimator()
        self._cues: frozenset[GuidanceCue] = frozenset()
        self._recent: deque[tuple[float, frozenset[GuidanceCue]]] = deque(maxlen=64)
        self.motion_known = False  # whether there were enough frames to measure the speed of the face

    def update(self, frame: TrackedFrame, at_s: float) -> tuple[GuidanceCue, ...]:
        """Return the cues after a frame at time `at_s`, the most urgent first; empty if the face can be read."""
        if frame.points is None or frame.pose is None or frame.quality is None:
            self.reset()
            return (*_cues_without_face(frame), GuidanceCue.NO_FACE)
        view = _View(frame, frame.points, frame.pose, frame.quality, self._cues)
        speed = self._motion.speed(frame.points, frame.quality.face_width_px, at_s)
        self.motion_known = speed is not None
        cues = {*_position_cues(view), *_rotation_cues(view), *self._majority(_quality_cues(view), at_s)}
        if frame.faces > 1:
            cues.add(GuidanceCue.SEVERAL_FACES)
        if speed is not None and view.exceeds(speed, MAX_SPEED, GuidanceCue.HOLD_STILL):
            cues.add(GuidanceCue.HOLD_STILL)
        self._cues = frozenset(cues)
        return tuple(sorted(cues, key=_PRIORITY.__getitem__))

    def _majority(self, cues: frozenset[GuidanceCue], at_s: float) -> set[GuidanceCue]:
        """Return the cues of most recent frames: a single frame may show a blink or be misjudged."""
        self._recent.append((at_s, cues))
        while at_s - self._recent[0][0] > _WINDOW_S:
            self._recent.popleft()
        return {cue for cue in GuidanceCue if 2 * sum(cue in some for _, some in self._recent) > len(self._recent)}


@dataclass(frozen=True, slots=True)
class _View:
    """A frame with a face, and the cues of the frame before."""

    frame: TrackedFrame
    points: Points
    pose: Pose
    quality: Quality
    previous_cues: frozenset[GuidanceCue]

    def exceeds(self, value: float, limit: float, cue: GuidanceCue) -> bool:
        return value > limit * (_HYSTERESIS if cue in self.previous_cues else 1.0)


def _cues_without_face(frame: TrackedFrame) -> tuple[GuidanceCue, ...]:
    if frame.luma is None:
        return ()
    if frame.luma < DARK_FRAME:
        return (GuidanceCue.TOO_DARK,)
    return (GuidanceCue.TOO_BRIGHT,) if frame.luma > BRIGHT_FRAME else ()


def _position_cues(view: _View) -> tuple[GuidanceCue, ...]:
    size = np.array([view.frame.width, view.frame.height], dtype=np.float64)
    short_side, width = float(size.min()), view.quality.face_width_px
    points = view.points[:, :2]
    outside = float(((points < 0) | (points > size)).any(axis=1).mean())
    offset = float(np.abs((points.min(axis=0) + points.max(axis=0) - size) / 2).max())
    min_width = max(MIN_WIDTH_SHARE * short_side, MIN_WIDTH_PX)
    is_off_centre = view.exceeds(offset, MAX_OFFSET * short_side, GuidanceCue.CENTER)
    checks = (
        (view.exceeds(1 / max(width, 1.0), 1 / min_width, GuidanceCue.MOVE_CLOSER), GuidanceCue.MOVE_CLOSER),
        (view.exceeds(width, MAX_WIDTH_SHARE * short_side, GuidanceCue.MOVE_AWAY), GuidanceCue.MOVE_AWAY),
        (is_off_centre or outside > _MAX_OUTSIDE, GuidanceCue.CENTER),
    )
    return tuple(cue for applies, cue in checks if applies)


def _rotation_cues(view: _View) -> tuple[GuidanceCue, ...]:
    """Return the cues that turn the head back; the photo's left is the person's right (signs as in `Pose`)."""
    pose = view.pose
    checks = (
        (-pose.roll_deg, MAX_ROLL_DEG, GuidanceCue.TILT_LEFT),
        (pose.roll_deg, MAX_ROLL_DEG, GuidanceCue.TILT_RIGHT),
        (-pose.yaw_deg, MAX_YAW_DEG, GuidanceCue.TURN_LEFT),
        (pose.yaw_deg, MAX_YAW_DEG, GuidanceCue.TURN_RIGHT),
        (-pose.pitch_deg, MAX_PITCH_DEG, GuidanceCue.CHIN_UP),
        (pose.pitch_deg, MAX_PITCH_DEG, GuidanceCue.CHIN_DOWN),
    )
    return tuple(cue for value, limit, cue in checks if view.exceeds(value, limit, cue))


def _quality_cues(view: _View) -> frozenset[GuidanceCue]:
    return frozenset(cue for warning, cue in _CUE_OF_WARNING.items() if warning.value in view.quality.warnings)
