"""Writes events for webhooks, in the transaction of what they tell: either both are stored, or neither is."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final
from uuid import UUID

import structlog
from pydantic import JsonValue

from gwansang.core.clock import Clock
from gwansang.core.exceptions import Unavailable
from gwansang.core.jsonable import JSON_OBJECT, JsonObject
from gwansang.models import Webhook, WebhookDelivery
from gwansang.repositories.unit_of_work import Transaction
from gwansang.repositories.webhooks import WAITING
from gwansang.services.protection.sealed_events import seal_event, unseal_event
from gwansang.services.protection.sealing import Sealer
from gwansang.services.webhooks.events import WebhookEvent
from gwansang.services.webhooks.secrets_at_rest import ReceiverSecrets, open_secrets

_log = structlog.get_logger("gwansang.webhooks")
ACCOUNT_ERASED: Final[WebhookEvent] = "account.erased"


class WebhookOutbox:
    """Adds deliveries to a transaction; a worker finds and sends them after the commit."""

    def __init__(self, sealer: Sealer, *, clock: Clock, new_id: Callable[[], UUID]) -> None:
        self._sealer = sealer
        self._clock = clock
        self._new_id = new_id

    async def add(self, tx: Transaction, user_id: int, event: WebhookEvent, **data: JsonValue) -> None:
        """Add an event for every webhook of the user that subscribes to it. data: ids and names of kinds only."""
        for webhook in await tx.webhooks.list_enabled(user_id):
            if event in webhook.events.split():
                await tx.webhooks.deliveries.add(self.new_delivery(webhook.id, event, data))

    async def add_history_erased(self, tx: Transaction, user_id: int) -> None:
        """Add the event of a history that was deleted because nobody used it."""
        await self.add(tx, user_id, "data.erased", account_id=user_id, reason="inactive", purpose="history")

    async def add_account_erased(self, tx: Transaction, user_id: int) -> None:
        """Add the event of an erasure, before the user's rows are deleted. Receiver and content are sealed with the
        master key, because neither the webhook nor the user's key will be left."""
        for webhook in await tx.webhooks.list_enabled(user_id, of_inactive=True):
            if ACCOUNT_ERASED in webhook.events.split():
                try:
                    receiver = await open_secrets(tx, self._sealer, webhook)
                except Unavailable as error:  # a missing master key must not keep anybody from leaving
                    _log.warning("webhook.event_dropped", webhook_id=str(webhook.id), reason=error.code)
                    continue
                await tx.webhooks.deliveries.add(self._ownerless(webhook, receiver))

    def _ownerless(self, webhook: Webhook, receiver: ReceiverSecrets) -> WebhookDelivery:
        row = self.new_delivery(None, ACCOUNT_ERASED, None)
        if len(receiver.valid_secrets(webhook.previous_until, row.created_at)) == 1:
            receiver = replace(receiver, previous=None)
        data: JsonObject = {"webhook_id": str(webhook.id), "account_id": webhook.user_id}
        row.key_id, row.sealed = seal_event(self._sealer, row.id, {**receiver.dump(), "data": data})
        return row

    def new_delivery(self, webhook_id: UUID | None, event: str, data: JsonObject | None) -> WebhookDelivery:
        """Return a delivery whose first attempt is due now."""
        now = self._clock()
        return WebhookDelivery(
            id=self._new_id(),
            webhook_id=webhook_id,
            event=event,
            data=data,
            status=WAITING,
            tries=0,
            attempt_id=self._new_id(),
            due_at=now,
            created_at=now,
        )


def open_ownerless(sealer: Sealer, row: WebhookDelivery) -> tuple[ReceiverSecrets, JsonObject]:
    """Return the receiver and the data of an erased account's event."""
    content = unseal_event(sealer, row)
    data = JSON_OBJECT.validate_python(content.pop("data"))
    return ReceiverSecrets.load(content), data
