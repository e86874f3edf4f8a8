"""Creation of the bucket, once, before the service starts."""

import asyncio
import urllib.error
import urllib.request
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from obstore import sign_async

from gwansang.storage.base import storage_unavailable
from gwansang.storage.s3 import S3Bucket, open_bucket

_TIMEOUT_S: Final = 20.0
_FIRST_REGION: Final = "us-east-1"  # of Amazon's own S3, which asks for the name of every other region


async def create_bucket(bucket: S3Bucket) -> bool:
    """Create the bucket and return True, or False if it exists; raises StorageUnavailableError if it is refused."""
    url = await sign_async(open_bucket(bucket, bucket.endpoint), "PUT", "", timedelta(minutes=1))
    body = b""
    if bucket.endpoint is None and bucket.region != _FIRST_REGION:
        place = f"<LocationConstraint>{bucket.region}</LocationConstraint>"
        body = f"<CreateBucketConfiguration>{place}</CreateBucketConfiguration>".encode()
    status = await asyncio.to_thread(_put, url, body)
    if status not in (HTTPStatus.OK, HTTPStatus.CONFLICT):
        raise storage_unavailable()
    return status == HTTPStatus.OK


def _put(url: str, body: bytes) -> int:
    """Send the request and return the status; raises StorageUnavailableError if there is no answer."""
    request = urllib.request.Request(url, body, method="PUT")  # noqa: S310 - signed by our client for its endpoint
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - the same
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError as error:
        raise storage_unavailable() from error
