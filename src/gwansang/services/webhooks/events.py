"""Events that webhooks receive: their types, and the body of a message."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args
from uuid import UUID

from gwansang.core.jsonable import JsonObject

WebhookEvent = Literal["task.done", "task.failed", "task.cancelled", "data.erased", "account.erased"]
EVENTS: Final[tuple[WebhookEvent, ...]] = get_args(WebhookEvent)
TEST_EVENT: Final = "webhook.test"  # sent on request, whatever a webhook subscribes to
_VERSION: Final = "1"


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    """A message as it is sent: ids, type and time, and nothing of a face, a reading or an address."""

    id: UUID
    type: str
    created_at: datetime
    data: JsonObject

    def body(self) -> bytes:
        """Return the message as JSON, the same bytes at every attempt."""
        content = {
            "id": str(self.id),
            "type": self.type,
            "version": _VERSION,
            "timestamp": self.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "data": self.data,
        }
        return json.dumps(content, separators=(",", ":")).encode()
