"""Base class of the repositories, and the mapping of violated constraints to errors."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import ClassVar, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, UniqueConstraint, delete, func, select
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import Executable

from gwansang.core.exceptions import Conflict
from gwansang.core.paging import Page, PageRequest
from gwansang.models import Base
from gwansang.repositories.keyset import Order, cursor_of, rows_after

M = TypeVar("M", bound=Base)
T = TypeVar("T")


class Repository(Generic[M]):
    """The rows of one table within one transaction; `conflicts` maps a unique constraint's name to its error."""

    model: type[M]
    conflicts: ClassVar[Mapping[str, tuple[type[Conflict], str]]] = {}

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, row: M) -> M:
        """Insert a row and return it with its id; raises the error mapped to a violated constraint."""
        self._session.add(row)
        await self.flush()
        return row

    async def save(self, row: M) -> M:
        """Write a changed row; raises the error mapped to a violated constraint."""
        if row not in self._session:
            raise ValueError("this row is of another transaction")
        await self.flush()
        return row

    async def flush(self) -> None:
        """Write all changed rows of this transaction; raises the error mapped to a violated constraint."""
        try:
            await self._session.flush()
        except IntegrityError as error:
            conflict = self.conflicts.get(violated_constraint(error) or "")
            if conflict is None:
                raise
            kind, message = conflict
            raise kind(message) from error

    async def _one(self, query: Select[T]) -> T | None:
        return (await self._session.execute(query)).scalar_one_or_none()

    async def _all(self, query: Select[T]) -> tuple[T, ...]:
        return tuple((await self._session.execute(query)).scalars())

    async def _count(self, *conditions: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(self.model).where(*conditions)
        return (await self._session.execute(query)).scalar_one()

    async def _page(self, request: PageRequest, order: Sequence[Order], *conditions: ColumnElement[bool]) -> Page[M]:
        """Return one page of the rows that meet the conditions, ordered by columns that together are unique."""
        query = select(self.model).where(*conditions).order_by(*(each.clause for each in order))
        if request.after is None:
            total, query = await self._count(*conditions), query.offset(request.offset)
        else:
            total, query = None, query.where(*rows_after(request.after, order))
        rows = await self._all(query.limit(request.size + 1))
        more = len(rows) > request.size
        cursor = cursor_of(rows[request.size - 1], order) if more else None
        return Page(rows[: request.size], total, request.page, request.size, cursor)

    async def _delete(self, *conditions: ColumnElement[bool]) -> int:
        return await self._execute(delete(self.model).where(*conditions))

    async def _execute(self, statement: Executable) -> int:
        """Execute an UPDATE or DELETE and return the number of rows it matched."""
        result = await self._session.execute(statement, execution_options={"synchronize_session": False})
        return result.rowcount if isinstance(result, CursorResult) else 0


def violated_constraint(error: IntegrityError) -> str | None:
    """Return the constraint's name: PostgreSQL reports it, SQLite reports the columns."""
    cause = error.orig.__cause__ if error.orig else None
    name = getattr(cause, "constraint_name", None)
    if isinstance(name, str):
        return name
    columns = str(error.orig).partition("UNIQUE constraint failed: ")[2]
    return _unique_constraints().get(frozenset(columns.split(", "))) if columns else None


@cache
def _unique_constraints() -> Mapping[frozenset[str], str]:
    """Return the names of all unique constraints and indexes by their columns."""
    names: dict[frozenset[str], str] = {}
    for table in Base.metadata.tables.values():
        unique = [
            (constraint.name, constraint.columns)
            for constraint in table.constraints
            if isinstance(constraint, UniqueConstraint)
        ]
        unique += [(index.name, index.columns) for index in table.indexes if index.unique]
        for name, columns in unique:
            names[frozenset(f"{table.name}.{column.name}" for column in columns)] = str(name)
    return names
