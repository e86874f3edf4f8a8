"""Webhooks of users: created, changed, deleted, and given new secrets, each of which is shown once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast
from uuid import UUID

import structlog

from gwansang.core.clock import Clock
from gwansang.core.exceptions import Conflict
from gwansang.models import Webhook
from gwansang.models.base import from_row
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.accounts.user_service import require_proven, require_user
from gwansang.services.protection.audit import AuditLog
from gwansang.services.protection.sealing import Sealer
from gwansang.services.webhooks.delivery_service import WebhookNotFoundError, require_webhook
from gwansang.services.webhooks.events import EVENTS, WebhookEvent
from gwansang.services.webhooks.secrets_at_rest import ROTATION, ReceiverSecrets, open_secrets, seal_secrets
from gwansang.services.webhooks.targets import parse_target
from gwansang.texts import Locale

_log = structlog.get_logger("gwansang.webhooks")


class WebhookLimitError(Conflict):
    """Carries `max` in its context."""

    code = "WEBHOOK_LIMIT"
    title = "Too many webhooks"


@dataclass(frozen=True, slots=True)
class WebhookInfo:
    """A webhook as its owner sees it; disabled_reason: "owner", "failing" or "gone"."""

    id: UUID
    url: str
    events: tuple[WebhookEvent, ...]
    is_enabled: bool
    disabled_reason: str | None
    failing_since: datetime | None
    previous_until: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class NewWebhookSecret:
    """A webhook with a new secret, which no later call shows."""

    info: WebhookInfo
    secret: str


@dataclass(frozen=True, slots=True)
class WebhookPolicy:
    """Settings of webhooks. max_webhooks: of one user; local_targets: receivers of this machine are allowed."""

    max_webhooks: int
    local_targets: bool


class WebhookService:
    """Webhooks of users; another user's webhook raises WebhookNotFoundError."""

    def __init__(
        self,
        uow: UnitOfWork,
        sealer: Sealer,
        audit: AuditLog,
        policy: WebhookPolicy,
        *,
        clock: Clock,
        new_id: Callable[[], UUID],
    ) -> None:
        self._uow = uow
        self._sealer = sealer
        self._audit = audit
        self._policy = policy
        self._clock = clock
        self._new_id = new_id

    async def create(self, user_id: int, url: str, events: Sequence[WebhookEvent], locale: Locale) -> NewWebhookSecret:
        """Create a webhook with a secret. locale: of mails about it. Raises InvalidTargetError, WebhookLimitError,
        EmailUnverifiedError, UserNotFoundError."""
        self._check(url)
        now, webhook_id, content = self._clock(), self._new_id(), ReceiverSecrets.create(url)
        async with self._uow.write() as tx:
            user = await tx.users.get_for_update(user_id)  # locked, so that two requests can't both pass the limit
            require_proven(require_user(user))
            if await tx.webhooks.count(user_id) >= self._policy.max_webhooks:
                limit = self._policy.max_webhooks
                raise WebhookLimitError(f"There are {limit} webhooks already; delete one first.", max=limit)
            row = Webhook(
                id=webhook_id,
                user_id=user_id,
                events=_join(events),
                sealed=await seal_secrets(tx, self._sealer, user_id, webhook_id, content),
                locale=locale,
                is_enabled=True,
                created_at=now,
                updated_at=now,
            )
            await tx.webhooks.add(row)
            await self._audit.record(tx, "webhook_created", user_id)
        _log.info("webhook.created", user_id=user_id, webhook_id=str(webhook_id))
        return NewWebhookSecret(webhook_info(row, url), content.secret)

    async def list(self, user_id: int) -> tuple[WebhookInfo, ...]:
        """Return the user's webhooks, oldest first."""
        async with self._uow.read() as tx:
            rows = await tx.webhooks.list_for_user(user_id)
            return tuple([await self._info(tx, row) for row in rows])

    async def get(self, user_id: int, webhook_id: UUID) -> WebhookInfo:
        """Return a webhook; raises WebhookNotFoundError."""
        async with self._uow.read() as tx:
            return await self._info(tx, require_webhook(await tx.webhooks.get(user_id, webhook_id)))

    async def change(
        self,
        user_id: int,
        webhook_id: UUID,
        *,
        url: str | None = None,
        events: Sequence[WebhookEvent] | None = None,
        enabled: bool | None = None,
    ) -> WebhookInfo:
        """Change what is given; the secret stays. Raises InvalidTargetError, WebhookNotFoundError."""
        if url is not None:
            self._check(url)
        async with self._uow.write() as tx:
            row = require_webhook(await tx.webhooks.get_for_update(webhook_id, user_id))
            content = await open_secrets(tx, self._sealer, row)
            if url is not None:
                if url != content.url:
                    row.failing_since = None  # of the receiver before
                content = replace(content, url=url)
                row.sealed = await seal_secrets(tx, self._sealer, user_id, row.id, content)
            if events is not None:
                row.events = _join(events)
            if enabled is not None:
                row.is_enabled, row.failing_since = enabled, None
                row.disabled_reason = None if enabled else "owner"
            row.updated_at = self._clock()
            await tx.webhooks.save(row)
            await self._audit.record(tx, "webhook_changed", user_id)
        _log.info("webhook.changed", user_id=user_id, webhook_id=str(webhook_id))
        return webhook_info(row, content.url)

    async def rotate_secret(self, user_id: int, webhook_id: UUID) -> NewWebhookSecret:
        """Make a new secret; for a day messages are signed with the one before, too. Raises WebhookNotFoundError."""
        async with self._uow.write() as tx:
            row = require_webhook(await tx.webhooks.get_for_update(webhook_id, user_id))
            content = (await open_secrets(tx, self._sealer, row)).rotated()
            row.sealed = await seal_secrets(tx, self._sealer, user_id, row.id, content)
            row.updated_at = self._clock()
            row.previous_until = row.updated_at + ROTATION
            await tx.webhooks.save(row)
            await self._audit.record(tx, "webhook_changed", user_id)
        _log.info("webhook.secret_rotated", user_id=user_id, webhook_id=str(webhook_id))
        return NewWebhookSecret(webhook_info(row, content.url), content.secret)

    async def delete(self, user_id: int, webhook_id: UUID) -> None:
        """Delete a webhook with its deliveries; raises WebhookNotFoundError."""
        async with self._uow.write() as tx:
            if not await tx.webhooks.delete(user_id, webhook_id):
                raise WebhookNotFoundError("There is no such webhook.")
            await self._audit.record(tx, "webhook_deleted", user_id)
        _log.info("webhook.deleted", user_id=user_id, webhook_id=str(webhook_id))

    def _check(self, url: str) -> None:
        parse_target(url, local_targets=self._policy.local_targets)

    async def _info(self, tx: Transaction, row: Webhook) -> WebhookInfo:
        return webhook_info(row, (await open_secrets(tx, self._sealer, row)).url)


def _join(events: Sequence[WebhookEvent]) -> str:
    return " ".join(event for event in EVENTS if event in events)


def webhook_info(row: Webhook, url: str) -> WebhookInfo:
    """Return what a webhook's owner may see of it."""
    return from_row(WebhookInfo, row, url=url, events=cast(tuple[WebhookEvent, ...], tuple(row.events.split())))
