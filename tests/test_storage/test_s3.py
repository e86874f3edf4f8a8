"""The store in a bucket: presigned links, and an unreachable server."""

import asyncio
import re
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from gwansang.storage.base import StorageUnavailableError
from gwansang.storage.s3 import S3ObjectStore
from tests.support.fakes import MovingClock
from tests.support.s3_server import S3Server
from tests.test_storage.conftest import bucket_of

pytestmark = pytest.mark.anyio


def answer(url: str, method: str = "GET", **request: object) -> httpx.Response:
    return httpx.request(method, url, trust_env=False, **request)


@pytest.fixture
async def key(bucket: S3ObjectStore) -> str:
    key = f"photos/7f/{uuid4().hex}.jpg"
    await bucket.put(key, b"a photo")
    return key


async def test_a_link_serves_the_object_with_its_type_and_forbids_caching(bucket: S3ObjectStore, key: str) -> None:
    link = await bucket.link(key, 60)
    opened = answer(link.url)
    assert (opened.status_code, opened.content) == (200, b"a photo")
    assert opened.headers["content-type"] == "image/jpeg"
    assert opened.headers["content-disposition"] == "attachment"
    assert opened.headers["cache-control"] == "private, no-store"


async def test_the_server_rejects_requests_without_a_signature(bucket: S3ObjectStore, key: str) -> None:
    assert answer((await bucket.link(key, 60)).url.split("?", maxsplit=1)[0]).status_code == 403


async def test_a_link_expires_after_at_most_ten_minutes(bucket: S3ObjectStore, key: str, clock: MovingClock) -> None:
    short, long = await bucket.link(key, 1), await bucket.link(key, 86_400)
    assert long.expires_at == clock.now + timedelta(seconds=600)
    assert "X-Amz-Expires=600" in long.url
    for _ in range(100):
        if answer(short.url).status_code == 403:
            break
        await asyncio.sleep(0.2)
    else:
        pytest.fail("the link did not expire")
    assert answer(long.url).status_code == 200


async def test_a_link_permits_only_reading_its_object(bucket: S3ObjectStore, key: str) -> None:
    other = f"photos/7f/{uuid4().hex}.jpg"
    await bucket.put(other, b"of somebody else")
    url = (await bucket.link(key, 60)).url
    assert answer(url.replace(key, other)).status_code == 403
    assert answer(url, "PUT", content=b"replaced").status_code == 403
    assert answer(url, "DELETE").status_code == 403
    assert answer(re.sub(r"Expires=\d+", "Expires=86400", url)).status_code == 403
    assert await bucket.get(key) == b"a photo"


async def test_a_link_signed_with_another_key_is_rejected(s3: S3Server, key: str, clock: MovingClock) -> None:
    stranger = S3ObjectStore(bucket_of(s3, secret_access_key="guessed"), clock=clock)
    assert answer((await stranger.link(key, 60)).url).status_code == 403


async def test_links_use_the_public_endpoint(s3: S3Server, key: str, clock: MovingClock) -> None:
    outside = s3.endpoint.replace("127.0.0.1", "localhost")
    store = S3ObjectStore(bucket_of(s3, endpoint=s3.endpoint, public_endpoint=outside), clock=clock)
    url = (await store.link(key, 60)).url
    assert url.startswith(outside)
    assert answer(url).status_code == 200


async def test_an_unreachable_server_and_a_rejected_key_raise_storage_unavailable(
    s3: S3Server, clock: MovingClock
) -> None:
    unreachable = S3ObjectStore(bucket_of(s3, endpoint="http://127.0.0.1:9"), clock=clock)
    rejected = S3ObjectStore(bucket_of(s3, secret_access_key="wrong"), clock=clock)
    for store in (unreachable, rejected):
        with pytest.raises(StorageUnavailableError):
            await store.put("photos/7f/0.jpg", b"")
