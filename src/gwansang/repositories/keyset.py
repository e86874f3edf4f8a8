"""Keyset pagination: the rows after the last one of the page before, found through the index that orders them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from gwansang.core.paging import decode_cursor, encode_cursor, invalid_cursor
from gwansang.models import Base

_PARSERS: Final[Mapping[type, Callable[[str], object]]] = {
    datetime: datetime.fromisoformat,
    UUID: UUID,
    int: int,
    str: str,
}


@dataclass(frozen=True, slots=True)
class Order:
    """A column that a list is ordered by."""

    column: InstrumentedAttribute[Any]
    descending: bool = False

    @property
    def clause(self) -> ColumnElement[Any]:
        """The column as a part of ORDER BY."""
        return self.column.desc() if self.descending else self.column.asc()

    def parse(self, text: str) -> object:
        """Return the value of a cursor for this column; raises InvalidPageError."""
        try:
            value = _PARSERS[self.column.type.python_type](text)
        except (ValueError, OverflowError):
            raise invalid_cursor() from None
        if isinstance(value, datetime) and value.tzinfo is None:
            raise invalid_cursor()
        return value

    def beyond(self, value: object) -> ColumnElement[bool]:
        """Return the condition that a row comes after those with this value."""
        return self.column < value if self.descending else self.column > value


def cursor_of(row: Base, order: Sequence[Order]) -> str:
    """Return the cursor of a row, from the values that order it."""
    values = [getattr(row, each.column.key) for each in order]
    return encode_cursor([value.isoformat() if isinstance(value, datetime) else str(value) for value in values])


def rows_after(cursor: str, order: Sequence[Order]) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that a row comes after the one of a cursor; raises InvalidPageError.

    The first one follows from the second; it is a single comparison, with which an index begins at the row.
    """
    texts = decode_cursor(cursor, len(order))
    values = [each.parse(text) for each, text in zip(order, texts, strict=True)]
    first = order[0]
    yield first.column <= values[0] if first.descending else first.column >= values[0]
    yield or_(
        *(
            and_(
                *(before.column == value for before, value in zip(order[:index], values, strict=False)),
                each.beyond(values[index]),
            )
            for index, each in enumerate(order)
        )
    )
