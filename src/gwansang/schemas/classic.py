"""What a rule goes back to, on the wire."""

from pydantic import BaseModel


class ClassicOut(BaseModel):
    """The old text a rule goes back to."""

    quote: str
    source: str
