"""The bucket: links that the server itself checks, and a server that is away."""

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


async def test_a_link_opens_one_object_with_its_type_and_no_place_in_caches(bucket: S3ObjectStore, key: str) -> None:
    link = await bucket.link(key, 60)
    opened = answer(link.url)
    assert (opened.status_code, opened.content) == (200, b"a photo")
    assert opened.headers["content-type"] == "image/jpeg"
    assert opened.headers["content-disposition"] == "attachment"
    assert opened.headers["cache-control"] == "private, no-store"


async def test_without_a_link_the_server_opens_nothing(bucket: S3ObjectStore, key: str) -> None:
    assert answer((await bucket.link(key, 60)).url.split("?", maxsplit=1)[0]).status_code == 403


async def test_a_link_ends_and_lasts_no_longer_than_ten_minutes(
    bucket: S3ObjectStore, key: str, clock: MovingClock
) -> None:
    short, long = await bucket.link(key, 1), await bucket.link(key, 86_400)
    assert long.expires_at == clock.now + timedelta(seconds=600)
    assert "X-Amz-Expires=600" in long.url
    await asyncio.sleep(2.1)
    assert answer(short.url).status_code == 403
    assert answer(long.url).status_code == 200


async def test_a_link_for_reading_one_object_is_good_for_nothing_else(bucket: S3ObjectStore, key: str) -> None:
    other = f"photos/7f/{uuid4().hex}.jpg"
    await bucket.put(other, b"of somebody else")
    url = (await bucket.link(key, 60)).url
    assert answer(url.replace(key, other)).status_code == 403
    assert answer(url, "PUT", content=b"replaced").status_code == 403
    assert answer(url, "DELETE").status_code == 403
    assert answer(re.sub(r"Expires=\d+", "Expires=86400", url)).status_code == 403
    assert await bucket.get(key) == b"a photo"


async def test_a_link_signed_with_another_key_is_refused(s3: S3Server, key: str, clock: MovingClock) -> None:
    stranger = S3ObjectStore(bucket_of(s3, secret_access_key="guessed"), clock=clock)
    assert answer((await stranger.link(key, 60)).url).status_code == 403


async def test_links_name_the_address_under_which_others_reach_the_server(
    s3: S3Server, key: str, clock: MovingClock
) -> None:
    outside = s3.endpoint.replace("127.0.0.1", "localhost")
    store = S3ObjectStore(bucket_of(s3, endpoint=s3.endpoint, public_endpoint=outside), clock=clock)
    url = (await store.link(key, 60)).url
    assert url.startswith(outside)
    assert answer(url).status_code == 200


async def test_a_server_that_is_away_or_refuses_our_key_is_unavailable(s3: S3Server, clock: MovingClock) -> None:
    away = S3ObjectStore(bucket_of(s3, endpoint="http://127.0.0.1:9"), clock=clock)
    refused = S3ObjectStore(bucket_of(s3, secret_access_key="wrong"), clock=clock)
    for store in (away, refused):
        with pytest.raises(StorageUnavailableError):
            await store.put("photos/7f/0.jpg", b"")
