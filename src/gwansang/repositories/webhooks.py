"""Webhooks, deliveries of their events, and attempts.

A transaction that locks both locks the webhook before its deliveries.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from gwansang.core.paging import Page, PageRequest
from gwansang.models import User, Webhook, WebhookAttempt, WebhookDelivery
from gwansang.repositories.base import Repository
from gwansang.repositories.keyset import Order

WAITING: Final = "waiting"
MAX_PARALLEL: Final = 2  # deliveries to one webhook that are with the job engine


class WebhookDeliveries(Repository[WebhookDelivery]):
    model = WebhookDelivery

    async def get(self, webhook_id: UUID, delivery_id: UUID) -> WebhookDelivery | None:
        """Return a delivery to this webhook."""
        own = (WebhookDelivery.id == delivery_id, WebhookDelivery.webhook_id == webhook_id)
        return await self._one(select(WebhookDelivery).where(*own))

    async def get_by_attempt(self, attempt_id: UUID) -> WebhookDelivery | None:
        """Return the delivery that waits for this attempt, which is its next one."""
        return await self._one(select(WebhookDelivery).where(WebhookDelivery.attempt_id == attempt_id))

    async def page(self, webhook_id: UUID, request: PageRequest) -> Page[WebhookDelivery]:
        """Return a page of the deliveries to a webhook, newest first."""
        order = (Order(WebhookDelivery.created_at, descending=True), Order(WebhookDelivery.id))
        return await self._page(request, order, WebhookDelivery.webhook_id == webhook_id)

    async def list_after(self, user_id: int, last: WebhookDelivery | None, limit: int) -> tuple[WebhookDelivery, ...]:
        """Return the deliveries to webhooks of the user that follow `last`, or the first ones; oldest first."""
        query = select(WebhookDelivery).join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
        query = query.where(Webhook.user_id == user_id)
        if last is not None:
            position = tuple_(WebhookDelivery.created_at, WebhookDelivery.id)
            query = query.where(position > (last.created_at, last.id))
        return await self._all(query.order_by(WebhookDelivery.created_at, WebhookDelivery.id).limit(limit))

    async def list_due(self, now: datetime, limit: int) -> tuple[UUID, ...]:
        """Return attempts that are due and not enqueued, longest due first; of each webhook at most MAX_PARALLEL,
        together with those that are enqueued."""
        enqueued = select(WebhookDelivery.webhook_id).where(_waits(), WebhookDelivery.enqueued_at.is_not(None))
        enqueued = enqueued.where(WebhookDelivery.webhook_id.is_not(None)).group_by(WebhookDelivery.webhook_id)
        busy = enqueued.having(func.count() >= MAX_PARALLEL)
        query = select(WebhookDelivery.attempt_id, WebhookDelivery.webhook_id).where(
            _deliverable(),
            WebhookDelivery.enqueued_at.is_(None),
            WebhookDelivery.due_at <= now,
            or_(WebhookDelivery.webhook_id.is_(None), WebhookDelivery.webhook_id.not_in(busy)),
        )
        under_way = await self._session.execute(enqueued.add_columns(func.count()))
        taken: Counter[UUID | None] = Counter({webhook_id: number for webhook_id, number in under_way})
        rows = await self._session.execute(query.order_by(WebhookDelivery.due_at, WebhookDelivery.id).limit(limit))
        due: list[UUID] = []
        for attempt_id, webhook_id in rows:
            taken[webhook_id] += 1
            if attempt_id is not None and (webhook_id is None or taken[webhook_id] <= MAX_PARALLEL):
                due.append(attempt_id)
        return tuple(due)

    async def mark_enqueued(self, attempt_ids: Sequence[UUID], now: datetime) -> None:
        """Record when attempts were added to the job engine."""
        statement = update(WebhookDelivery).where(WebhookDelivery.attempt_id.in_(attempt_ids))
        await self._execute(statement.values(enqueued_at=now))

    async def list_enqueued(self) -> frozenset[UUID]:
        """Return the attempts that were added to the job engine and have not ended."""
        query = select(WebhookDelivery.attempt_id).where(_waits(), WebhookDelivery.enqueued_at.is_not(None))
        return frozenset(attempt_id for attempt_id in await self._all(query) if attempt_id is not None)

    async def end_attempt(self, attempt_id: UUID, /, **values: JsonValue | datetime | UUID) -> bool:
        """Store what follows an attempt; return False if the delivery does not wait for it any more."""
        statement = update(WebhookDelivery).where(WebhookDelivery.attempt_id == attempt_id, _waits())
        return await self._execute(statement.values(enqueued_at=None, **values)) > 0

    async def delete(self, delivery_id: UUID) -> None:
        """Delete a delivery with its attempts."""
        await self._delete(WebhookDelivery.id == delivery_id)

    async def delete_before(self, moment: datetime, ownerless_moment: datetime) -> int:
        """Delete the deliveries of older events, those of erased accounts by a time of their own; return the number."""
        ownerless = and_(WebhookDelivery.webhook_id.is_(None), WebhookDelivery.created_at < ownerless_moment)
        return await self._delete(or_(WebhookDelivery.created_at < moment, ownerless))

    async def count_by_master_key(self) -> dict[str, int]:
        """Return the number of deliveries that each master key sealed, by its name."""
        query = select(WebhookDelivery.key_id, func.count()).where(WebhookDelivery.key_id.is_not(None))
        rows = await self._session.execute(query.group_by(WebhookDelivery.key_id))
        return {key_id: number for key_id, number in rows if key_id is not None}

    async def list_sealed_by(self, key_id: str, limit: int) -> tuple[WebhookDelivery, ...]:
        """Return deliveries that this master key sealed."""
        query = select(WebhookDelivery).where(WebhookDelivery.key_id == key_id)
        return await self._all(query.order_by(WebhookDelivery.id).limit(limit))

    async def list_not_sealed_by(
        self, key_id: str, limit: int, after: UUID | None = None
    ) -> tuple[WebhookDelivery, ...]:
        """Return deliveries that another master key sealed, by id, those that follow `after`."""
        query = select(WebhookDelivery).where(WebhookDelivery.key_id != key_id)
        if after is not None:
            query = query.where(WebhookDelivery.id > after)
        return await self._all(query.order_by(WebhookDelivery.id).limit(limit))

    async def reseal(self, old: WebhookDelivery, key_id: str, sealed: bytes) -> bool:
        """Replace what a master key sealed; return False if the row was deleted or another process replaced it."""
        unchanged = (WebhookDelivery.id == old.id) & (WebhookDelivery.key_id == old.key_id)
        return await self._execute(update(WebhookDelivery).where(unchanged).values(key_id=key_id, sealed=sealed)) > 0

    async def count_waiting_for(self, webhook_id: UUID) -> int:
        """Return the number of deliveries that wait for a webhook."""
        return await self._count(_waits(), WebhookDelivery.webhook_id == webhook_id)

    async def count_waiting(self) -> int:
        """Return the number of deliveries that were not received yet and are still tried."""
        return await self._count(_deliverable())

    async def oldest_due_at(self) -> datetime | None:
        """Return since when the longest due attempt is due."""
        query = select(func.min(WebhookDelivery.due_at)).where(_deliverable())
        return (await self._session.execute(query)).scalar_one_or_none()


class WebhookAttempts(Repository[WebhookAttempt]):
    model = WebhookAttempt

    async def list_for_delivery(self, delivery_id: UUID) -> tuple[WebhookAttempt, ...]:
        """Return the attempts of a delivery, in their order."""
        query = select(WebhookAttempt).where(WebhookAttempt.delivery_id == delivery_id)
        return await self._all(query.order_by(WebhookAttempt.started_at, WebhookAttempt.id))


class Webhooks(Repository[Webhook]):
    """Webhooks, with the deliveries to them and the attempts of those."""

    model = Webhook

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session)
        self.deliveries = WebhookDeliveries(session)
        self.attempts = WebhookAttempts(session)

    async def get(self, user_id: int, webhook_id: UUID) -> Webhook | None:
        """Return a webhook of this user."""
        return await self._one(select(Webhook).where(Webhook.id == webhook_id, Webhook.user_id == user_id))

    async def get_for_update(self, webhook_id: UUID, user_id: int | None = None) -> Webhook | None:
        """Return a webhook, of this user if given, locked until the transaction ends."""
        own = [] if user_id is None else [Webhook.user_id == user_id]
        return await self._one(select(Webhook).where(Webhook.id == webhook_id, *own).with_for_update())

    async def get_by_id(self, webhook_id: UUID) -> Webhook | None:
        """Return a webhook of any user."""
        return await self._one(select(Webhook).where(Webhook.id == webhook_id))

    async def list_for_user(self, user_id: int) -> tuple[Webhook, ...]:
        """Return every webhook of the user, oldest first."""
        return await self._all(
            select(Webhook).where(Webhook.user_id == user_id).order_by(Webhook.created_at, Webhook.id)
        )

    async def list_enabled(self, user_id: int, *, of_inactive: bool = False) -> tuple[Webhook, ...]:
        """Return the enabled webhooks of the user, of a deactivated one only if that is asked for. None of them can be
        deleted until the transaction ends, so that deliveries to them can be added."""
        query = select(Webhook).where(Webhook.user_id == user_id, Webhook.is_enabled.is_(True))
        if not of_inactive:
            query = query.join(User, User.id == Webhook.user_id).where(User.is_active.is_(True))
        return await self._all(query.with_for_update(read=True, key_share=True, of=Webhook))

    async def count(self, user_id: int) -> int:
        """Return the number of webhooks of the user."""
        return await self._count(Webhook.user_id == user_id)

    async def delete(self, user_id: int, webhook_id: UUID) -> bool:
        """Delete a webhook of this user with its deliveries; return False if there is none."""
        return await self._delete(Webhook.id == webhook_id, Webhook.user_id == user_id) > 0


def _waits() -> ColumnElement[bool]:
    return WebhookDelivery.status == WAITING


def _deliverable() -> ColumnElement[bool]:
    """Return the condition of waiting deliveries whose webhook is enabled and whose owner is active or erased."""
    enabled = select(Webhook.id).join(User, User.id == Webhook.user_id)
    enabled = enabled.where(Webhook.is_enabled.is_(True), User.is_active.is_(True))
    return and_(_waits(), or_(WebhookDelivery.webhook_id.is_(None), WebhookDelivery.webhook_id.in_(enabled)))
