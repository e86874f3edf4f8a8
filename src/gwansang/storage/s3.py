"""Objects in a bucket of an S3 server."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from obstore import sign_async
from obstore.store import S3Store

from gwansang.core.clock import Clock
from gwansang.storage.base import MAX_LINK_S, ObjectLink, content_type, validate_key
from gwansang.storage.obstore_store import ObstoreStore

if TYPE_CHECKING:
    from obstore.store import S3Config  # exists for type checkers only

_RETRIES: Final = 3
_CALL_TIMEOUT: Final = timedelta(seconds=20)
_CONNECT_TIMEOUT: Final = timedelta(seconds=3)
_RETRY_TIMEOUT: Final = timedelta(seconds=28)


@dataclass(frozen=True, slots=True, repr=False)
class S3Bucket:
    """Location and credentials of a bucket. endpoint: None for AWS; public_endpoint: the same server's address for
    clients that follow a link. Without a key, the machine's own credentials are used."""

    name: str
    region: str
    endpoint: str | None = None
    public_endpoint: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = None


class S3ObjectStore(ObstoreStore):
    """A bucket that exists already."""

    def __init__(self, bucket: S3Bucket, *, clock: Clock) -> None:
        super().__init__(open_bucket(bucket, bucket.endpoint))
        self._public = open_bucket(bucket, bucket.public_endpoint or bucket.endpoint)
        self._clock = clock

    async def put(self, key: str, data: bytes) -> None:
        """Write an object in one call, which S3 makes atomic."""
        validate_key(key)
        attributes = {
            "Content-Type": content_type(key),
            "Content-Disposition": "attachment",
            "Cache-Control": "private, no-store",
        }
        async with self._map_errors():
            await self._store.put_async(key, data, attributes=attributes, use_multipart=False)

    async def delete_prefix(self, prefix: str) -> int:
        """Delete all objects below the prefix, listing again until none is left; return their number."""
        deleted = 0
        while keys := [entry.key async for entry in self.list(prefix)]:
            async with self._map_errors():
                await self._store.delete_async(keys)
            deleted += len(keys)
        return deleted

    async def link(self, key: str, ttl_s: int) -> ObjectLink:
        """Return a presigned URL of the server."""
        ttl = timedelta(seconds=min(ttl_s, MAX_LINK_S))
        expires_at = self._clock() + ttl
        async with self._map_errors():
            return ObjectLink(await sign_async(self._public, "GET", validate_key(key), ttl), expires_at)

    async def sweep(self) -> None:
        """Do nothing: S3 leaves no partial writes."""


def open_bucket(bucket: S3Bucket, endpoint: str | None) -> S3Store:
    """Return the client of a bucket at an endpoint; nothing is sent."""
    config: S3Config = {"bucket": bucket.name, "region": bucket.region, "virtual_hosted_style_request": False}
    if endpoint is not None:
        config["endpoint"] = endpoint
    if bucket.access_key_id is not None and bucket.secret_access_key is not None:
        config["access_key_id"] = bucket.access_key_id
        config["secret_access_key"] = bucket.secret_access_key
    return S3Store(
        config=config,
        client_options={
            "allow_http": endpoint is not None and endpoint.startswith("http://"),
            "timeout": _CALL_TIMEOUT,
            "connect_timeout": _CONNECT_TIMEOUT,
        },
        retry_config={"max_retries": _RETRIES, "retry_timeout": _RETRY_TIMEOUT},
    )
