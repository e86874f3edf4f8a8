"""API models of the five callings of a face."""

from pydantic import BaseModel, Field

from gwansang.schemas.numbers import Rounded


class ClassicOut(BaseModel):
    """The classical text that a rule is based on."""

    quote: str
    source: str
    sound: str = Field("", description="How it is read; empty, as the rest, in readings of older releases.")
    meaning: str = Field("")
    book: str = Field("", description="The source in the language of the reading.")
    chapter: str = Field("", description="Empty if the chapter is not known.")


class ArchetypeReasonOut(BaseModel):
    """A measured shape that supports an archetype; `parts_analysis` has all measures of the part."""

    part: str
    name: str
    hanja: str
    shape_id: str
    shape: str
    probability: Rounded
    meaning: str
    measure: str = Field(description="The measure that decides the shape.")
    label: str
    percentile: int = Field(ge=1, le=99)
    classic: ClassicOut | None


class ArchetypeOut(BaseModel):
    """One archetype and the shapes that support it, the strongest first."""

    id: str = Field(examples=["king"])
    name: str
    hanja: str
    share: int = Field(ge=0, le=100)
    meaning: str
    reasons: list[ArchetypeReasonOut]


class HistoricFigureOut(BaseModel):
    """A historical figure whose archetypes, by the records, overlap with those of the face; faces are not compared."""

    id: str
    name: str
    hanja: str
    years: str
    overlap: int = Field(
        ge=0,
        le=100,
        description="Common part of the hundred shares: how near two mixtures of virtues are, no likelihood. "
        "Not for display; the order of the figures follows it.",
        json_schema_extra={"deprecated": True},
    )
    mix: dict[str, int] = Field(description="Shares of the callings, by our reading of the records; not for display.")
    text: str
    records: list[str] = Field(description="Sources of the shares.")


class ArchetypesOut(BaseModel):
    """The callings king, scholar, general, merchant and artist, from measured shapes alone; nobody is recognised."""

    top: str
    summary: str
    shares: dict[str, int] = Field(description="Whole numbers that sum to 100.")
    callings: list[ArchetypeOut] = Field(description="From the strongest on.")
    figures: list[HistoricFigureOut]
    note: str
