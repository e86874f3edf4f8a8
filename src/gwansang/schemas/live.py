"""API models of live guidance; docs/live.md has the order of the messages."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict

from gwansang.schemas.analysis import FaceReading
from gwansang.schemas.numbers import Rounded, RoundedHundredths, RoundedTenths, RoundedThousandths
from gwansang.vision.face import FaceRegion

CueName = Literal[
    "too_dark",
    "too_bright",
    "no_face",
    "several_faces",
    "move_closer",
    "move_away",
    "center",
    "tilt_left",
    "tilt_right",
    "turn_left",
    "turn_right",
    "chin_up",
    "chin_down",
    "hold_still",
    "show_eyes",
    "show_mouth",
    "show_face",
    "open_eyes",
    "relax_mouth",
    "face_the_light",
    "remove_hair",
    "ready",
]
Spot = tuple[float, float]


class StartMessage(BaseModel):
    """Language and birth year of the reading; optional, usually the first message."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["start"]
    locale: Annotated[str, Strict(), Field(max_length=35)] | None = None
    birth_year: Annotated[int, Strict()] | None = None


class LandmarksMessage(BaseModel):
    """The face mesh of a frame that the client does not send."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["landmarks"]
    points: list[list[Annotated[float, Field(ge=-4, le=4, allow_inf_nan=False)]]]
    landmark_looks: Literal[1, 2] = 1
    width: Annotated[int, Strict(), Field(ge=1, le=16384)]
    height: Annotated[int, Strict(), Field(ge=1, le=16384)]


class HelloMessage(BaseModel):
    """The first message: the client can send frames, up to this size and rate."""

    type: Literal["hello"] = "hello"
    guest: bool
    max_frame_bytes: int
    frames_per_second: int


class LivePose(BaseModel):
    """As in `quality` of a reading."""

    yaw_deg: RoundedTenths
    pitch_deg: RoundedTenths
    roll_deg: RoundedTenths


class LiveQuality(BaseModel):
    """The quality of this frame; null for what needs pixels if the client sent landmarks.

    covered: places on the face that can't be seen.
    """

    score: float
    face_width_px: RoundedTenths
    sharpness: RoundedThousandths | None
    brightness: RoundedThousandths | None
    light_asymmetry: RoundedThousandths | None
    covered: list[FaceRegion]


class LiveFace(BaseModel):
    """The face in fractions of the frame: a box of x, y, width, height, and the outline, clockwise from the top."""

    box: tuple[Rounded, Rounded, Rounded, Rounded]
    outline: list[Spot]


class GuidanceMessage(BaseModel):
    """Guidance after one frame. Left and right are the person's own.

    frame: number of the frame among all that were sent, counted from 1. skipped: number of frames not processed so far.
    """

    type: Literal["guidance"] = "guidance"
    frame: int
    skipped: int
    hints: list[CueName]
    text: str
    progress: RoundedHundredths
    pose: LivePose | None
    quality: LiveQuality | None
    face: LiveFace | None


class SlowDownMessage(BaseModel):
    """Most frames of the last seconds were skipped; this rate can be processed."""

    type: Literal["slow_down"] = "slow_down"
    frames_per_second: int


class ReadingMessage(BaseModel):
    """The reading from the best frames; after it the connection is closed."""

    type: Literal["reading"] = "reading"
    reading: FaceReading
