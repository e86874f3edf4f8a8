"""The shape of tables: the migrated one is compared with that of the code, and that of a release with the next."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Inspector, MetaData, inspect

from gwansang.db.session import Database
from gwansang.models import Base


@dataclass(frozen=True)
class ColumnShape:
    type: str
    nullable: bool
    has_default: bool = False


@dataclass(frozen=True)
class RuleShape:
    """A key, constraint or unique index; `columns` are its own ones, none for a check."""

    text: str
    columns: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TableShape:
    columns: dict[str, ColumnShape]
    rules: frozenset[RuleShape] = frozenset()
    indexes: frozenset[str] = frozenset()


Shape = dict[str, TableShape]


async def shape_of(database: Database) -> Shape:
    """Return the shape of every table but alembic's."""
    async with database.session("read") as session:
        return await (await session.connection()).run_sync(_read)


async def create_tables_of_the_code(database: Database) -> None:
    """Create the tables without a migration; partial indexes have the conditions that the models give to SQLite."""
    metadata = MetaData(naming_convention=Base.metadata.naming_convention)
    for table in Base.metadata.tables.values():
        table.to_metadata(metadata)
    for table in metadata.tables.values():
        for index in table.indexes:
            index.dialect_options["postgresql"]["where"] = index.dialect_options["sqlite"]["where"]
    async with database.engine("write").begin() as connection:
        await connection.run_sync(metadata.create_all)


def differences(one: Shape, other: Shape) -> list[str]:
    """Return the tables that differ, with what only one of the two has."""
    found = [f"table {name}" for name in sorted(one.keys() ^ other.keys())]
    for name in sorted(one.keys() & other.keys()):
        mine, theirs = one[name], other[name]
        found += [f"{name}.{column}" for column, _ in sorted(mine.columns.items() ^ theirs.columns.items(), key=str)]
        found += [f"{name}: {rule.text}" for rule in sorted(mine.rules ^ theirs.rules, key=str)]
        found += [f"{name}: {index}" for index in sorted(mine.indexes ^ theirs.indexes)]
    return found


def needs_new_code(before: Shape, after: Shape) -> list[str]:
    """Return what code of the schema before can't use: columns that are gone, of another type or that must be given,
    and new rules for what it writes."""
    problems = []
    for table, old in before.items():
        new = after.get(table, TableShape({}))
        problems += [f"{table}.{column} is gone" for column in old.columns.keys() - new.columns.keys()]
        for column, state in new.columns.items():
            was = old.columns.get(column)
            was_optional = was is None or was.nullable or was.has_default
            if was_optional and not state.nullable and not state.has_default:
                problems.append(f"{table}.{column} must be given")
            if was is not None and was.type != state.type:
                problems.append(f"{table}.{column} is of another type")
        known = [rule for rule in new.rules - old.rules if not rule.columns or rule.columns & old.columns.keys()]
        problems += [f"{table} has a new rule: {rule.text}" for rule in sorted(known, key=str)]
    return problems


def _read(connection: Connection) -> Shape:
    inspector = inspect(connection)
    names = [name for name in inspector.get_table_names() if name != "alembic_version"]
    return {
        name: TableShape(_columns(inspector, name), _rules(inspector, name), _others(inspector, name)) for name in names
    }


def _columns(inspector: Inspector, table: str) -> dict[str, ColumnShape]:
    return {
        column["name"]: ColumnShape(str(column["type"]), bool(column["nullable"]), column.get("default") is not None)
        for column in inspector.get_columns(table)
    }


def _rules(inspector: Inspector, table: str) -> frozenset[RuleShape]:
    primary: Any = inspector.get_pk_constraint(table)
    rules = [_rule("primary key", primary["name"], primary["constrained_columns"])]
    rules += [_rule("unique", one["name"], one["column_names"]) for one in inspector.get_unique_constraints(table)]
    rules += [RuleShape(f"check {one['name']}: {one['sqltext']}") for one in inspector.get_check_constraints(table)]
    for key in inspector.get_foreign_keys(table):
        target = f"{key['referred_table']}{key['referred_columns']} {key.get('options')}"
        rules.append(_rule("foreign key", key["name"], key["constrained_columns"], target))
    rules += [
        _rule("unique index", index["name"], index["column_names"], _condition(index))
        for index in inspector.get_indexes(table)
        if index["unique"] and "duplicates_constraint" not in index
    ]
    return frozenset(rules)


def _others(inspector: Inspector, table: str) -> frozenset[str]:
    indexes = [index for index in inspector.get_indexes(table) if not index["unique"]]
    return frozenset(f"index {index['name']} {index['column_names']} {_condition(index)}" for index in indexes)


def _rule(kind: str, name: str | None, columns: list[Any], more: str = "") -> RuleShape:
    return RuleShape(f"{kind} {name} {columns} {more}".strip(), frozenset(columns))


def _condition(index: Any) -> str:  # noqa: ANN401 - what SQLAlchemy returns
    conditions = [str(value) for name, value in index["dialect_options"].items() if name.endswith("_where")]
    return f"where {conditions[0].strip('()')}" if conditions else ""
