"""API models of links to readings."""

import datetime as dt
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, Strict

MIN_HOURS, MAX_HOURS, DEFAULT_HOURS = 24, 30 * 24, 7 * 24


class ShareRequest(BaseModel):
    """A new link."""

    model_config = ConfigDict(extra="forbid")

    expires_in_hours: Annotated[int, Strict()] = Field(
        DEFAULT_HOURS, ge=MIN_HOURS, le=MAX_HOURS, description="From a day to thirty days.", examples=[DEFAULT_HOURS]
    )


class ShareOut(BaseModel):
    """A link as its owner sees it later, without its URL."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(examples=["0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10"])
    analysis_id: UUID = Field(examples=["0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a11"])
    locale: str = Field(description="Language of the page.", examples=["ko"])
    created_at: dt.datetime = Field(examples=["2026-11-23T03:00:00Z"])
    expires_at: dt.datetime = Field(examples=["2026-11-30T03:00:00Z"])


class NewShareOut(ShareOut):
    """A new link; no later answer shows its URL."""

    url: str = Field(examples=["https://example.com/s/Xm3…"])
    qr_url: str = Field(description="The URL as a QR code, SVG.", examples=["https://example.com/s/Xm3…/qr.svg"])
    card_url: str = Field(description="The preview, 1200 by 630.", examples=["https://example.com/s/Xm3…/card.png"])
