"""Base class of the tables: constraint names, and column types that several tables share."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeVar

from sqlalchemy import DateTime, Dialect, ForeignKey, Index, MetaData, String, text
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from _typeshed import DataclassInstance  # exists for type checkers only

T = TypeVar("T", bound="DataclassInstance")
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """Aware times in UTC on every database; SQLite, which has no zones, stores them without."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """The type of its values."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Raise ValueError for a time without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone can't be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware time in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar = {datetime: UtcDateTime}


OwnerId = Annotated[int, mapped_column(ForeignKey("users.id", ondelete="CASCADE"))]  # deleting a user deletes the row
Sha256Hex = Annotated[str, mapped_column(String(64))]


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Return an index of the rows that meet a condition. The migrations create it; here it is for comparison.

    `postgresql_where` is not set: it would import the dialects of five PostgreSQL drivers, 3 % of the start.
    """
    return Index(name, *columns, unique=unique, sqlite_where=text(where))


def from_row(kind: type[T], row: Base, **values: object) -> T:
    """Return a dataclass filled with the row's attributes of the same names, except for the given values."""
    names = [field.name for field in fields(kind) if field.name not in values]
    return kind(**{name: getattr(row, name) for name in names}, **values)
