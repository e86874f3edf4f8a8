"""API models of two readings side by side."""

import datetime as dt
from typing import Literal
from uuid import UUID

from pydantic import AliasPath, BaseModel, ConfigDict, Field

from gwansang.reading.model import Energy
from gwansang.schemas.numbers import Fraction, Rounded

_ID, _OTHER_ID = "0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10", "5f0c1f0e-52a4-4f0b-9c39-0d6f3a8b7c21"


class CompareRequest(BaseModel):
    """Two kept readings of one's own."""

    model_config = ConfigDict(extra="forbid")

    a: UUID = Field(description="Usually the earlier one.", examples=[_ID])
    b: UUID = Field(examples=[_OTHER_ID])


class ComparedReadingOut(BaseModel):
    """One of the two."""

    analysis_id: UUID = Field(examples=[_ID])
    created_at: dt.datetime = Field(examples=["2026-11-23T03:00:00Z"])
    photos: int = Field(
        validation_alias=AliasPath("quality", "photos"), description="Number of photos of this reading.", examples=[1]
    )
    quality_score: Fraction = Field(validation_alias=AliasPath("quality", "score"), examples=[0.86])
    engine_version: str = Field(validation_alias=AliasPath("reading", "engine_version"), examples=["2.0.0"])
    content_version: str = Field(validation_alias=AliasPath("reading", "content_version"), examples=["2026.2"])


class ToldShapeOut(BaseModel):
    """The shape of a part in one reading."""

    shape_id: str = Field(examples=["almond"])
    shape: str = Field(examples=["봉안"])
    probability: Rounded = Field(examples=[0.71])


class ComparedPartOut(BaseModel):
    """A part in both."""

    name: str = Field(examples=["눈"])
    a: ToldShapeOut
    b: ToldShapeOut
    changed: bool = Field(examples=[False])


class ComparedElementOut(BaseModel):
    """The element in both."""

    a: str = Field(examples=["wood"])
    b: str = Field(examples=["wood"])
    changed: bool = Field(examples=[False])


class ValueOut(BaseModel):
    """A measure's value and its error, one standard deviation."""

    value: Rounded = Field(examples=[0.8612])
    error: Rounded = Field(examples=[0.02])


class ComparedMeasureOut(BaseModel):
    """A measure in both, each from its own photos alone."""

    label: str = Field(examples=["이마 너비(광대 너비 대비)"])
    unit: str = Field(examples=["ratio"])
    a: ValueOut
    b: ValueOut
    difference: Rounded = Field(description="b - a.", examples=[0.011])
    in_errors: Rounded = Field(description="The difference in units of its own error.", examples=[0.39])
    more_than_noise: bool = Field(description="Beyond 3 such units.", examples=[False])


class ComparedNumberOut(BaseModel):
    """A number in both."""

    a: Rounded = Field(examples=[3.6])
    b: Rounded = Field(examples=[3.7])
    difference: Rounded = Field(description="b - a.", examples=[0.1])


class ComparedConditionOut(BaseModel):
    """One condition of the photos; null if it is unknown."""

    a: Rounded | None = Field(examples=[48.0])
    b: Rounded | None = Field(examples=[31.0])
    differs: bool = Field(description="Whether the difference is large enough to affect the measures.", examples=[True])


class ComparisonOut(BaseModel):
    """Changes from a to b."""

    a: ComparedReadingOut
    b: ComparedReadingOut
    agreement: Fraction = Field(
        description="Share of parts, the element among them, that are the same in both.", examples=[0.94]
    )
    parts: dict[str, ComparedPartOut] = Field(
        examples=[
            {
                "eyes": {
                    "name": "눈",
                    "a": {"shape_id": "long", "shape": "긴 눈", "probability": 0.71},
                    "b": {"shape_id": "long", "shape": "긴 눈", "probability": 0.66},
                    "changed": False,
                }
            }
        ]
    )
    element: ComparedElementOut
    measures: dict[str, ComparedMeasureOut] = Field(
        examples=[
            {
                "forehead_width": {
                    "label": "이마 너비(광대 너비 대비)",
                    "unit": "ratio",
                    "a": {"value": 0.8612, "error": 0.02},
                    "b": {"value": 0.8722, "error": 0.02},
                    "difference": 0.011,
                    "in_errors": 0.3889,
                    "more_than_noise": False,
                }
            }
        ]
    )
    energies: dict[Energy, ComparedNumberOut] = Field(examples=[{"wealth": {"a": 3.6, "b": 3.7, "difference": 0.1}}])
    overall: ComparedNumberOut
    conditions: dict[Literal["distance_cm", "smile", "pitch_deg", "yaw_deg"], ComparedConditionOut] = Field(
        examples=[{"distance_cm": {"a": 48.0, "b": 31.0, "differs": True}}]
    )
    text: str = Field(examples=["두 풀이는 94% 같아요."])
    disclaimer: str = Field(description="The notice to show with the comparison.", examples=["전통 관상을 바탕으로 …"])
