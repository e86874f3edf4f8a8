"""An export of many readings is made while it is sent."""

import dataclasses
import io
import json
import tracemalloc
import zipfile
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from gwansang.container import Accounts
from tests.test_services.test_history import make_analysis, user_with_history

pytestmark = pytest.mark.anyio
READINGS = 400


async def with_readings(accounts: Accounts, count: int) -> int:
    user_id, analysis = await user_with_history(accounts), make_analysis()
    copies = [dataclasses.replace(analysis, analysis_id=uuid4()) for _ in range(count)]
    async with accounts.uow.write() as tx:
        await tx.users.get_for_update(user_id)
        await accounts.history.save_all(tx, user_id, copies)
    return user_id


async def peak_bytes(pieces: AsyncIterator[bytes]) -> int:
    """Consume an export and return the most memory that it held at a time."""
    tracemalloc.start()
    try:
        async for _ in pieces:
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def test_the_memory_of_an_export_does_not_grow_with_the_readings(accounts: Accounts) -> None:
    user_id = await with_readings(accounts, READINGS)
    whole = len(json.dumps(await accounts.exports.export(user_id)))
    collected = await accounts.exports.collect(user_id)
    assert collected.export.analyses_count == READINGS
    assert await peak_bytes(accounts.exports.document(collected)) < whole / 2
    assert await peak_bytes(accounts.archives.stream(collected)) < whole / 2


async def test_document_and_archive_hold_every_reading_once_in_the_order_of_the_days(accounts: Accounts) -> None:
    user_id = await with_readings(accounts, 45)
    kept = [make_analysis(minutes=minutes) for minutes in (3, 1, 2)]
    for analysis in kept:
        await accounts.history.save(user_id, analysis)
    collected = await accounts.exports.collect(user_id)
    document = json.loads(b"".join([piece async for piece in accounts.exports.document(collected)]))
    assert len({one["analysis_id"] for one in document["analyses"]}) == document["analyses_count"] == 48
    assert [one["analysis_id"] for one in document["analyses"][-3:]] == [
        str(kept[index].analysis_id) for index in (1, 2, 0)
    ]
    archive = b"".join([piece async for piece in accounts.archives.stream(collected)])
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        assert json.loads(opened.read("export.json")) == document
        assert len([name for name in opened.namelist() if name.startswith("readings/")]) == 48


async def test_an_archive_of_very_many_readings_has_several_in_each_file(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gwansang.services.takeout.export_archive._MAX_FILES", 44)
    user_id = await with_readings(accounts, 45)
    collected = await accounts.exports.collect(user_id)
    archive = b"".join([piece async for piece in accounts.archives.stream(collected)])
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        texts = [opened.read(name).decode() for name in opened.namelist() if name.startswith("readings/")]
    assert len(texts) == 3  # of 20, 20 and 5
    assert sum(text.count("UTC") for text in texts) == 45
