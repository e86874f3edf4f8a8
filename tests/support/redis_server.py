"""Redis for tests, at REDIS_URL or on this machine; tests that need it are skipped if it does not answer."""

import os
import socket
from urllib.parse import urlsplit

import pytest

REDIS_URL = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/0"


def redis_answers() -> bool:
    place = urlsplit(REDIS_URL)
    try:
        with socket.create_connection((place.hostname or "127.0.0.1", place.port or 6379), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64)[:1] in (b"+", b"-")
    except OSError:
        return False


needs_redis = pytest.mark.skipif(not redis_answers(), reason="no Redis at REDIS_URL or 127.0.0.1:6379")
