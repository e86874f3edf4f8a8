"""Creating calls under an Idempotency-Key: the same call again creates nothing, and finds what it created.

Only the id of what was created is stored, in the transaction that creates it. Calls with one key at once take turns;
of those in several processes one commits, and the others fail at the unique constraint or at what the first created,
and their whole transaction with it. So nothing is left to clean up if a process dies, and neither answers nor secrets
nor data of a face are stored.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final, NoReturn, Self, TypeVar
from uuid import UUID

from gwansang.core.clock import Clock
from gwansang.core.exceptions import AppError, Conflict, InvalidInput
from gwansang.core.turns import Turns
from gwansang.models import IdempotencyRecord
from gwansang.repositories.idempotency import CreatedMeanwhileError
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork

__all__ = [
    "AlreadyCreatedError",
    "CreatedMeanwhileError",
    "IdempotencyKeyReusedError",
    "IdempotencyService",
    "IdempotentRequest",
    "RecordCreation",
    "refuse_second_secret",
]
T = TypeVar("T")
RecordCreation = Callable[[Transaction, UUID | int], Awaitable[None]]
"""Records the id of what a service creates, as the last statement of the transaction that creates it."""
KEPT_HOURS: Final = 24


class IdempotencyKeyReusedError(InvalidInput):
    code = "IDEMPOTENCY_KEY_REUSED"
    title = "This Idempotency-Key was used for another request"


class AlreadyCreatedError(Conflict):
    """Carries `id`, that of what the first call created, in its context. Its secret was in the first answer alone."""

    code = "ALREADY_CREATED"
    title = "The same request has created this already"


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A creating call and its key, both as digests; that of the call depends on the key, so that nobody who has seen
    the call but not its key can recognise it."""

    user_id: int
    operation: str
    key_sha256: str
    request_sha256: str

    @classmethod
    def of(cls, user_id: int, operation: str, key: str, content: Iterable[bytes]) -> Self:
        """Digest a call; `content`: the parts that make it what it is."""
        digest = hashlib.sha256()
        for part in (key.encode(), *content):
            digest.update(len(part).to_bytes(8))
            digest.update(part)
        return cls(user_id, operation, hashlib.sha256(key.encode()).hexdigest(), digest.hexdigest())


class IdempotencyService:
    """Finds and records what calls created."""

    def __init__(self, uow: UnitOfWork, *, clock: Clock, new_id: Callable[[], UUID]) -> None:
        self._uow = uow
        self._clock = clock
        self._new_id = new_id
        self._turns = Turns()

    async def run(
        self,
        request: IdempotentRequest,
        create: Callable[[RecordCreation], Awaitable[T]],
        replay: Callable[[str], Awaitable[T]],
    ) -> T:
        """Return what `create` creates, or what `replay` returns for the id that the same call created before or at
        the same time. Raises IdempotencyKeyReusedError, and as the two do."""
        async with self._turns.of((request.user_id, request.operation, request.key_sha256)):
            return await self._run(request, create, replay)

    async def _run(
        self,
        request: IdempotentRequest,
        create: Callable[[RecordCreation], Awaitable[T]],
        replay: Callable[[str], Awaitable[T]],
    ) -> T:
        created_id = await self._find(request)
        if created_id is not None:
            return await replay(created_id)
        try:
            return await create(partial(self._record, request))
        except AppError:  # an equal call of another process may have created it meanwhile: a name, the last of a limit
            created_id = await self._find(request)
            if created_id is None:
                raise
            return await replay(created_id)

    async def _find(self, request: IdempotentRequest) -> str | None:
        async with self._uow.read() as tx:
            row = await tx.idempotency.get_valid(request.user_id, request.operation, request.key_sha256, self._clock())
        if row is None:
            return None
        if row.request_sha256 != request.request_sha256:
            raise IdempotencyKeyReusedError("This Idempotency-Key was used for another request; use a new one.")
        return row.created_id

    async def _record(self, request: IdempotentRequest, tx: Transaction, created_id: UUID | int) -> None:
        now = self._clock()
        await tx.idempotency.delete_expired(now, request.user_id)  # frees their keys
        await tx.idempotency.add(
            IdempotencyRecord(
                id=self._new_id(),
                user_id=request.user_id,
                operation=request.operation,
                key_sha256=request.key_sha256,
                request_sha256=request.request_sha256,
                created_id=str(created_id),
                created_at=now,
                expires_at=now + timedelta(hours=KEPT_HOURS),
            )
        )


async def refuse_second_secret(created_id: str) -> NoReturn:
    """Raise AlreadyCreatedError, because what was created showed a secret in the first answer alone."""
    raise AlreadyCreatedError("This was created already; its secret was in the first answer alone.", id=created_id)
