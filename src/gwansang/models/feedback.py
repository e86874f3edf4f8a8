"""What users say of parts of their kept readings, and how often, without the users."""

from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base

_PART, _SHAPE, _VERSION = 20, 30, 20


class FeedbackAnswer(Base):
    """Whether a part of a stored analysis fits, by its owner; kept so that a changed answer moves the count.

    content_version: of the texts that were answered, and so of the count. The shape is in the sealed reading only.
    """

    __tablename__ = "feedback_answers"

    analysis_id: Mapped[UUID] = mapped_column(ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True)
    part: Mapped[str] = mapped_column(String(_PART), primary_key=True)
    fits: Mapped[bool]
    content_version: Mapped[str] = mapped_column(String(_VERSION))


class FeedbackCount(Base):
    """How often a shape of a part was said to fit, and not to fit, in one version of the texts; of nobody."""

    __tablename__ = "feedback_counts"

    part: Mapped[str] = mapped_column(String(_PART), primary_key=True)
    shape_id: Mapped[str] = mapped_column(String(_SHAPE), primary_key=True)
    content_version: Mapped[str] = mapped_column(String(_VERSION), primary_key=True)
    fits: Mapped[int]
    fits_not: Mapped[int]
