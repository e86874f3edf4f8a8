"""The audit log: what happened to whose data, in a chain of hashes that shows where somebody changed it.

An entry is written in the transaction of the fact it tells, as its last statement, because writers take turns. People
are pseudonyms drawn at random and kept beside their key: when the key goes, the entries are of nobody.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

import structlog
from pydantic import JsonValue

from gwansang.core.clock import Clock
from gwansang.models.privacy import AuditEntry
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.protection.sealing import Sealer

Event = Literal[
    "account_created",
    "signed_in",
    "password_changed",
    "key_created",
    "key_revoked",
    "consent_granted",
    "consent_withdrawn",
    "exported",
    "erased",
    "admin_viewed",
    "admin_listed",
    "admin_changed",
    "retention_run",
    "keys_rotated",
]
SELF: Final = "self"
SERVICE: Final = "service"
OPERATOR: Final = "operator"
_CHUNK: Final = 1000


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What a check of the chain found; `broken_at` is the first entry that is not what was written, None for none."""

    entries: int
    broken_at: int | None
    reason: str
    head_seq: int
    head_hash: str


@dataclass(frozen=True, slots=True)
class AuditNote:
    """An entry as the one it is about may see it."""

    seq: int
    at: datetime
    event: str
    actor: str
    request_id: str | None
    facts: JsonValue
    sha256: str


class AuditLog:
    """Appends to the log, tells it and checks it."""

    def __init__(self, uow: UnitOfWork, sealer: Sealer, *, clock: Clock) -> None:
        self._uow = uow
        self._sealer = sealer
        self._clock = clock

    async def pseudonym(self, tx: Transaction, user_id: int) -> str:
        """Who this user is in the log."""
        return (await self._sealer.row(tx, user_id)).pseudonym.hex

    async def note(
        self, tx: Transaction, event: Event, of: int | str | None, by: int | str | None = None, **facts: JsonValue
    ) -> None:
        """Appends an entry: `of` whom (an id, or a pseudonym where the user is gone), and who did it where it was not
        they themselves. Nothing of a face, no name and no address belongs into the facts."""
        request_id = structlog.contextvars.get_contextvars().get("request_id")
        subject = await self.pseudonym(tx, of) if isinstance(of, int) else of
        actor = await self.pseudonym(tx, by) if isinstance(by, int) else by
        head = await tx.audit.get_head_for_update()
        entry = AuditEntry(
            seq=head.seq + 1,
            at=self._clock(),
            event=event,
            actor=actor or (SELF if request_id else OPERATOR),
            subject=subject,
            request_id=request_id,
            facts=facts,
        )
        entry.hash = link(head.hash, entry)
        await tx.audit.add(entry)
        head.seq, head.hash = entry.seq, entry.hash
        await tx.audit.flush()

    async def about(self, tx: Transaction, user_id: int) -> tuple[AuditNote, ...]:
        """What the log tells of a user."""
        row = await tx.user_keys.get(user_id)
        entries = await tx.audit.list_for_subject(row.pseudonym.hex) if row else ()
        return tuple(AuditNote(e.seq, e.at, e.event, e.actor, e.request_id, e.facts, e.hash) for e in entries)

    async def forget_before(self, tx: Transaction, moment: datetime) -> int:
        """Deletes older entries; the hash of the last of them stays, so that the rest can be checked."""
        last = await tx.audit.get_last_before(moment)
        if last is None:
            return 0
        head = await tx.audit.get_head_for_update()
        head.base_seq, head.base_hash = last.seq, last.hash
        await tx.audit.flush()
        return await tx.audit.delete_through(last.seq)

    async def verify(self) -> AuditCheck:
        """Follows the whole chain; what is appended or deleted for its age meanwhile is no fault."""
        while True:
            async with self._uow.read() as tx:
                head = await tx.audit.get_head()
                check = await _followed(tx, head.base_seq, head.base_hash, head.seq, head.hash)
            async with self._uow.read() as tx:
                begins = (await tx.audit.get_head()).base_seq
            if check.broken_at is None or begins == head.base_seq:
                return check


async def _followed(tx: Transaction, base: int, base_hash: str, end: int, end_hash: str) -> AuditCheck:
    seq, known, reason = base, base_hash, ""
    while not reason and seq < end:
        entries = await tx.audit.list_after(seq, _CHUNK)
        if not entries:
            reason = "entries are missing at the end"
        for entry in entries:
            if entry.seq > end or reason:
                break
            reason = _fault(entry, seq, known)
            if not reason:
                seq, known = entry.seq, entry.hash
    if not reason and known != end_hash:
        reason, seq = "the end is not the one that was written", seq - 1
    return AuditCheck(seq - base, seq + 1 if reason else None, reason, end, end_hash)


def _fault(entry: AuditEntry, seq: int, known: str) -> str:
    if entry.seq != seq + 1:
        return "an entry is missing"
    return "" if link(known, entry) == entry.hash else "the entry is not what was written"


def link(previous: str, entry: AuditEntry) -> str:
    """The hash of an entry: SHA-256 of the one before, a line break, and the entry as canonical JSON."""
    told = {
        "seq": entry.seq,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "event": entry.event,
        "actor": entry.actor,
        "subject": entry.subject,
        "request_id": entry.request_id,
        "facts": entry.facts,
    }
    canonical = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(f"{previous}\n{canonical}".encode()).hexdigest()
