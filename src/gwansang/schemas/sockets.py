"""The wire of WebSockets: how one is opened, and how it tells that something is wrong."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict

from gwansang.schemas.problem import Problem


class TicketOut(BaseModel):
    """What opens one WebSocket, once, as `?ticket=`."""

    ticket: str = Field(examples=["8f0Yw…"])
    expires_in: int = Field(description="Seconds in which it has to be used.", examples=[30])


class AuthMessage(BaseModel):
    """The first message of a client that could not send a header."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["auth"]
    token: Annotated[str, Strict()] = Field(min_length=1, max_length=4096)


class ErrorMessage(BaseModel):
    """Something is wrong; where the connection can't go on, it is closed after this."""

    type: Literal["error"] = "error"
    problem: Problem
