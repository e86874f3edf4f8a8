"""What the service needs around it, for the doctor: whether database, file store and Redis do their work."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from redis.asyncio import Redis
from redis.exceptions import RedisError

from gwansang.cli.findings import Finding, Verdict
from gwansang.config import Settings
from gwansang.container import open_accounts, open_store
from gwansang.core.clock import utc_now
from gwansang.core.exceptions import AppError
from gwansang.core.file_links import FileLinks
from gwansang.db.init_db import REVISION
from gwansang.db.migrate import current_revision
from gwansang.db.session import Database
from gwansang.services.operations.storage_probe import StorageProbe

_PATIENCE_S = 5.0


def surroundings(settings: Settings) -> Iterator[Finding]:
    """Looks at each; nothing is made that is not there yet."""
    database = _database(settings.database_url.get_secret_value())
    yield database
    if database.verdict is Verdict.GOOD:
        yield asyncio.run(_keys(settings))
    yield _storage(settings)
    if settings.redis_url is not None:
        yield asyncio.run(_redis(settings.redis_url.get_secret_value()))


def _database(url: str) -> Finding:
    try:
        database = Database(url)
        if database.embedded and not Path(database.url.database or "").exists():
            return Finding(Verdict.NOTE, "the database is not there yet", "the first start makes it")
        found = asyncio.run(_revision(database))
    except AppError as error:
        return Finding(Verdict.MISSING, error.message, "check DATABASE_URL")
    kind = "SQLite" if database.embedded else "PostgreSQL"
    if found != REVISION:
        advice = "the next start brings it up to date" if database.embedded else "run `gwansang db upgrade`"
        return Finding(Verdict.NOTE, f"{kind} has version {found or 'none'} of the tables, not {REVISION}", advice)
    return Finding(Verdict.GOOD, f"{kind} answers, with version {REVISION} of the tables")


async def _revision(database: Database) -> str | None:
    try:
        return await current_revision(database)
    finally:
        await database.close()


async def _keys(settings: Settings) -> Finding:
    async with open_accounts(settings) as accounts:
        found = await accounts.key_rotation.usage()
    wrong = (*found.missing, *found.broken)
    if wrong:
        what = f"ENCRYPTION_KEYS lacks the right key for {', '.join(wrong)}: what it sealed can't be opened"
        return Finding(Verdict.MISSING, what, "put the key back, beside the one that is first")
    waiting = sum(users for name, users in found.users.items() if name != found.primary)
    if waiting:
        what = f"{waiting} user keys are wrapped by an older master key"
        return Finding(Verdict.NOTE, what, "run `gwansang privacy rotate-keys`")
    return Finding(Verdict.GOOD, "the keys of all users can be opened")


def _storage(settings: Settings) -> Finding:
    where = f"bucket {settings.s3_bucket}" if settings.s3_bucket else f"folder {settings.storage_folder}"
    if settings.s3_bucket is None and not settings.storage_folder.exists():
        return Finding(Verdict.NOTE, f"the {where} is not there yet", "the first start makes it")
    links = FileLinks(settings.secret_key.get_secret_value(), clock=utc_now)
    try:
        asyncio.run(StorageProbe(open_store(settings, links, utc_now), new_id=uuid4).check())
    except AppError:
        return Finding(Verdict.MISSING, f"the {where} does not keep files", "check STORAGE_FOLDER or the S3_ settings")
    return Finding(Verdict.GOOD, f"the {where} keeps files, gives them back and deletes them")


async def _redis(url: str) -> Finding:
    client = Redis.from_url(url, socket_connect_timeout=_PATIENCE_S, socket_timeout=_PATIENCE_S)
    try:
        await client.ping()
    except (RedisError, OSError) as error:
        return Finding(Verdict.MISSING, f"Redis does not answer ({type(error).__name__})", "check REDIS_URL")
    finally:
        await client.aclose()
    return Finding(Verdict.GOOD, "Redis answers")
