"""API models of webhooks and their deliveries."""

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, Strict

EventName = Literal["task.done", "task.failed", "task.cancelled", "data.erased", "account.erased"]
_ALL: list[EventName] = ["task.done", "task.failed", "task.cancelled", "data.erased", "account.erased"]
_URL = "https://hooks.example.com/gwansang"
_ID, _TASK_ID = "0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a20", "0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a21"
_TIME = "2026-11-23T03:00:00Z"
Url = Annotated[
    str,
    Strict(),
    Field(
        min_length=9,
        max_length=500,
        description="https, a public name and no address, port 443 or 8443, without user name and fragment.",
        examples=[_URL],
    ),
]
Events = Annotated[list[EventName], Field(min_length=1, max_length=8, examples=[["task.done", "task.failed"]])]


class WebhookRequest(BaseModel):
    """A new webhook."""

    model_config = ConfigDict(extra="forbid")

    url: Url
    events: Events = _ALL


class WebhookChange(BaseModel):
    """Changes to a webhook; fields that are left out or null stay."""

    model_config = ConfigDict(extra="forbid")

    url: Url | None = None
    events: Events | None = None
    is_enabled: Annotated[bool, Strict()] | None = Field(None, examples=[True])


class WebhookOut(BaseModel):
    """A webhook as its owner sees it, without the secret."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(examples=[_ID])
    url: str = Field(examples=[_URL])
    events: list[EventName] = Field(examples=[["task.done", "task.failed"]])
    is_enabled: bool = Field(examples=[True])
    disabled_reason: Literal["owner", "failing", "gone"] | None = Field(
        description="`owner` by a call, `failing` for days, or `gone`: the receiver answered 410.", examples=[None]
    )
    failing_since: dt.datetime | None = Field(
        description="The first failed attempt after the last successful one.", examples=[None]
    )
    previous_until: dt.datetime | None = Field(
        description="Until then messages are signed with the secret before, too.", examples=[None]
    )
    created_at: dt.datetime = Field(examples=[_TIME])
    updated_at: dt.datetime = Field(examples=[_TIME])


class WebhookSecretOut(WebhookOut):
    """A webhook with a new secret; no later answer shows it."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw…"])


class WebhookAttemptOut(BaseModel):
    """An attempt: the status of the answer, or why there was none."""

    model_config = ConfigDict(from_attributes=True)

    started_at: dt.datetime = Field(examples=[_TIME])
    duration_ms: int = Field(examples=[84])
    status_code: int | None = Field(examples=[503])
    error: (
        Literal[
            "name_unknown", "address_refused", "unreachable", "tls_failed", "timeout", "answer_invalid", "unreadable"
        ]
        | None
    ) = Field(examples=[None])


class WebhookDeliveryOut(BaseModel):
    """An event for a webhook; `id` is the header webhook-id of every attempt."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(examples=[_ID])
    event: str = Field(examples=["task.done"])
    data: dict[str, JsonValue] = Field(examples=[{"task_id": _TASK_ID, "kind": "face"}])
    status: Literal["waiting", "delivered", "failed"] = Field(examples=["delivered"])
    due_at: dt.datetime | None = Field(description="Of the next attempt.", examples=[None])
    created_at: dt.datetime = Field(examples=[_TIME])
    ended_at: dt.datetime | None = Field(examples=[_TIME])


class WebhookDeliveryDetailsOut(WebhookDeliveryOut):
    """A delivery with its attempts."""

    attempts: list[WebhookAttemptOut] = Field(description="Those that have ended, oldest first.")
