"""What all repositories share."""

from collections.abc import Mapping
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

M = TypeVar("M", bound=Base)


class Repository(Generic[M]):
    """The rows of one table, within one transaction; `clashes` says which error a broken constraint is."""

    model: type[M]
    clashes: ClassVar[Mapping[str, tuple[type[Conflict], str]]] = {}

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, row: M) -> M:
        """The row, written and with its id; raises the error that belongs to a broken constraint."""
        self._session.add(row)
        await self.flush()
        return row

    async def save(self, row: M) -> M:
        """The changed row, written; raises the error that belongs to a broken constraint."""
        if row not in self._session:
            raise ValueError("this row is of another transaction")
        await self.flush()
        return row

    async def flush(self) -> None:
        """Writes what was changed in rows of this transaction; raises the error that belongs to a broken constraint."""
        try:
            await self._session.flush()
        except IntegrityError as error:
            clash = self.clashes.get(broken_constraint(error) or "")
            if clash is None:
                raise
            kind, message = clash
            raise kind(message) from error

    async def _one(self, query: Select[M]) -> M | None:
        return (await self._session.execute(query)).scalar_one_or_none()

    async def _all(self, query: Select[M]) -> tuple[M, ...]:
        return tuple((await self._session.execute(query)).scalars())

    async def _count(self, *conditions: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(self.model).where(*conditions)
        return (await self._session.execute(query)).scalar_one()

    async def _page(self, query: Select[M], asked: PageRequest, *conditions: ColumnElement[bool]) -> Page[M]:
        """The rows of `query` that meet the conditions, in its order."""
        total = await self._count(*conditions)
        rows = await self._all(query.where(*conditions).limit(asked.size).offset(asked.offset))
        return Page(rows, total, asked.page, asked.size)

    async def _delete(self, *conditions: ColumnElement[bool]) -> int:
        return await self._changed(delete(self.model).where(*conditions))

    async def _changed(self, statement: Executable) -> int:
        """How many rows a statement changed."""
        result = await self._session.execute(statement, execution_options={"synchronize_session": False})
        return result.rowcount if isinstance(result, CursorResult) else 0


def broken_constraint(error: IntegrityError) -> str | None:
    """The name of the constraint: PostgreSQL says it, SQLite says its columns."""
    cause = error.orig.__cause__ if error.orig else None
    named = getattr(cause, "constraint_name", None)
    if isinstance(named, str):
        return named
    told = str(error.orig).partition("UNIQUE constraint failed: ")[2]
    return _by_columns().get(frozenset(told.split(", "))) if told else None


@cache
def _by_columns() -> Mapping[frozenset[str], str]:
    names: dict[frozenset[str], str] = {}
    for table in Base.metadata.tables.values():
        named = [(one.name, one.columns) for one in table.constraints if isinstance(one, UniqueConstraint)]
        named += [(index.name, index.columns) for index in table.indexes if index.unique]
        for name, columns in named:
            names[frozenset(f"{table.name}.{column.name}" for column in columns)] = str(name)
    return names
