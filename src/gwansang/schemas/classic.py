"""The wire of classical sources."""

from pydantic import BaseModel


class ClassicOut(BaseModel):
    """The classical text that a rule is based on."""

    quote: str
    source: str
