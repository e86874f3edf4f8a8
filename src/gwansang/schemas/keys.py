"""API models of API keys."""

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, Strict

from gwansang.schemas.accounts import Reauthenticated

ScopeName = Literal["analyze", "history:read", "history:write", "match"]


class KeyRequest(Reauthenticated):
    """A new key."""

    name: Annotated[str, Strict()] = Field(min_length=1, max_length=50, examples=["kiosk in the lobby"])
    scopes: list[ScopeName] = Field(min_length=1, max_length=8, examples=[["analyze"]])
    expires_in_days: Annotated[int, Strict()] | None = Field(
        None, ge=1, le=3650, description="Without it the key lives until it is deleted.", examples=[90]
    )


class KeyOut(BaseModel):
    """A key as its owner sees it later, without the secret."""

    id: UUID = Field(examples=["0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10"])
    name: str = Field(examples=["kiosk in the lobby"])
    prefix: str = Field(description="The beginning of the key.", examples=["gsk_0193a6f07b7a4a3c"])
    scopes: list[ScopeName] = Field(examples=[["analyze"]])
    created_at: dt.datetime = Field(examples=["2026-11-23T03:00:00Z"])
    expires_at: dt.datetime | None = Field(examples=["2027-02-21T03:00:00Z"])
    last_used_at: dt.datetime | None = Field(examples=[None])


class NewKeyOut(KeyOut):
    """A new key; no later answer shows its secret."""

    key: str = Field(examples=["gsk_0193a6f07b7a4a3c_Xm3…"])
