"""API models of a face reading."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, ValidationInfo

from gwansang.reading.model import Energy
from gwansang.schemas.archetypes import ArchetypesOut, ClassicOut
from gwansang.schemas.fortune import FortuneOut
from gwansang.schemas.lengths import require_what_every_length_has
from gwansang.schemas.numbers import Fraction, Point, Rounded, RoundedTenths
from gwansang.schemas.topics import TopicOut
from gwansang.texts import Locale
from gwansang.vision.face import FaceRegion, LandmarkSource


def _points_of(vertices: Sequence[int], info: ValidationInfo) -> list[Point]:
    points: Mapping[int, Point] | None = info.context
    return [points[vertex] for vertex in vertices] if points else []


def _first_overlay(overlays: Sequence[object], info: ValidationInfo) -> object:
    return overlays[0] if overlays and info.context else None


def _all_overlays(overlays: Sequence[object], info: ValidationInfo) -> Sequence[object]:
    return (info.data["overlay"], *overlays[1:]) if overlays and info.context else ()


Points = Annotated[list[Point], BeforeValidator(_points_of), Field(validation_alias="vertices")]


class OverlayOut(BaseModel):
    """A line to draw on the photo; points are fractions of the upright photo's width and height."""

    type: Literal["line", "polyline", "points", "angle"]
    points: Points


FirstOverlay = Annotated[
    OverlayOut | None, BeforeValidator(_first_overlay), Field(validation_alias=AliasPath("overlays"))
]


class ReasonOut(BaseModel):
    """A measured fact behind a part's shape."""

    measure: str
    label: str
    value: Rounded
    unit: str
    z: Rounded = Field(description="Standard deviations from the mean face.")
    percentile: int = Field(ge=1, le=99)
    error: Rounded = Field(description="One standard deviation of this photo's value, in its unit.")
    overlay: Annotated[OverlayOut | None, BeforeValidator(_first_overlay)] = Field(
        validation_alias=AliasPath("overlays")
    )
    overlays: Annotated[list[OverlayOut], BeforeValidator(_all_overlays)]
    classic: ClassicOut | None


class AlternativeOut(BaseModel):
    """The second most likely shape."""

    shape_id: str
    shape: str
    probability: Rounded


class PartOut(BaseModel):
    """One part of the face."""

    name: str
    hanja: str
    shape: str
    meaning: str
    score: int = Field(ge=0, le=100)
    shape_id: str
    probability: Rounded
    alternative: AlternativeOut | None
    reliability: Rounded = Field(description="0-1: how far this photo supports the part.")
    decided: bool = Field(
        False,
        description="True if the part is told as one shape; false if as a mixture of two, if points without their "
        "picture do not show it, or if it is covered. Always false in readings of engine 1.",
    )
    covered: list[FaceRegion] = Field(
        [],
        description="Regions that hide something of the part. If it lies in one of them it is not told: `shape_id` is "
        "`unseen`, `probability` 0 and `reasons` empty; else the rest of it is.",
    )
    note: str = Field(
        "",
        description="What is to be said of the part on this photo: a second shape, a smile, a cover. `meaning` is that "
        "of the shape.",
    )
    reasons: list[ReasonOut]


class ElementOut(BaseModel):
    """The five elements of the face."""

    primary: str
    secondary: str | None
    name: str
    shares: dict[str, Rounded]
    clarity: Rounded
    meaning: str


class ZoneOut(BaseModel):
    """One third of the face."""

    name: str
    share: Rounded
    z: Rounded
    years: str
    meaning: str
    estimated: bool


class LifePoint(BaseModel):
    """A section of the curve of life: the percentile of its zone among people; low and high: within the error."""

    zone: str = Field(validation_alias="id")
    from_age: int
    to_age: int | None = Field(description="null: to the end")
    level: int = Field(ge=1, le=99)
    low: int = Field(ge=1, le=99)
    high: int = Field(ge=1, le=99)


class ZonesOut(BaseModel):
    """The three zones, their proportion, and the curve of life that they form."""

    type: str
    curve: list[LifePoint] = []
    upper: ZoneOut | None = None
    middle: ZoneOut | None = None
    lower: ZoneOut | None = None


class PalaceOut(BaseModel):
    """One of the twelve palaces."""

    id: str
    name: str
    hanja: str
    place: str
    status: Literal["measured", "partly", "not_measured"]
    z: Rounded | None
    meaning: str
    points: Points


