"""Erasure of accounts: rows and key in one transaction, then the files and mails outside the database.

A process that dies between the two leaves a row in `erasures`, which names nobody; the sweep continues from it.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from pydantic import TypeAdapter

from gwansang.core.clock import Clock
from gwansang.core.exceptions import Conflict, Unavailable
from gwansang.models.privacy import Erasure
from gwansang.repositories.tasks import UNFINISHED
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.protection.audit import AuditLog
from gwansang.services.protection.photo_cleaner import PhotoCleaner

_log = structlog.get_logger("gwansang.privacy")
DeleteInputs = Callable[[UUID], Awaitable[None]]  # of a task
DeleteMails = Callable[[str], Awaitable[None]]  # to an address
Announce = Callable[[Transaction, int], Awaitable[None]]  # that a user is erased, in the transaction that does it
_IDS = TypeAdapter(list[UUID])
_BATCH: Final = 50
_GRACE: Final = timedelta(minutes=1)  # before the sweep takes an erasure from the process that began it
# Tables with rows of users; the retention run vacuums them, because a server keeps deleted rows on disk until then.
USER_TABLES: Final = (
    *("users", "user_keys", "token_families", "socket_tickets", "api_keys", "mail_tokens", "consents"),
    *("identities", "provider_sign_ins"),
    *("analyses", "invitations", "feedback_answers", "shares", "user_profiles", "photos", "tasks", "task_items"),
    *("webhooks", "webhook_deliveries", "webhook_attempts"),
    *("monthly_usage", "idempotency_records"),
)


class LastAdminError(Conflict):
    """Without this account no administrator could be made any more."""

    code = "LAST_ADMIN"
    title = "This is the last administrator"


class ErasureService:
    """Erases accounts, and tasks whose consent was withdrawn."""

    def __init__(
        self,
        uow: UnitOfWork,
        audit: AuditLog,
        delete_inputs: DeleteInputs,
        delete_mails: DeleteMails,
        photo_cleaner: PhotoCleaner,
        announce: Announce,
        *,
        clock: Clock,
        new_id: Callable[[], UUID],
    ) -> None:
        self._uow = uow
        self._announce = announce
        self._audit = audit
        self._delete_inputs = delete_inputs
        self._delete_mails = delete_mails
        self._photo_cleaner = photo_cleaner
        self._clock = clock
        self._new_id = new_id

    async def erase(self, user_id: int, by: int | str | None = None) -> bool:
        """Erase an account and everything that belongs to it; return False if there is none. Raises LastAdminError."""
        async with self._uow.write() as tx:
            await ensure_not_last_admin(tx, user_id)
            user = await tx.users.get_for_update(user_id)
            if user is None:
                return False
            subject = await self._audit.pseudonym(tx, user_id)
            actor = await self._audit.pseudonym(tx, by) if isinstance(by, int) else by
            erasure = await self.delete_tasks(tx, user_id)
            photos = await tx.photos.discard(user_id, self._clock())
            addresses = {user.email, *filter(None, await tx.mail_tokens.list_addresses(user_id))}
            await self._announce(tx, user_id)
            await tx.users.delete(user_id)
            await self._audit.record(tx, "erased", subject, actor)
        _log.info("account.erased")
        for address in addresses:
            await self._delete_mails(address)
        await self._photo_cleaner.delete(photos)
        await self.complete(erasure)
        return True

    async def delete_tasks(self, tx: Transaction, user_id: int, kinds: Sequence[str] | None = None) -> Erasure:
        """Delete the user's tasks, or those of some kinds, with their results; a worker that runs one finds it gone.
        Call `complete` after the transaction to delete the inputs."""
        tasks = await tx.tasks.delete_for_user(user_id, kinds)
        for task in tasks:
            if task.status in UNFINISHED:
                await tx.usage.give_back_task(task)
        due_at = self._clock() + _GRACE
        return await tx.erasures.add(Erasure(id=self._new_id(), tasks=[str(task.id) for task in tasks], due_at=due_at))

    async def complete(self, erasure: Erasure) -> None:
        """Delete what lies outside the database; the sweep deletes what can't be deleted now."""
        try:
            await self._complete(erasure)
        except Unavailable:
            _log.warning("erasure.deferred")

    async def sweep(self) -> int:
        """Continue unfinished erasures and return how many were finished."""
        async with self._uow.read() as tx:
            due = await tx.erasures.list_due(self._clock(), _BATCH)
        return sum([await self._complete(erasure) for erasure in due])

    async def _complete(self, erasure: Erasure) -> bool:
        for task_id in _IDS.validate_python(erasure.tasks):
            await self._delete_inputs(task_id)
        async with self._uow.write() as tx:
            await tx.erasures.delete(erasure.id)
        if await self._uow.compact():
            return True
        async with self._uow.write() as tx:  # a reader holds an older state, so the write-ahead log can't be truncated
            await tx.erasures.add(Erasure(id=self._new_id(), tasks=[], due_at=self._clock() + _GRACE))
        return False


async def ensure_not_last_admin(tx: Transaction, user_id: int) -> None:
    """Raise LastAdminError if the user is the only active administrator. Call it before any user is locked, so that
    two administrators can't remove each other."""
    admins = await tx.users.list_admins_for_update()
    if [admin.id for admin in admins] == [user_id]:
        message = "You are the last administrator; make somebody else one first."
        raise LastAdminError(message)
