"""API models of the gallery and of the look-alike match. No embedding has a place in it."""

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, Strict

from gwansang.texts import DEFAULT_LOCALE, Locale

Text = Annotated[str, Strict()]
Similarity = Annotated[int, Field(ge=1, le=99, examples=[87])]
_REGIONS = {"eyes": 91, "brows": 64, "nose": 88, "mouth": 72, "outline": 79}
_WORDS = "저희가 모아 둔 어떤 인물과 견주어도, 이만큼 닮은 사람은 다른 100명 가운데 2명쯤이에요."
_PERSON = {"id": 7, "name": "홍길동", "name_ko": "홍길동", "name_en": "Hong Gildong", "category": "actor"}
RegionName = Literal["eyes", "brows", "nose", "mouth", "outline"]


class CelebrityRequest(BaseModel):
    """A new person of the gallery."""

    model_config = ConfigDict(extra="forbid")

    name_ko: Text = Field(min_length=1, max_length=100, examples=["홍길동"])
    name_en: Text = Field(min_length=1, max_length=100, examples=["Hong Gildong"])
    category: Text = Field(min_length=1, max_length=40, examples=["actor"])
    note: Text = Field("", max_length=500, description="Shown to everybody.", examples=["singer of the band Example"])


class CelebrityChange(BaseModel):
    """Changes to a person of the gallery; fields that are left out stay."""

    model_config = ConfigDict(extra="forbid")

    name_ko: Text | None = Field(None, min_length=1, max_length=100, examples=["홍길동"])
    name_en: Text | None = Field(None, min_length=1, max_length=100, examples=["Hong Gildong"])
    category: Text | None = Field(None, min_length=1, max_length=40, examples=["actor"])
    note: Text | None = Field(None, max_length=500, examples=["singer of the band Example"])


class CelebrityPhotoForm(BaseModel):
    """The form fields beside a picture for the gallery."""

    model_config = ConfigDict(extra="forbid")

    celebrity_id: int = Field(ge=1, le=2**31 - 1, json_schema_extra={"example": 7})
    source: str = Field("", max_length=500)
    licence: str = Field("", max_length=100)
    attribution: str = Field("", max_length=500)


class CelebrityOut(BaseModel):
    """A person of the gallery."""

    id: int = Field(examples=[7])
    name_ko: str = Field(examples=["홍길동"])
    name_en: str = Field(examples=["Hong Gildong"])
    category: str = Field(examples=["actor"])
    note: str = Field(examples=[""])
    photos: int = Field(description="Number of pictures.", examples=[3])
    usable: int = Field(
        description="Number of pictures with an embedding of this release's network; only these are searched.",
        examples=[3],
    )
    created_at: dt.datetime = Field(examples=["2026-11-23T03:00:00Z"])
    updated_at: dt.datetime = Field(examples=["2026-11-23T03:00:00Z"])


class CelebrityPhotoOut(BaseModel):
    """Data of a picture; the picture itself is not kept."""

    id: UUID = Field(examples=["0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10"])
    source: str = Field(examples=["https://example.com/press/7"])
    licence: str = Field(examples=["CC-BY 4.0"])
    attribution: str = Field(examples=["Example Studio"])
    quality: float = Field(ge=0, le=1, examples=[0.86])
    current: bool = Field(description="Whether it has an embedding of this release's network.", examples=[True])
    created_at: dt.datetime = Field(examples=["2026-11-23T03:00:00Z"])


class CelebrityDetail(CelebrityOut):
    """A person of the gallery with the sources of their pictures."""

    pictures: list[CelebrityPhotoOut]


class PersonOut(BaseModel):
    """A person of the gallery who resembles the caller."""

    id: int = Field(examples=[7])
    name: str = Field(description="In the language of the answer.", examples=["홍길동"])
    name_ko: str = Field(examples=["홍길동"])
    name_en: str = Field(examples=["Hong Gildong"])
    category: str = Field(examples=["actor"])


class RegionSimilarities(BaseModel):
    """Percentile of each region's likeness among pairs of people in the gallery; from measured shapes. 50 if it is
    covered on one of the two faces."""

    eyes: Similarity
    brows: Similarity
    nose: Similarity
    mouth: Similarity
    outline: Similarity


class MatchOut(PersonOut):
    """A match for the whole face."""

    rank: int = Field(ge=1, examples=[1])
    percentile: float = Field(
        ge=0, le=100, description="Share of pairs of people in the gallery who are less alike, in %.", examples=[98.4]
    )
    words: str = Field(
        description="How rare the likeness is among the people of the gallery, to be shown; without a number if they "
        "are fewer than 20.",
        examples=[_WORDS],
    )
    similarity: RegionSimilarities


class RegionMatchOut(PersonOut):
    """The best match for one region."""

    similarity: Similarity


class LookalikeOut(BaseModel):
    """Matches for the whole face, the nearest first, and for each region."""

    gallery_version: int = Field(description="Grows with every change of the gallery.", examples=[12])
    gallery_size: int = Field(description="Number of people who were compared.", examples=[240])
    matches: list[MatchOut] = Field(
        examples=[[{**_PERSON, "rank": 1, "percentile": 98.4, "words": _WORDS, "similarity": _REGIONS}]]
    )
    regions: dict[RegionName, RegionMatchOut] = Field(
        description="Empty if the gallery is; without regions that are covered.",
        examples=[{"eyes": {**_PERSON, "similarity": 97}}],
    )
    notice: str | None = Field(
        description="The reason if there is no match, or a caution if part of the face is covered.", examples=[None]
    )
    card: str | None = Field(
        description="With `card=true`, unless the gallery is empty: a card to share as SVG, with names on a drawn "
        "face; no photo in it.",
        examples=['<svg xmlns="http://www.w3.org/2000/svg">…</svg>'],
    )
    disclaimer: str = Field(examples=["재미로 보는 AI의 결과예요."])
    locale: Locale = Field(examples=[DEFAULT_LOCALE])
