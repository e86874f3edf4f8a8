"""When a failed delivery is tried again, and when a webhook that only fails is disabled."""

from datetime import timedelta
from typing import Final
from uuid import UUID

MAX_ATTEMPTS: Final = 12
DISABLED_AFTER: Final = timedelta(days=5)
_FIRST: Final = timedelta(seconds=10)
_FACTOR: Final = 3
_LONGEST: Final = timedelta(hours=6)


def delay_after(attempts: int, delivery_id: UUID) -> timedelta | None:
    """Return how long to wait after so many failed attempts, None after the last one: 10 seconds, then three times as
    long each time, up to 6 hours, altogether 27 hours. Up to a tenth more, by the id, keeps deliveries that failed
    together apart."""
    if attempts >= MAX_ATTEMPTS:
        return None
    delay: timedelta = min(_FIRST * _FACTOR ** (attempts - 1), _LONGEST)
    return delay * (1 + delivery_id.int % 1000 / 10_000)
