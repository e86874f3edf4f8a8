"""API models of WebSockets: tickets, authentication and errors."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict

from gwansang.schemas.problem import Problem


class TicketOut(BaseModel):
    """A ticket that opens one WebSocket, once, as `?ticket=`."""

    ticket: str = Field(examples=["8f0Yw…"])
    expires_in: int = Field(description="Seconds until it expires.", examples=[30])


class AuthMessage(BaseModel):
    """The first message of a client that cannot send headers."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["auth"]
    token: Annotated[str, Strict()] = Field(min_length=1, max_length=4096)


class ErrorMessage(BaseModel):
    """An error; if the connection can't go on, it is closed after this message."""

    type: Literal["error"] = "error"
    problem: Problem
