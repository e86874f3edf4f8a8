"""Cancellation of a task by its owner or by an administrator."""

from uuid import UUID

import structlog

from gwansang.repositories.tasks import CountedTask
from gwansang.repositories.unit_of_work import Transaction
from gwansang.services.tasks.run import JobResources, task_event_data

_log = structlog.get_logger("gwansang.tasks")


async def cancel_in(tx: Transaction, resources: JobResources, task_id: UUID) -> CountedTask | None:
    """End a task as cancelled in a transaction: give its readings back, delete its outcomes, and announce the end.
    Return None if it had ended; call `complete_cancellation` after the transaction otherwise."""
    cancelled = await tx.tasks.cancel(task_id, now := resources.clock(), now + resources.retention)
    if cancelled is not None:
        await tx.usage.give_back_task(cancelled)
        await tx.task_items.delete_for_task(task_id)
        data = task_event_data(task_id, cancelled.kind)
        await resources.outbox.add(tx, cancelled.user_id, "task.cancelled", **data)
    return cancelled


async def complete_cancellation(resources: JobResources, task_id: UUID) -> None:
    """Delete the inputs of a cancelled task and wake up who watches it."""
    await resources.vault.delete(task_id)
    resources.notifier.notify(task_id)
    _log.info("task.cancelled", task_id=str(task_id))
