"""Secrets and signatures of webhooks, as the Standard Webhooks specification describes them."""

import base64
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

_PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32


def new_secret() -> str:
    """Return a random secret: `whsec_` and 32 bytes in base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def sign(secret: str, message_id: UUID, timestamp: int, body: bytes) -> str:
    """Return the signature of a message: `v1,` and HMAC-SHA256 over id, Unix time and body, in base64."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    content = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, content, "sha256")).decode()


def signed_headers(keys: Sequence[str], message_id: UUID, now: datetime, body: bytes) -> Mapping[str, str]:
    """Return the headers of a message, with a signature for each secret that is valid now."""
    timestamp = int(now.timestamp())
    return {
        "webhook-id": str(message_id),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(key, message_id, timestamp, body) for key in keys),
    }
