"""Readings of users, counted by month."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base


class MonthlyUsage(Base):
    """The readings of a user in a month, such as "2026-11", of the service's time zone; one column for each kind, so
    that one statement can count and hold the sum of all to a limit."""

    __tablename__ = "monthly_usage"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    face: Mapped[int]
    batch: Mapped[int]
    video: Mapped[int]
    compatibility: Mapped[int]
    lookalike: Mapped[int]
