"""The end of an account: its rows and its key in one transaction, and after it what lies outside the database.

Whoever dies between the two leaves a row that names nobody, and a chore goes on from there.
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
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.protection.audit import AuditLog
from gwansang.services.protection.photo_bin import PhotoBin

_log = structlog.get_logger("gwansang.privacy")
ForgetInputs = Callable[[UUID], Awaitable[None]]  # of a task
ForgetMails = Callable[[str], Awaitable[None]]  # to an address
_IDS = TypeAdapter(list[UUID])
_BATCH: Final = 50
_HEAD_START: Final = timedelta(minutes=1)  # for whoever began it
# Where rows of a user are; a server gives their space back, and what is in it, when the retention run vacuums them.
TABLES: Final = (
    *("users", "user_keys", "token_families", "socket_tickets", "api_keys", "mail_tokens", "consents"),
    *("analyses", "user_profiles", "photos", "tasks", "task_items"),
)


class LastAdminError(Conflict):
    """Nobody could make another administrator any more."""

    code = "LAST_ADMIN"
    title = "This is the last administrator"


class ErasureService:
    """Erases accounts, completely."""

    def __init__(
        self,
        uow: UnitOfWork,
        audit: AuditLog,
        forget_inputs: ForgetInputs,
        forget_mails: ForgetMails,
        photo_bin: PhotoBin,
        *,
        clock: Clock,
        new_id: Callable[[], UUID],
    ) -> None:
        self._uow = uow
        self._audit = audit
        self._forget_inputs = forget_inputs
        self._forget_mails = forget_mails
        self._bin = photo_bin
        self._clock = clock
        self._new_id = new_id

    async def erase(self, user_id: int, by: int | str | None = None) -> bool:
        """Erases an account and everything of it; False where there is none. Raises LastAdminError."""
        async with self._uow.write() as tx:
            await refuse_last_admin(tx, user_id)
            user = await tx.users.get_for_update(user_id)
            if user is None:
                return False
            subject = await self._audit.pseudonym(tx, user_id)
            actor = await self._audit.pseudonym(tx, by) if isinstance(by, int) else by
            left = await self.forget_tasks(tx, user_id)
            photos = await tx.photos.discard(user_id, self._clock())
            await tx.users.delete(user_id)
            await self._audit.note(tx, "erased", subject, actor)
        _log.info("account.erased")
        await self._forget_mails(user.email)
        await self._bin.empty(photos)
        await self.complete(left)
        return True

    async def forget_tasks(self, tx: Transaction, user_id: int, kinds: Sequence[str] | None = None) -> Erasure:
        """Deletes the user's tasks, or those of some kinds, with what they produced; whoever works on one finds it
        gone. To be followed by `complete` after the transaction, which deletes what was submitted."""
        tasks = await tx.tasks.delete_for_user(user_id, kinds)
        due_at = self._clock() + _HEAD_START
        return await tx.erasures.add(Erasure(id=self._new_id(), tasks=[str(task) for task in tasks], due_at=due_at))

    async def complete(self, left: Erasure) -> None:
        """Deletes what lies outside the database; what can't be deleted now is swept."""
        try:
            await self._complete(left)
        except Unavailable:
            _log.warning("erasure.left_for_the_sweep")

    async def sweep(self) -> int:
        """Goes on with erasures that somebody had to leave, and says how many came to their end."""
        async with self._uow.read() as tx:
            due = await tx.erasures.list_due(self._clock(), _BATCH)
        return sum([await self._complete(one) for one in due])

    async def _complete(self, left: Erasure) -> bool:
        for task_id in _IDS.validate_python(left.tasks):
            await self._forget_inputs(task_id)
        async with self._uow.write() as tx:
            await tx.erasures.delete(left.id)
        if await self._uow.compact():
            return True
        async with self._uow.write() as tx:  # somebody reads an old state just now, so the log of changes has to stay
            await tx.erasures.add(Erasure(id=self._new_id(), tasks=[], due_at=self._clock() + _HEAD_START))
        return False


async def refuse_last_admin(tx: Transaction, user_id: int) -> None:
    """Raises LastAdminError where nobody else is an active administrator; to be asked before any user is locked, so
    that two administrators can't remove each other."""
    admins = await tx.users.list_admins_for_update()
    if [admin.id for admin in admins] == [user_id]:
        message = "You are the last administrator; make somebody else one first."
        raise LastAdminError(message)
