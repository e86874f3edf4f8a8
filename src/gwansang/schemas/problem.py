"""API models of an error: RFC 9457, with an envelope for clients that only read `error`."""

from pydantic import BaseModel, Field, JsonValue


class ErrorEnvelope(BaseModel):
    """The error for programs."""

    code: str = Field(description="Stable; for decisions in programs.", examples=["NO_FACE"])  # OpenAPI: ErrorCode
    message: str = Field(description="Stable, in English.")
    details: JsonValue = Field(None, description="Facts such as limits, or a list of {field, message}, or null.")


class Problem(BaseModel):
    """`application/problem+json`."""

    type: str = Field(examples=["/problems/no-face"])
    title: str = Field(examples=["No face found"])
    status: int = Field(examples=[422])
    detail: str = Field(description="A sentence for people, in the caller's language: the problem and its remedy.")
    instance: str = Field(examples=["/api/v1/analysis/face"])
    request_id: str
    error: ErrorEnvelope
