"""What to tell somebody in front of a camera, from one frame to the next, until their face can be read."""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from gwansang.vision.face import Points, Pose, Quality
from gwansang.vision.quality import QualityWarning
from gwansang.vision.tracking import TrackedFrame


class GuidanceCue(StrEnum):
    """What to do next; left and right are the person's own."""

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
    OPEN_EYES = "open_eyes"
    RELAX_MOUTH = "relax_mouth"
    FACE_THE_LIGHT = "face_the_light"
    REMOVE_HAIR = "remove_hair"
    READY = "ready"


FAR, NEAR = 0.32, 0.62  # the face's width in the frame's short side: between them it is read best
MIN_WIDTH_PX = 120.0
OFF_CENTRE = 0.18  # of the short side
ROLL_DEG, YAW_DEG, PITCH_DEG = 12.0, 10.0, 12.0
SPEED = 0.3  # face widths a second; a hand that holds a phone still makes up to 0.1
DARK_FRAME, BRIGHT_FRAME = 0.10, 0.92  # mean brightness of a frame in which nobody is seen
_STICKY = 0.75  # a cue once given stays until it is undercut so far: no flicker at the border
_BASE_S = 0.15  # movement is measured over at least this long, or it would be the landmarks' own trembling
_MAX_OUTSIDE = 0.02
_LOOK_S = 0.35  # over which eyes, mouth and light are judged

OPTIONAL_CUES: Final = frozenset({GuidanceCue.FACE_THE_LIGHT, GuidanceCue.REMOVE_HAIR})  # told, and not waited for
TIMEOUT_CUES: Final = frozenset(
    {GuidanceCue.OPEN_EYES, GuidanceCue.RELAX_MOUTH, GuidanceCue.TOO_DARK, GuidanceCue.TOO_BRIGHT}
)
"""Waited for, but not for ever: some eyes are narrow, some mouths smile at rest, some rooms have one lamp."""
_OF_QUALITY: Final = {
    QualityWarning.TOO_DARK: GuidanceCue.TOO_DARK,
    QualityWarning.TOO_BRIGHT: GuidanceCue.TOO_BRIGHT,
    QualityWarning.BLURRED: GuidanceCue.HOLD_STILL,
    QualityWarning.EYES_CLOSED: GuidanceCue.OPEN_EYES,
    QualityWarning.SMILE: GuidanceCue.RELAX_MOUTH,
    QualityWarning.MOUTH_OPEN: GuidanceCue.RELAX_MOUTH,
    QualityWarning.UNEVEN_LIGHT: GuidanceCue.FACE_THE_LIGHT,
    QualityWarning.FRINGE: GuidanceCue.REMOVE_HAIR,
}
_ORDER: Final = {cue: place for place, cue in enumerate(GuidanceCue)}


class MotionEstimator:
    """How fast a face moves in its frame."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, Points]] = deque(maxlen=64)

    def speed(self, points: Points, width: float, at_s: float) -> float | None:
        """Mean way of the (468, 3) points in face widths a second, None before there is anything to compare with."""
        while len(self._seen) > 1 and at_s - self._seen[1][0] >= _BASE_S:
            self._seen.popleft()
        speed = None
        if self._seen and at_s - self._seen[0][0] >= _BASE_S:
            then, before = self._seen[0]
            way = np.linalg.norm(points[:, :2] - before[:, :2], axis=1).mean()
            speed = float(way) / max(width, 1.0) / (at_s - then)
        self._seen.append((at_s, points))
        return speed


class CaptureGuide:
    """Tells one person what to do, frame by frame; forgets everything when nobody is there."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begins anew: whoever comes next may be somebody else."""
        self._movement = MotionEstimator()
        self._told: frozenset[GuidanceCue] = frozenset()
        self._looks: deque[tuple[float, frozenset[GuidanceCue]]] = deque(maxlen=64)
        self.motion_known = False  # whether it is known how fast the face moves

    def update(self, glance: TrackedFrame, at_s: float) -> tuple[GuidanceCue, ...]:
        """What to do after a frame that came at this moment, the most urgent first; empty where all is well."""
        if glance.points is None or glance.pose is None or glance.quality is None:
            self.forget()
            return (*_of_frame(glance), GuidanceCue.NO_FACE)
        view = _View(glance, glance.points, glance.pose, glance.quality, self._told)
        speed = self._movement.speed(glance.points, glance.quality.face_width_px, at_s)
        self.motion_known = speed is not None
        found = {*_place(view), *_turn(view), *self._usual(_look(view), at_s)}
        if glance.faces > 1:
            found.add(GuidanceCue.SEVERAL_FACES)
        if speed is not None and view.over(speed, SPEED, GuidanceCue.HOLD_STILL):
            found.add(GuidanceCue.HOLD_STILL)
        self._told = frozenset(found)
        return tuple(sorted(found, key=_ORDER.__getitem__))

    def _usual(self, look: frozenset[GuidanceCue], at_s: float) -> set[GuidanceCue]:
        """What most of the last frames show of eyes, mouth and light: one frame alone may blink or be mistaken."""
        self._looks.append((at_s, look))
        while at_s - self._looks[0][0] > _LOOK_S:
            self._looks.popleft()
        return {cue for cue in GuidanceCue if 2 * sum(cue in one for _, one in self._looks) > len(self._looks)}


