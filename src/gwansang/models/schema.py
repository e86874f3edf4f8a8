"""What the schema says of itself, beside alembic's version: which releases can use it."""

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from gwansang.models.base import Base


class SchemaSupport(Base):
    """One row: the oldest revision whose code can use the schema; migrations that only add leave it as it is."""

    __tablename__ = "schema_support"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    oldest_code: Mapped[str] = mapped_column(String(32))
