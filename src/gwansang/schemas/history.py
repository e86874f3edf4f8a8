"""API models of kept readings in a list."""

import datetime as dt
from uuid import UUID

from pydantic import BaseModel, Field, FiniteFloat


class KeptReadingOut(BaseModel):
    """A kept reading in a list."""

    analysis_id: UUID = Field(examples=["0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10"])
    created_at: dt.datetime = Field(examples=["2026-11-23T03:00:00Z"])
    locale: str = Field(examples=["ko"])
    overall_score: int = Field(ge=0, le=100, examples=[84])
    element: str = Field(examples=["wood"])
    quality_score: FiniteFloat = Field(ge=0, le=1, examples=[0.86])
    engine_version: str = Field(examples=["2.0.0"])
    content_version: str = Field(
        description="Of the texts when it was read; opened, it is shown with today's.", examples=["2026.4"]
    )


class PhotoOut(BaseModel):
    """The photo of a kept reading: a JPEG copy, upright and without metadata."""

    url: str = Field(
        description="A path of this service or a URL of the file store; anyone who has it can fetch the photo.",
        examples=["/api/v1/files/k2v9…"],
    )
    expires_at: dt.datetime = Field(description="End of the URL's validity.", examples=["2026-11-23T03:05:00Z"])
    width: int = Field(ge=1, description="Pixels.", examples=[1200])
    height: int = Field(ge=1, description="Pixels.", examples=[1600])