@dataclass(frozen=True, slots=True)
class _View:
    """A face in a frame, with what was asked of it in the last one."""

    glance: TrackedFrame
    points: Points
    pose: Pose
    quality: Quality
    before: frozenset[GuidanceCue]

    def over(self, value: float, limit: float, cue: GuidanceCue) -> bool:
        return value > limit * (_STICKY if cue in self.before else 1.0)


def _of_frame(glance: TrackedFrame) -> tuple[GuidanceCue, ...]:
    if glance.luma is None:
        return ()
    if glance.luma < DARK_FRAME:
        return (GuidanceCue.TOO_DARK,)
    return (GuidanceCue.TOO_BRIGHT,) if glance.luma > BRIGHT_FRAME else ()


def _place(view: _View) -> tuple[GuidanceCue, ...]:
    frame = np.array([view.glance.width, view.glance.height], dtype=np.float64)
    short, width = float(frame.min()), view.quality.face_width_px
    places = view.points[:, :2]
    outside = float(((places < 0) | (places > frame)).any(axis=1).mean())
    away = (places.min(axis=0) + places.max(axis=0) - frame) / 2
    checks = (
        (
            view.over(1 / max(width, 1.0), 1 / max(FAR * short, MIN_WIDTH_PX), GuidanceCue.MOVE_CLOSER),
            GuidanceCue.MOVE_CLOSER,
        ),
        (view.over(width, NEAR * short, GuidanceCue.MOVE_AWAY), GuidanceCue.MOVE_AWAY),
        (
            view.over(float(np.abs(away).max()), OFF_CENTRE * short, GuidanceCue.CENTER) or outside > _MAX_OUTSIDE,
            GuidanceCue.CENTER,
        ),
    )
    return tuple(cue for applies, cue in checks if applies)


def _turn(view: _View) -> tuple[GuidanceCue, ...]:
    """A head turned to its own left has to turn right. The photo's left is the person's right: `Pose` has the signs."""
    pose = view.pose
    checks = (
        (-pose.roll_deg, ROLL_DEG, GuidanceCue.TILT_LEFT),
        (pose.roll_deg, ROLL_DEG, GuidanceCue.TILT_RIGHT),
        (-pose.yaw_deg, YAW_DEG, GuidanceCue.TURN_LEFT),
        (pose.yaw_deg, YAW_DEG, GuidanceCue.TURN_RIGHT),
        (-pose.pitch_deg, PITCH_DEG, GuidanceCue.CHIN_UP),
        (pose.pitch_deg, PITCH_DEG, GuidanceCue.CHIN_DOWN),
    )
    return tuple(cue for value, limit, cue in checks if view.over(value, limit, cue))


def _look(view: _View) -> frozenset[GuidanceCue]:
    return frozenset(cue for hint, cue in _OF_QUALITY.items() if hint.value in view.quality.warnings)
