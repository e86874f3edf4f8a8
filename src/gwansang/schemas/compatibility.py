"""API models of the compatibility of two faces, and of invitations to it."""

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, Strict

from gwansang.schemas.face_input import FaceFields, FaceForm, LocaleName
from gwansang.texts import DEFAULT_LOCALE, LOCALE_CHOICE, Locale

_ID = "0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10"
_AGREES = "Whether the person who is not the caller agrees; without that nothing is read."
InvitationCode = Annotated[str, Strict(), Field(min_length=1, max_length=200, examples=["Xm3kq…"])]


class ComparedFace(FaceFields):
    """A face to compare: a photo or landmarks, or a kept reading of one's own."""

    analysis_id: UUID | None = Field(None, description="A kept reading, instead of all other fields.", examples=[_ID])


class CompatibilityRequest(BaseModel):
    """Two faces to compare; their order changes nothing."""

    model_config = ConfigDict(extra="forbid")

    first: ComparedFace
    second: ComparedFace
    other_agrees: Annotated[bool, Strict()] = Field(False, description=_AGREES, examples=[True])
    locale: LocaleName | None = Field(
        None, description=f"{LOCALE_CHOICE}; anything else falls back.", examples=[DEFAULT_LOCALE]
    )


class PairForm(FaceForm):
    """The form fields beside the photos of two people."""

    other_birth_year: int | None = Field(
        None, description="Of the person on the second photo.", json_schema_extra={"minimum": 1900, "example": 1991}
    )
    other_agrees: bool = Field(False, description=_AGREES)


class RedemptionRequest(ComparedFace):
    """A face to compare with that of the kept reading that the code invites to."""

    code: InvitationCode
    locale: LocaleName | None = Field(
        None, description=f"{LOCALE_CHOICE}; anything else falls back.", examples=[DEFAULT_LOCALE]
    )


class RedemptionForm(FaceForm):
    """The form fields beside the photo of somebody who was invited."""

    code: str = Field(min_length=1, max_length=200)


class CompatibilityParagraphOut(BaseModel):
    """A paragraph, by what it is about."""

    id: Literal["elements", "callings", "energies", "shapes"] = Field(examples=["elements"])
    text: str = Field(examples=["나무는 불을 살립니다. …"])


class CompatibilityOut(BaseModel):
    """What tradition says of two faces together; no grade and nothing of either face alone."""

    title: str = Field(examples=["만날수록 환해지는 나무와 불, 학자와 장군의 만남"])
    bond: Literal["same", "feeding", "shaping"] = Field(
        description="How the two elements relate: alike, one feeds the other (상생), or one shapes the other (상극).",
        examples=["feeding"],
    )
    paragraphs: list[CompatibilityParagraphOut]
    enjoy: str = Field(description="One thing to enjoy together.", examples=["작은 화분 하나를 함께 길러 보세요."])
    mind: str = Field(description="One thing to be gentle about.", examples=["맡긴 일에는 중간 참견을 줄여 주세요."])
    alike: str | None = Field(description="The part that the text calls alike.", examples=["eyes"])
    opposed: str | None = Field(description="The part that the text calls opposed.", examples=["mouth"])
    note: str = Field(
        description="What a match is not; show it with the match.",
        examples=["두 사람 사이에 점수를 매기거나 앞날을 …"],
    )
    disclaimer: str = Field(
        description="The notice to show with the match.",
        examples=["전통 관상을 바탕으로 재미와 쉼을 위해 지은 글입니다. …"],
    )
    locale: Locale = Field(examples=[DEFAULT_LOCALE])
    engine_version: str = Field(examples=["2.0.0"])
    content_version: str = Field(examples=["2026.4"])


class InvitationRequest(BaseModel):
    """A new invitation."""

    model_config = ConfigDict(extra="forbid")

    days: Annotated[int, Strict()] = Field(7, ge=1, le=30, description="Until it expires.", examples=[7])
    uses: Annotated[int, Strict()] = Field(1, ge=1, le=10, description="How often it works.", examples=[1])


class InvitationOut(BaseModel):
    """An invitation as its owner sees it later, without the code."""

    id: UUID = Field(examples=["0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a11"])
    analysis_id: UUID = Field(description="The kept reading that it is about.", examples=[_ID])
    uses_left: int = Field(examples=[1])
    created_at: dt.datetime = Field(examples=["2026-11-23T03:00:00Z"])
    expires_at: dt.datetime = Field(examples=["2026-11-30T03:00:00Z"])


class NewInvitationOut(InvitationOut):
    """A new invitation; no later answer shows its code."""

    code: str = Field(description="To be given to the person who is invited.", examples=["Xm3kq…"])
    url: str = Field(
        description="The page that redeems the code; what follows `#` reaches no server.",
        examples=["https://example.com/#/match/Xm3kq…"],
    )
    qr_svg: str = Field(
        description="The URL as a QR code, SVG.", examples=['<svg xmlns="http://www.w3.org/2000/svg">…']
    )
