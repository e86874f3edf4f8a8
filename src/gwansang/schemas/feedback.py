"""API models of answers to parts of a kept reading."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Answer = Literal["fits", "not"]
PartKey = Annotated[str, Field(max_length=40)]
_EXAMPLES = [{"eyes": "fits", "nose": "not"}]


class FeedbackRequest(BaseModel):
    """Answers to some parts; the answers to others stay."""

    model_config = ConfigDict(extra="forbid")

    answers: dict[PartKey, Answer | None] = Field(
        min_length=1,
        max_length=30,
        description="By the part's key in `parts_analysis`; null takes an answer back.",
        examples=_EXAMPLES,
    )


class FeedbackOut(BaseModel):
    """All answers to a kept reading."""

    answers: dict[str, Answer] = Field(examples=_EXAMPLES)
