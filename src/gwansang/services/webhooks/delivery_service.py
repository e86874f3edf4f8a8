"""Deliveries as the owner of a webhook sees them: listed with their attempts, sent again, and tests."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from gwansang.core.clock import Clock
from gwansang.core.exceptions import Conflict, NotFound, RateLimited
from gwansang.core.jsonable import JSON_OBJECT, JsonObject
from gwansang.core.paging import FIRST_PAGE, Page, PageRequest
from gwansang.models import Webhook, WebhookAttempt, WebhookDelivery
from gwansang.models.base import from_row
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.repositories.webhooks import WAITING
from gwansang.services.webhooks.events import TEST_EVENT
from gwansang.services.webhooks.outbox import WebhookOutbox

_log = structlog.get_logger("gwansang.webhooks")
MAX_WAITING: Final = 20  # deliveries to one webhook, up to which its owner may add more
_RETRY_AFTER_S: Final = 30


class WebhookNotFoundError(NotFound):
    code = "WEBHOOK_NOT_FOUND"
    title = "There is no such webhook"


class WebhookDisabledError(Conflict):
    code = "WEBHOOK_DISABLED"
    title = "This webhook is disabled"


class WebhookDeliveryNotFoundError(NotFound):
    code = "WEBHOOK_DELIVERY_NOT_FOUND"
    title = "There is no such delivery"


class WebhookBacklogError(RateLimited):
    """Carries `limit` and `retry_after_s` in its context."""

    code = "WEBHOOK_BACKLOG"
    title = "Too many deliveries wait for this webhook"


@dataclass(frozen=True, slots=True)
class AttemptInfo:
    """An attempt: the status of the answer, or the kind of failure without one."""

    started_at: datetime
    duration_ms: int
    status_code: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class DeliveryInfo:
    """A delivery; due_at: of the next attempt, None after the last one."""

    id: UUID
    event: str
    data: JsonObject
    status: str
    due_at: datetime | None
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeliveryDetails:
    """A delivery with its attempts, oldest first."""

    info: DeliveryInfo
    attempts: tuple[AttemptInfo, ...]


class DeliveryService:
    """Deliveries of a user's webhooks. Another user's webhooks raise WebhookNotFoundError."""

    def __init__(self, uow: UnitOfWork, outbox: WebhookOutbox, *, clock: Clock, new_id: Callable[[], UUID]) -> None:
        self._uow = uow
        self._outbox = outbox
        self._clock = clock
        self._new_id = new_id

    async def page(self, user_id: int, webhook_id: UUID, request: PageRequest = FIRST_PAGE) -> Page[DeliveryInfo]:
        """Return a page of deliveries, newest first; raises WebhookNotFoundError, InvalidPageError."""
        async with self._uow.read() as tx:
            require_webhook(await tx.webhooks.get(user_id, webhook_id))
            return (await tx.webhooks.deliveries.page(webhook_id, request)).map(delivery_info)

    async def get(self, user_id: int, webhook_id: UUID, delivery_id: UUID) -> DeliveryDetails:
        """Return a delivery with its attempts; raises WebhookNotFoundError, WebhookDeliveryNotFoundError."""
        async with self._uow.read() as tx:
            require_webhook(await tx.webhooks.get(user_id, webhook_id))
            row = _require_delivery(await tx.webhooks.deliveries.get(webhook_id, delivery_id))
            attempts = await tx.webhooks.attempts.list_for_delivery(delivery_id)
        return DeliveryDetails(delivery_info(row), tuple(map(attempt_info, attempts)))

    async def send_test(self, user_id: int, webhook_id: UUID) -> DeliveryInfo:
        """Add a test event for a webhook; raises WebhookNotFoundError, WebhookDisabledError,
        WebhookBacklogError."""
        async with self._uow.write() as tx:
            await self._require_enabled(tx, user_id, webhook_id)
            await _require_room(tx, webhook_id)
            data: JsonObject = {"webhook_id": str(webhook_id)}
            row = await tx.webhooks.deliveries.add(self._outbox.new_delivery(webhook_id, TEST_EVENT, data))
        return delivery_info(row)

    async def redeliver(self, user_id: int, webhook_id: UUID, delivery_id: UUID) -> DeliveryInfo:
        """Let a delivery be attempted now, with all attempts before it, under the same id; one that is on its way stays
        as it is. Raises WebhookNotFoundError, WebhookDisabledError, WebhookDeliveryNotFoundError, and unless it waits
        already WebhookBacklogError."""
        async with self._uow.write() as tx:
            await self._require_enabled(tx, user_id, webhook_id)
            row = _require_delivery(await tx.webhooks.deliveries.get(webhook_id, delivery_id))
            if row.enqueued_at is None:
                if row.status != WAITING:
                    await _require_room(tx, webhook_id)
                row.status, row.tries, row.attempt_id = WAITING, 0, self._new_id()
                row.due_at, row.ended_at = self._clock(), None
                await tx.webhooks.deliveries.save(row)
        _log.info("webhook.redelivered", delivery_id=str(delivery_id))
        return delivery_info(row)

    async def _require_enabled(self, tx: Transaction, user_id: int, webhook_id: UUID) -> None:
        webhook = require_webhook(await tx.webhooks.get_for_update(webhook_id, user_id))
        if not webhook.is_enabled:
            raise WebhookDisabledError("This webhook is disabled; enable it first.")


def require_webhook(row: Webhook | None) -> Webhook:
    """Return the webhook; raises WebhookNotFoundError if there is none."""
    if row is None:
        raise WebhookNotFoundError("There is no such webhook.")
    return row


async def _require_room(tx: Transaction, webhook_id: UUID) -> None:
    """Raise WebhookBacklogError if too many deliveries wait for a webhook, which the transaction has locked."""
    if await tx.webhooks.deliveries.count_waiting_for(webhook_id) >= MAX_WAITING:
        message = f"{MAX_WAITING} deliveries wait for this webhook; let it receive some first."
        raise WebhookBacklogError(message, limit=MAX_WAITING, retry_after_s=_RETRY_AFTER_S)


def _require_delivery(row: WebhookDelivery | None) -> WebhookDelivery:
    if row is None:
        raise WebhookDeliveryNotFoundError("There is no such delivery.")
    return row


def delivery_info(row: WebhookDelivery) -> DeliveryInfo:
    """Return what the owner of the webhook may see of a delivery."""
    return from_row(DeliveryInfo, row, data=JSON_OBJECT.validate_python(row.data))


def attempt_info(row: WebhookAttempt) -> AttemptInfo:
    """Return what the owner of the webhook may see of an attempt."""
    return from_row(AttemptInfo, row)
