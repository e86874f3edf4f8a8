"""API models of the health checks."""

from typing import Literal

from pydantic import BaseModel


class Health(BaseModel):
    """The process answers."""

    status: Literal["healthy"] = "healthy"


class Readiness(BaseModel):
    """The process can take work."""

    status: Literal["ready"] = "ready"
