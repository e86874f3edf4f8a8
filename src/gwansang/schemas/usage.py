"""API models of plans and of the readings of a month."""

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, Strict

# --- in ---------------------------------------------------------------------------------------------------------------


class PlanChange(BaseModel):
    """The plan that a user is given."""

    model_config = ConfigDict(extra="forbid")

    plan: Annotated[str, Strict()] | None = Field(
        max_length=20,
        description="A plan of the settings, or `unlimited`; null for the default plan.",
        examples=["free"],
    )


# --- out --------------------------------------------------------------------------------------------------------------


class UsageByKindOut(BaseModel):
    """Readings of the month by kind; they sum to `used`."""

    face: int = Field(description="From photos, landmarks and live guidance.", examples=[9])
    batch: int = Field(description="Photos of batches.", examples=[30])
    video: int = Field(examples=[1])
    compatibility: int = Field(description="Faces of compatibilities, kept readings not counted.", examples=[2])
    lookalike: int = Field(examples=[0])


class UsageOut(BaseModel):
    """The readings of a user in the current month, by sign-ins and API keys together."""

    plan: str = Field(examples=["free"])
    month: str = Field(description="In the time zone of the service.", examples=["2026-11"])
    limit: int | None = Field(description="Readings a month; null for no limit.", examples=[100])
    used: int = Field(examples=[42])
    remaining: int | None = Field(examples=[58])
    resets_at: dt.datetime = Field(description="When the next month begins.", examples=["2026-12-01T00:00:00+09:00"])
    by_kind: UsageByKindOut
