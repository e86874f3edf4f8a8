"""API models of sign-ins."""

import datetime as dt
from uuid import UUID

from pydantic import BaseModel, Field


class SessionOut(BaseModel):
    """A sign-in on a device."""

    id: UUID = Field(examples=["0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10"])
    device_name: str | None = Field(
        description="Given at the sign-in, or made from the User-Agent.", examples=["Chrome, Windows"]
    )
    created_at: dt.datetime = Field(examples=["2026-11-23T03:00:00Z"])
    last_used_at: dt.datetime = Field(
        description="The sign-in or its last refresh; an access token works for half an hour after it.",
        examples=["2026-11-24T03:00:00Z"],
    )
    expires_at: dt.datetime = Field(description="Unless it is refreshed.", examples=["2026-12-01T03:00:00Z"])
    current: bool = Field(description="The sign-in of this call.", examples=[True])
