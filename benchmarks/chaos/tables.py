"""Rows of every table of a database as plain data, and the objects of the file store."""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
from obstore.store import S3Store
from tests.support.s3_server import BUCKET, REGION, S3Server

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]


async def read_tables(url: str) -> Tables:
    """Return the rows of all tables, those of the job engine with the prefix `dbos.`."""
    if url.startswith("postgresql"):
        return await _read_server(url)
    file = Path(url.removeprefix("sqlite:///"))
    main = await asyncio.to_thread(_read_file, file, "")
    return main | await asyncio.to_thread(_read_file, file.with_name(f"{file.stem}.jobs{file.suffix}"), "dbos.")


def list_objects(s3: S3Server | None, folder: Path) -> set[str]:
    """Return the keys of all objects."""
    if s3 is None:
        return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    store = S3Store(
        config={
            "bucket": BUCKET,
            "region": REGION,
            "endpoint": s3.endpoint,
            "access_key_id": s3.access_key_id,
            "secret_access_key": s3.secret_access_key,
        },
        client_options={"allow_http": True},
    )
    return {entry["path"] for chunk in store.list() for entry in chunk}


def plain(value: object) -> str:
    """Return a value as text in which ids have one spelling."""
    return str(value).replace("-", "")


async def _read_server(url: str) -> dict[str, list[Row]]:
    connection = await asyncpg.connect(url, timeout=30)
    try:
        names = await connection.fetch(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' "
            "AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        )
        return {
            name if schema == "public" else f"{schema}.{name}": [
                dict(row)
                for row in await connection.fetch(f'SELECT * FROM "{schema}"."{name}"')  # noqa: S608 - names of the server
            ]
            for schema, name in names
        }
    finally:
        await connection.close()


def _read_file(file: Path, prefix: str) -> dict[str, list[Row]]:
    if not file.exists():
        return {}
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)) as connection:
        connection.row_factory = sqlite3.Row
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            prefix + name: [dict(row) for row in connection.execute(f'SELECT * FROM "{name}"')]  # noqa: S608 - its names
            for name in names
        }
