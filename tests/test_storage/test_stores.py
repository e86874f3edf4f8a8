"""The contract of both stores."""

import asyncio
from datetime import UTC
from uuid import uuid4

import pytest

from gwansang.storage.base import ObjectNotFoundError, ObjectStore, content_type

pytestmark = pytest.mark.anyio


def new_prefix() -> str:
    """Return a prefix that no other test uses."""
    return f"jobs/{uuid4()}/"


async def listed(store: ObjectStore, prefix: str) -> dict[str, int]:
    return {found.key: found.size_bytes async for found in store.list(prefix)}


async def test_an_object_can_be_written_read_replaced_and_deleted_twice(store: ObjectStore) -> None:
    key = new_prefix() + "0"
    await store.put(key, b"first")
    await store.put(key, b"")
    assert await store.get(key) == b""
    await store.put(key, b"second \x00\xff")
    assert await store.get(key) == b"second \x00\xff"
    await store.delete(key)
    await store.delete(key)
    with pytest.raises(ObjectNotFoundError):
        await store.get(key)


async def test_a_listing_has_keys_sizes_and_times_of_the_prefix_only(store: ObjectStore) -> None:
    prefix = new_prefix()
    for index in range(3):
        await store.put(f"{prefix}{index}", b"x" * index)
    await store.put(prefix.rstrip("/") + "0/other", b"not below it")
    assert await listed(store, prefix) == {f"{prefix}{index}": index for index in range(3)}
    assert {found.modified_at.tzinfo async for found in store.list(prefix)} == {UTC}
    assert await listed(store, new_prefix()) == {}


async def test_deleting_a_prefix_deletes_everything_below_it_and_nothing_else(store: ObjectStore) -> None:
    prefix = new_prefix()
    beside = prefix.rstrip("/") + "0/0"
    for key in (f"{prefix}0", f"{prefix}deep/er/1.jpg", beside):
        await store.put(key, b"data")
    assert await store.delete_prefix(prefix) == 2
    assert await store.delete_prefix(prefix) == 0
    assert await listed(store, prefix) == {}
    assert await store.get(beside) == b"data"


async def test_fifty_megabytes_are_stored_unchanged(store: ObjectStore) -> None:
    key, video = new_prefix() + "0", bytes(range(256)) * 204_800
    await store.put(key, video)
    assert await store.get(key) == video
    await store.delete(key)


async def test_concurrent_writers_of_one_key_leave_one_whole_object(store: ObjectStore) -> None:
    prefix = new_prefix()
    written = [bytes([index]) * 100_000 for index in range(12)]
    await asyncio.gather(*(store.put(prefix + "0", data) for data in written))
    assert await store.get(prefix + "0") in written
    assert await listed(store, prefix) == {prefix + "0": 100_000}


HOSTILE = [
    "",
    "alone",
    "/etc/passwd",
    "../secret",
    "photos/../../etc/passwd",
    "photos/..",
    "photos/.hidden",
    "photos//a",
    "photos/a/",
    "photos/a\0.jpg",
    "photos/a\n",
    "photos/a b",
    "photos/A",
    "photos/%2e%2e/a",
    "photos/․․/a",
    "photos/‥/a",
    "photos/../a",
    "photos/а.jpg",
    "C:\\photos\\a",
    "photos\\a",
    "photos/con",
    "photos/nul.jpg",
    "photos/com1/a",
    "photos/" + "a" * 4096,
    "photos/" + "a/" * 100 + "a",
    ".unfinished/a",
    "s3://bucket/a",
]


@pytest.mark.parametrize("key", HOSTILE)
async def test_a_malformed_key_is_rejected(store: ObjectStore, key: str) -> None:
    for call in (store.get(key), store.put(key, b""), store.delete(key), store.link(key, 60)):
        with pytest.raises(ValueError, match="not a key"):
            await call


@pytest.mark.parametrize("prefix", ["", "/", "photos", "../", "photos/../", "photos//", "photos/․․/", "con/"])
async def test_a_malformed_prefix_is_rejected(store: ObjectStore, prefix: str) -> None:
    with pytest.raises(ValueError, match="not a prefix"):
        await store.delete_prefix(prefix)
    with pytest.raises(ValueError, match="not a prefix"):
        await listed(store, prefix)


def test_the_extension_of_a_key_gives_the_content_type() -> None:
    assert content_type("photos/7f/7f3a.jpg") == "image/jpeg"
    assert content_type("jobs/7f3a/0") == "application/octet-stream"
