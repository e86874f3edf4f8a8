"""Attempts to deliver events: one request each, whose outcome is recorded and decides what follows."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Final
from uuid import UUID

import structlog
from pydantic import JsonValue

from gwansang.core.clock import Clock
from gwansang.core.jsonable import JSON_OBJECT
from gwansang.jobs.protocols import TaskReleased
from gwansang.models import Webhook, WebhookAttempt, WebhookDelivery
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.repositories.webhooks import WAITING
from gwansang.services.protection.sealing import (
    EncryptionKeyMissingError,
    SealBrokenError,
    Sealer,
    UserKeyNotFoundError,
)
from gwansang.services.webhooks.backoff import DISABLED_AFTER, delay_after
from gwansang.services.webhooks.events import WebhookMessage
from gwansang.services.webhooks.outbox import open_ownerless
from gwansang.services.webhooks.secrets_at_rest import ROTATION, ReceiverSecrets, open_secrets
from gwansang.services.webhooks.sender import SendError, WebhookSender
from gwansang.services.webhooks.signatures import signed_headers
from gwansang.services.webhooks.targets import InvalidTargetError, parse_target

_log = structlog.get_logger("gwansang.webhooks")
_GONE: Final = 410  # by which a receiver asks for no more events
_UNREADABLE: Final = "unreadable"  # the service could not open what it has to send
Observe = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class DisabledWebhook:
    """A webhook that was disabled, for the mail to its owner; reason: "failing" or "gone"."""

    user_id: int
    reason: str
    locale: str


Notify = Callable[[DisabledWebhook], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class DeliveryResources:
    """Services that deliveries are loaded, opened and sent with; local_targets: receivers of this machine are allowed;
    notify: tells the owner of a webhook that was disabled; observe: counts an outcome and its seconds."""

    uow: UnitOfWork
    sealer: Sealer
    sender: WebhookSender
    clock: Clock
    new_id: Callable[[], UUID]
    local_targets: bool
    notify: Notify
    observe: Observe


@dataclass(frozen=True, slots=True, repr=False)
class _Request:
    """A delivery that is due, opened."""

    delivery_id: UUID
    webhook_id: UUID | None
    receiver: ReceiverSecrets
    previous_until: datetime | None
    message: WebhookMessage


@dataclass(frozen=True, slots=True)
class _Outcome:
    """An attempt that has ended."""

    started_at: datetime
    duration_s: float
    status_code: int | None = None
    fault: str | None = None

    @property
    def delivered(self) -> bool:
        return self.status_code is not None and self.status_code // 100 == 2

    @property
    def name(self) -> str:
        """Name of the outcome in metrics."""
        return "delivered" if self.delivered else self.fault or "refused"


class DeliveryExecutor:
    """Executes the attempts that the engine hands to this process; belongs to one event loop."""

    def __init__(self, resources: DeliveryResources) -> None:
        self._resources = resources
        self._executions: dict[asyncio.Task[object], UUID] = {}
        self._stopping = False

    @property
    def active(self) -> frozenset[UUID]:
        """Attempts that are executed now."""
        return frozenset(self._executions.values())

    async def list_due(self, limit: int) -> tuple[UUID, ...]:
        """Return attempts that are due and that the engine does not have."""
        async with self._resources.uow.read() as tx:
            return await tx.webhooks.deliveries.list_due(self._resources.clock(), limit)

    async def mark_enqueued(self, attempt_ids: Sequence[UUID]) -> None:
        """Record that the engine has these attempts."""
        async with self._resources.uow.write() as tx:
            await tx.webhooks.deliveries.mark_enqueued(attempt_ids, self._resources.clock())

    async def execute(self, attempt_id: UUID) -> None:
        """Make an attempt, unless it was made or its delivery was deleted. Whatever is raised, such as TaskReleased,
        leaves it to another worker, which may then send the same message again."""
        execution = asyncio.current_task()
        if execution is None:
            raise RuntimeError("an attempt is executed within a task of the event loop")
        if self._stopping:
            raise TaskReleased
        self._executions[execution] = attempt_id
        try:
            outcome = await self._attempt(attempt_id)
            if outcome is not None:
                await self._record(attempt_id, outcome)
        except asyncio.CancelledError as error:
            raise TaskReleased from error
        finally:
            del self._executions[execution]

    def stop(self) -> None:
        """Begin no further attempt."""
        self._stopping = True

    async def wait_until_idle(self, timeout_s: float) -> None:
        """Return when every attempt has ended; cancel those that have not by that time."""
        if self._executions:
            _, late = await asyncio.wait(self._executions, timeout=timeout_s)
            for execution in late:
                execution.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _attempt(self, attempt_id: UUID) -> _Outcome | None:
        """Load and send what is due, and return how it ended, None if nothing is due."""
        try:
            request = await self._load(attempt_id)
        except (EncryptionKeyMissingError, SealBrokenError, UserKeyNotFoundError) as error:
            _log.error("webhook.unreadable", attempt_id=str(attempt_id), error=error.code)
            return _Outcome(self._resources.clock(), 0.0, fault=_UNREADABLE)
        return None if request is None else await self._send(request)

    async def _load(self, attempt_id: UUID) -> _Request | None:
        sealer = self._resources.sealer
        async with self._resources.uow.read() as tx:
            row = await tx.webhooks.deliveries.get_by_attempt(attempt_id)
            if row is None or row.status != WAITING:
                return None
            if row.webhook_id is None:
                receiver, data = open_ownerless(sealer, row)
                message = WebhookMessage(row.id, row.event, row.created_at, data)
                return _Request(row.id, None, receiver, row.created_at + ROTATION, message)
            webhook = await tx.webhooks.get_by_id(row.webhook_id)
            if webhook is None:
                return None
            receiver = await open_secrets(tx, sealer, webhook)
        message = WebhookMessage(row.id, row.event, row.created_at, JSON_OBJECT.validate_python(row.data))
        return _Request(row.id, webhook.id, receiver, webhook.previous_until, message)

    async def _send(self, request: _Request) -> _Outcome:
        now, began = self._resources.clock(), monotonic()
        body = request.message.body()
        secrets = request.receiver.valid_secrets(request.previous_until, now)
        headers = signed_headers(secrets, request.delivery_id, now, body)
        status, fault = None, None
        try:
            target = parse_target(request.receiver.url, local_targets=self._resources.local_targets)
            status = await self._resources.sender.post(target, headers, body)
        except SendError as error:
            fault = error.fault
        except InvalidTargetError:  # allowed by a setting when it was created
            fault = "address_refused"
        return _Outcome(now, monotonic() - began, status, fault)

    async def _record(self, attempt_id: UUID, outcome: _Outcome) -> None:
        disabled = None
        async with self._resources.uow.write() as tx:
            row = await tx.webhooks.deliveries.get_by_attempt(attempt_id)
            webhook_id = None if row is None else row.webhook_id
            webhook = await tx.webhooks.get_for_update(webhook_id) if webhook_id else None
            if row is None or (webhook is None and webhook_id is not None):
                return  # deleted meanwhile, or another worker was first
            if not await tx.webhooks.deliveries.end_attempt(attempt_id, **self._next(row, outcome)):
                return
            await tx.webhooks.attempts.add(_attempt(attempt_id, row.id, outcome))
            if webhook is not None:
                disabled = self._judge(webhook, outcome)
                await tx.webhooks.save(webhook)
            else:
                await self._delete_ended(tx, row.id, outcome, row.tries + 1)
        self._resources.observe(outcome.name, outcome.duration_s)
        fields = {"event_type": row.event, "status": outcome.status_code, "fault": outcome.fault}
        _log.info("webhook.attempted", delivery_id=str(row.id), outcome=outcome.name, **fields)
        if disabled is not None:
            _log.warning("webhook.disabled", webhook_id=str(webhook_id), reason=disabled.reason)
            await self._resources.notify(disabled)

    def _next(self, row: WebhookDelivery, outcome: _Outcome) -> dict[str, JsonValue | datetime | UUID]:
        """Return the values of a delivery after an attempt."""
        now, tries = self._resources.clock(), row.tries + 1
        delay = delay_after(tries, row.id)
        if outcome.delivered or delay is None:
            status = "delivered" if outcome.delivered else "failed"
            return {"status": status, "tries": tries, "attempt_id": None, "due_at": None, "ended_at": now}
        return {"tries": tries, "attempt_id": self._resources.new_id(), "due_at": now + delay}

    def _judge(self, webhook: Webhook, outcome: _Outcome) -> DisabledWebhook | None:
        """Note on a webhook how an attempt ended; disable it if it has only failed for days, or was given up.
        What the service could not open says nothing about the receiver."""
        now = self._resources.clock()
        if outcome.delivered:
            webhook.failing_since = None
            return None
        if outcome.fault == _UNREADABLE:
            return None
        webhook.failing_since = webhook.failing_since or now
        gone = outcome.status_code == _GONE
        if not webhook.is_enabled or not (gone or now - webhook.failing_since >= DISABLED_AFTER):
            return None
        webhook.is_enabled, webhook.disabled_reason = False, "gone" if gone else "failing"
        webhook.updated_at = now
        return DisabledWebhook(webhook.user_id, webhook.disabled_reason, webhook.locale)

    async def _delete_ended(self, tx: Transaction, delivery_id: UUID, outcome: _Outcome, tries: int) -> None:
        """Delete the event of an erased account once it was received or given up."""
        if outcome.delivered or outcome.status_code == _GONE or delay_after(tries, delivery_id) is None:
            await tx.webhooks.deliveries.delete(delivery_id)


def _attempt(attempt_id: UUID, delivery_id: UUID, outcome: _Outcome) -> WebhookAttempt:
    return WebhookAttempt(
        id=attempt_id,
        delivery_id=delivery_id,
        started_at=outcome.started_at,
        duration_ms=round(outcome.duration_s * 1000),
        status_code=outcome.status_code,
        error=outcome.fault,
    )