class AgePositionOut(BaseModel):
    """The point of the face that stands for a year of life."""

    counted_age: int
    international_age: int
    position: str
    hanja: str
    place: str
    meaning: str
    points: Points
    current: bool = Field(description="True for this year, false for the years around it.")
    side: str = Field(
        description="left, right or centre of the person, in the first order of the verse. The other order mirrors it, "
        "so `points` has both sides."
    )


class AgesOut(BaseModel):
    """Years of life; empty without a birth year."""

    birth_year: int | None
    positions: list[AgePositionOut]


class AdviceOut(BaseModel):
    """The meaning of a warning, and advice for a better photo."""

    code: str
    text: str


class QualityOut(BaseModel):
    """The quality of the photo as a source of measures."""

    score: Fraction
    yaw_deg: RoundedTenths
    pitch_deg: RoundedTenths
    roll_deg: RoundedTenths
    distance_cm: RoundedTenths | None
    warnings: list[str]
    advice: list[AdviceOut]
    covered: list[FaceRegion] = Field(
        [],
        description="Regions that can't be seen, on one side or both; on all photos, on most frames of a video.",
    )
    source: LandmarkSource | None = Field(
        None,
        description=(
            "Where the landmarks come from: a picture that was sent; a client that runs the kernel of this service on "
            "its picture; or points alone, less certain in this order: the mean of two looks, one look, an older mesh. "
            "null: kept by an older release."
        ),
    )
    photos: int = Field(ge=1, description="Number of photos whose measures were averaged.")
    best_photo: int = Field(
        ge=1, description="Number of the photo of the best quality, counted from 1; all points belong to it."
    )
    frames: int | None = Field(None, ge=1, description="Number of frames whose measures were averaged; for a video.")
    best_second: FiniteFloat | None = Field(
        None, ge=0, description="Time in the video of the frame that all points belong to, in seconds."
    )


class ProfileOut(BaseModel):
    """Agreement of a reading with the remembered face."""

    photos: int = Field(ge=1, description="Number of photos that the remembered face rests on.", examples=[2])
    same_as_last_time: Fraction | None = Field(
        description="Share of parts, the element among them, that are as in the last reading; null for another face.",
        examples=[0.94],
    )
    changed_parts: list[str] = Field(validation_alias="changed", examples=[["lips"]])
    same_face: bool = Field(
        description="False if the face differs so much that it was read by itself and not remembered.",
        examples=[True],
    )
    measured_anew: bool = Field(
        False,
        description="True if the remembered face was measured by an older release in another way: it starts anew.",
    )
    text: str = Field(examples=["지난번과 94% 같아요. 사진 2장을 함께 보니 새롭게 보인 부분이 있어요(입술)."])


class EnergiesOut(BaseModel):
    """Four energies, 1 to 5."""

    wealth: int = Field(ge=1, le=5)
    love: int = Field(ge=1, le=5)
    health: int = Field(ge=1, le=5)
    social: int = Field(ge=1, le=5)


class FaceReading(BaseModel):
    """The reading of a face; with `detail=short` or `story`, fields that are not required are left out."""

    model_config = ConfigDict(json_schema_extra=require_what_every_length_has)

    analysis_id: UUID
    overall_score: int = Field(ge=0, le=100)
    energy_scores: EnergiesOut
    energy_values: dict[Energy, Rounded]
    parts_analysis: dict[str, PartOut]
    today_fortune: str
    fortune: FortuneOut
    element: ElementOut
    zones: ZonesOut
    palaces: list[PalaceOut]
    ages: AgesOut
    quality: QualityOut
    engine_version: str
    content_version: str
    locale: Locale
    disclaimer: str
    ai_generated: bool = Field(
        False, description="Always false: rules choose among texts that people wrote; networks only measure."
    )
    created_at: dt.datetime
    kept: bool | None = Field(
        None,
        description="Whether the history has this reading: false without the consent to `history`, for guests, and if "
        "it could not be stored; null in results of tasks.",
    )
    profile: ProfileOut | None = Field(
        None,
        description="For users who agree to `history`, from their second reading on; only in answers to photos.",
    )
    title: str = Field("", description="One line; title, story and topics are empty in readings of older releases.")
    story: str = Field("", description="Three sentences.")
    topics: list[TopicOut] = Field([], description="Wealth, love, work, vitality, people; no love for under-19s.")
    archetypes: ArchetypesOut | None = Field(None, description="null for a reading of an older release.")
