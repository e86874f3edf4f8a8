"""Messages of a live session, without any input or output; `docs/live.md` of the service describes them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from gwansang_client.decoding import decode, encode
from gwansang_client.errors import ApiError, UnexpectedAnswerError, error_of_problem
from gwansang_client.generated import models

PATH: Final = "/api/v1/analysis/live"


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message of the service: the size and the rate of frames that it takes."""

    guest: bool
    max_frame_bytes: int
    frames_per_second: int


@dataclass(frozen=True, slots=True)
class Pose:
    """How the head is held, in degrees."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float


@dataclass(frozen=True, slots=True)
class FrameQuality:
    """The quality of a frame; None for what needs pixels if landmarks were sent."""

    score: float
    face_width_px: float
    sharpness: float | None
    brightness: float | None
    light_asymmetry: float | None
    covered: list[str]


@dataclass(frozen=True, slots=True)
class FrameFace:
    """The face in fractions of the frame: a box of x, y, width and height, and the outline."""

    box: tuple[float, float, float, float]
    outline: list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Guidance:
    """The answer to a frame: hints, the most urgent first, and the first of them as a sentence in `text`."""

    frame: int
    skipped: int
    hints: list[str]
    text: str
    progress: float
    pose: Pose | None
    quality: FrameQuality | None
    face: FrameFace | None

    @property
    def ready(self) -> bool:
        """Return whether the reading is being made, so that no more frames are needed."""
        return self.hints[:1] == ["ready"]


@dataclass(frozen=True, slots=True)
class SlowDown:
    """Most frames were skipped; this rate can be processed."""

    frames_per_second: int


@dataclass(frozen=True, slots=True)
class LiveReading:
    """The reading of the best frames; the session ends after it."""

    reading: models.FaceReading


@dataclass(frozen=True, slots=True)
class LiveProblem:
    """An error; the session goes on unless the service closes it."""

    error: ApiError


LiveMessage: TypeAlias = Hello | Guidance | SlowDown | LiveReading | LiveProblem
_KINDS: Final[dict[str, type[Any]]] = {
    "hello": Hello,
    "guidance": Guidance,
    "slow_down": SlowDown,
    "reading": LiveReading,
}


def parse_message(message: str | bytes) -> LiveMessage:
    """Return a message of the service; raises UnexpectedAnswerError for one of no known type."""
    content = json.loads(message)
    kind = content.get("type")
    if kind == "error":
        return LiveProblem(error_of_problem(content["problem"]))
    if kind not in _KINDS:
        raise UnexpectedAnswerError(f"a live message of the unknown type {kind!r}")
    parsed: LiveMessage = decode(_KINDS[kind], content)
    return parsed


def start_message(locale: str | None, birth_year: int | None) -> str:
    """Return the message that opens a session as a guest, and that sets language and year of birth."""
    return json.dumps(encode({"type": "start"} | _given(locale=locale, birth_year=birth_year)))


def landmarks_message(points: Sequence[Sequence[float]], width: int, height: int, looks: int) -> str:
    """Return the face mesh of a frame that is not sent itself."""
    content = {"type": "landmarks", "points": [list(point) for point in points], "width": width, "height": height}
    return json.dumps(content | {"landmark_looks": looks})


def _given(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}
