"""Webhooks with deliveries, written by the services."""

from uuid import UUID

from gwansang.container import Accounts
from gwansang.services.accounts.webhook_service import NewWebhookSecret
from gwansang.services.tasks.kinds import FACE
from gwansang.services.tasks.task_service import TaskInfo
from gwansang.services.webhooks.delivery_service import DeliveryInfo
from gwansang.services.webhooks.events import EVENTS
from tests.support.accounts import signed_up, stream
from tests.support.receivers import Receiver


async def subscribed(accounts: Accounts, user_id: int, receiver: Receiver) -> NewWebhookSecret:
    return await accounts.webhooks.create(user_id, receiver.url, EVENTS, "en")


async def cancelled_task(accounts: Accounts, user_id: int) -> TaskInfo:
    """Submit a task and end it."""
    task = await accounts.tasks.submit(user_id, FACE, stream(b"a photo"))
    await accounts.tasks.cancel(user_id, task.id)
    return task


async def deliveries(accounts: Accounts, user_id: int, webhook_id: UUID) -> tuple[DeliveryInfo, ...]:
    return (await accounts.webhook_deliveries.page(user_id, webhook_id)).items


async def erased(accounts: Accounts, receiver: Receiver) -> tuple[int, NewWebhookSecret]:
    """Erase an account with a webhook and an event that waits; return its number and the webhook."""
    me = await signed_up(accounts)
    webhook = await subscribed(accounts, me.id, receiver)
    await accounts.webhooks.rotate_secret(me.id, webhook.info.id)
    await cancelled_task(accounts, me.id)
    await accounts.users.delete(me.id)
    return me.id, webhook


async def count_rows(accounts: Accounts) -> int:
    async with accounts.uow.read() as tx:
        return await tx.webhooks.deliveries._count()
