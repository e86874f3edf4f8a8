"""The wire of the five callings of a face."""

from pydantic import BaseModel, Field

from gwansang.schemas.classic import ClassicOut
from gwansang.schemas.numbers import Rounded


class ArchetypeReasonOut(BaseModel):
    """A measured shape that speaks for a calling; `parts_analysis` has all that was measured of the part."""

    part: str
    name: str
    hanja: str
    shape_id: str
    shape: str
    probability: Rounded
    meaning: str
    measure: str = Field(description="The measure that tells it.")
    label: str
    percentile: int = Field(ge=1, le=99)
    classic: ClassicOut | None


class ArchetypeOut(BaseModel):
    """One calling and the shapes that speak for it, the loudest first."""

    id: str = Field(examples=["king"])
    name: str
    hanja: str
    share: int = Field(ge=0, le=100)
    meaning: str
    reasons: list[ArchetypeReasonOut]


class HistoricFigureOut(BaseModel):
    """Somebody of history whose callings, as records tell them, overlap with the face's: no likeness of faces."""

    id: str
    name: str
    hanja: str
    years: str
    overlap: int = Field(ge=0, le=100, description="Of the hundred shares, how many both have in common.")
    mix: dict[str, int]
    text: str
    records: list[str] = Field(description="The records that this rests on.")


class ArchetypesOut(BaseModel):
    """The callings king, scholar, general, merchant and artist, from measured shapes alone; nobody is recognised."""

    top: str
    summary: str
    shares: dict[str, int] = Field(description="Whole numbers that sum to 100.")
    callings: list[ArchetypeOut] = Field(description="From the strongest on.")
    figures: list[HistoricFigureOut]
    note: str
