"""Fixtures of the two stores and of an S3 server that all tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gwansang.core.file_links import FileLinks
from gwansang.storage.base import ObjectStore
from gwansang.storage.local import LocalObjectStore
from gwansang.storage.s3 import S3Bucket, S3ObjectStore
from tests.support.fakes import MovingClock
from tests.support.s3_server import BUCKET, REGION, S3Server, s3_server

SECRET = "a secret that only these tests know"


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
def links(clock: MovingClock) -> FileLinks:
    return FileLinks(SECRET, clock=clock)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "storage"


@pytest.fixture
def local(folder: Path, links: FileLinks) -> LocalObjectStore:
    return LocalObjectStore(folder, links)


@pytest.fixture
def bucket(s3: S3Server, clock: MovingClock) -> S3ObjectStore:
    return S3ObjectStore(bucket_of(s3), clock=clock)


def bucket_of(server: S3Server, **changes: str | None) -> S3Bucket:
    """Return the tests' bucket with some settings changed."""
    defaults: dict[str, str | None] = {
        "name": BUCKET,
        "region": REGION,
        "endpoint": server.endpoint,
        "access_key_id": server.access_key_id,
        "secret_access_key": server.secret_access_key,
    }
    return S3Bucket(**{**defaults, **changes})


@pytest.fixture(params=["local", "bucket"])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    """Each of the two stores."""
    each: ObjectStore = request.getfixturevalue(request.param)
    return each
