"""API models of consents."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict

PurposeName = Literal["reading", "history", "lookalike", "retain_photo", "improve"]


class ConsentRequest(BaseModel):
    """The version of the text that was shown; a conflict if it is not the one in force."""

    model_config = ConfigDict(extra="forbid")

    version: Annotated[int, Strict()] | None = Field(None, ge=1, le=1_000_000, examples=[1])


class ConsentOut(BaseModel):
    """A purpose with the text in force, and the consent that was given."""

    purpose: PurposeName = Field(examples=["history"])
    granted: bool = Field(description="Whether the consent holds now.", examples=[True])
    version: int = Field(description="Of the text in force.", examples=[1])
    text: str = Field(description="The text in force, in the caller's language.", examples=["…"])
    text_sha256: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    granted_version: int | None = Field(description="Of the text agreed to.", examples=[1])
    granted_locale: str | None = Field(examples=["ko"])
    granted_text_sha256: str | None = Field(
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
    )
    granted_at: dt.datetime | None = Field(examples=["2026-11-23T03:00:00Z"])
    withdrawn_at: dt.datetime | None = Field(examples=[None])
