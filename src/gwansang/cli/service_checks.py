"""Checks of the doctor that use the services: database, encryption keys, file store, mail, Redis."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from redis.asyncio import Redis
from redis.exceptions import RedisError

from gwansang.cli.doctor_checks import CheckResult, Verdict
from gwansang.config import Settings
from gwansang.container import open_accounts, open_store
from gwansang.core.clock import utc_now
from gwansang.core.exceptions import AppError
from gwansang.core.file_links import FileLinks
from gwansang.db.schema import REVISION, Schema, SchemaFit, read_schema
from gwansang.db.session import Database
from gwansang.services.operations.storage_probe import StorageProbe

_TIMEOUT_S = 5.0


def check_services(settings: Settings, wrong: frozenset[str]) -> Iterator[CheckResult]:
    """Check each service whose settings are not among the wrong ones; creates no database and no folder."""
    database = _check_database(settings.database_url.get_secret_value())
    yield database
    if database.verdict is Verdict.GOOD and not wrong & {"secret_key", "encryption_keys"}:
        yield asyncio.run(_check_keys(settings))
    if not any(name.startswith("s3_") for name in wrong):
        yield _check_storage(settings)
    yield _check_mail(settings)
    if settings.redis_url is not None:
        yield asyncio.run(_check_redis(settings.redis_url.get_secret_value()))


def _check_database(url: str) -> CheckResult:
    try:
        database = Database(url)
        if database.embedded and not Path(database.url.database or "").exists():
            return CheckResult(Verdict.NOTE, "the database is not there yet", "the first start makes it")
        schema = asyncio.run(_read_schema(database))
    except AppError as error:
        return CheckResult(Verdict.MISSING, error.message, "check DATABASE_URL")
    kind = "SQLite" if database.embedded else "PostgreSQL"
    if schema.fit is SchemaFit.OLDER and database.embedded:
        found = f"{kind} has version {schema.found or 'none'} of the tables, not {REVISION}"
        return CheckResult(Verdict.NOTE, found, "the next start brings it up to date")
    if schema.fit in (SchemaFit.OLDER, SchemaFit.NEWER_UNUSABLE):
        return CheckResult(Verdict.WRONG, schema.advice)  # the service does not start, and says the same
    newer = " of a newer release, which this one can use" if schema.fit is SchemaFit.NEWER_USABLE else ""
    return CheckResult(Verdict.GOOD, f"{kind} answers, with version {schema.found} of the tables{newer}")


async def _read_schema(database: Database) -> Schema:
    try:
        return await read_schema(database)
    finally:
        await database.close()


async def _check_keys(settings: Settings) -> CheckResult:
    async with open_accounts(settings) as accounts:
        usage = await accounts.key_rotation.usage()
    wrong = (*usage.missing, *usage.broken)
    if wrong:
        text = f"ENCRYPTION_KEYS lacks the right key for {', '.join(wrong)}: what it sealed can't be opened"
        return CheckResult(Verdict.MISSING, text, "put the key back, beside the one that is first")
    waiting, events = (
        sum(number for name, number in counts.items() if name != usage.primary)
        for counts in (usage.users, usage.events)
    )
    if waiting or events:
        text = f"{waiting} user keys and {events} events of erased accounts need an older master key"
        return CheckResult(Verdict.NOTE, text, "run `gwansang privacy rotate-keys`")
    return CheckResult(Verdict.GOOD, "the keys of all users can be opened")


def _check_storage(settings: Settings) -> CheckResult:
    store = f"bucket {settings.s3_bucket}" if settings.s3_bucket else f"folder {settings.storage_folder}"
    if settings.s3_bucket is None and not settings.storage_folder.exists():
        return CheckResult(Verdict.NOTE, f"the {store} is not there yet", "the first start makes it")
    links = FileLinks(settings.secret_key.get_secret_value(), clock=utc_now)
    try:
        asyncio.run(StorageProbe(open_store(settings, links, utc_now), new_id=uuid4).check())
    except AppError:
        return CheckResult(
            Verdict.MISSING, f"the {store} does not keep files", "check STORAGE_FOLDER or the S3_ settings"
        )
    return CheckResult(Verdict.GOOD, f"the {store} keeps files, gives them back and deletes them")


def _check_mail(settings: Settings) -> CheckResult:
    if settings.smtp_host is None:
        text = f"no mail server: mails, with codes that open accounts, are files in {settings.mail_folder.absolute()}"
        return CheckResult(Verdict.NOTE, text, "set SMTP_HOST, so that people get them")
    return CheckResult(Verdict.GOOD, f"mails go to {settings.smtp_host}:{settings.smtp_port}")


async def _check_redis(url: str) -> CheckResult:
    client = Redis.from_url(url, socket_connect_timeout=_TIMEOUT_S, socket_timeout=_TIMEOUT_S)
    try:
        await client.ping()
    except (RedisError, OSError) as error:
        return CheckResult(Verdict.MISSING, f"Redis does not answer ({type(error).__name__})", "check REDIS_URL")
    finally:
        await client.aclose()
    return CheckResult(Verdict.GOOD, "Redis answers")
