"""Audit log: events about people's data, in a hash chain that reveals tampering.

An entry is written in the transaction of the event that it records, as its last statement, because writers take turns.
People are named by random pseudonyms that are stored with their key: deleting the key makes the entries anonymous.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final, Literal

import structlog
from pydantic import JsonValue

from gwansang.core.clock import Clock
from gwansang.core.paging import FIRST_PAGE, Page, PageRequest
from gwansang.models.base import from_row
from gwansang.models.privacy import AuditEntry, AuditHead
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.protection.sealing import Sealer

AuditEvent = Literal[
    "account_created",
    "signed_in",
    "password_changed",
    "address_changed",
    "address_restored",
    "identity_linked",
    "identity_removed",
    "key_created",
    "key_revoked",
    "consent_granted",
    "consent_withdrawn",
    "exported",
    "erased",
    "admin_viewed",
    "admin_listed",
    "admin_changed",
    "plan_changed",
    "retention_run",
    "keys_rotated",
    "webhook_created",
    "webhook_changed",
    "webhook_deleted",
    "address_vouched",
    "reset_mailed",
    "session_ended",
    "gallery_changed",
    "import_submitted",
    "task_cancelled",
    "task_retried",
    "audit_verified",
]
SELF: Final = "self"
SERVICE: Final = "service"
OPERATOR: Final = "operator"
_CHUNK: Final = 1000


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """Result of verifying the chain; `broken_at` is the first entry that was changed or is missing, None for none."""

    entries: int
    broken_at: int | None
    reason: str
    head_seq: int
    head_hash: str


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """An entry as the person it is about may see it."""

    seq: int
    at: datetime
    event: str
    actor: str
    request_id: str | None
    facts: JsonValue
    sha256: str


@dataclass(frozen=True, slots=True)
class AuditLine:
    """An entry as administrators see it, with the pseudonym of whom it is about."""

    seq: int
    at: datetime
    event: str
    actor: str
    subject: str | None
    facts: JsonValue


class AuditLog:
    """Appends to the log, lists entries and verifies the chain."""

    def __init__(self, uow: UnitOfWork, sealer: Sealer, *, clock: Clock) -> None:
        self._uow = uow
        self._sealer = sealer
        self._clock = clock

    async def pseudonym(self, tx: Transaction, user_id: int) -> str:
        """Return the user's name in the log."""
        return (await self._sealer.load_or_create_row(tx, user_id)).pseudonym.hex

    async def record(
        self,
        tx: Transaction,
        event: AuditEvent,
        subject: int | str | None,
        actor: int | str | None = None,
        **facts: JsonValue,
    ) -> None:
        """Append an entry.

        subject: whom it is about, as a user id, or as a pseudonym if the user is deleted. actor: who did it, if not
        the subject. facts: never data of a face, a name or an address.
        """
        request_id = structlog.contextvars.get_contextvars().get("request_id")
        subject = await self.pseudonym(tx, subject) if isinstance(subject, int) else subject
        actor = await self.pseudonym(tx, actor) if isinstance(actor, int) else actor
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
        entry.hash = entry_hash(head.hash, entry)
        await tx.audit.add(entry)
        head.seq, head.hash = entry.seq, entry.hash
        await tx.audit.flush()

    async def pseudonym_of(self, user_id: int) -> str | None:
        """Return the user's name in the log; None if there is none."""
        async with self._uow.read() as tx:
            row = await tx.user_keys.get(user_id)
        return row.pseudonym.hex if row else None

    async def page(self, request: PageRequest = FIRST_PAGE, subject: str | None = None) -> Page[AuditLine]:
        """Return a page of the entries, of all or about one pseudonym, newest first; raises InvalidPageError."""
        async with self._uow.read() as tx:
            rows = await tx.audit.page(request, subject)
        return rows.map(partial(from_row, AuditLine))

    async def list_for_user(self, tx: Transaction, user_id: int) -> tuple[AuditRecord, ...]:
        """Return the entries about a user."""
        row = await tx.user_keys.get(user_id)
        entries = await tx.audit.list_for_subject(row.pseudonym.hex) if row else ()
        return tuple(AuditRecord(e.seq, e.at, e.event, e.actor, e.request_id, e.facts, e.hash) for e in entries)

    async def delete_before(self, tx: Transaction, moment: datetime) -> int:
        """Delete older entries and return their number; the hash of the last of them stays, to verify the rest."""
        last = await tx.audit.get_last_before(moment)
        if last is None:
            return 0
        head = await tx.audit.get_head_for_update()
        head.base_seq, head.base_hash = last.seq, last.hash
        await tx.audit.flush()
        return await tx.audit.delete_through(last.seq)

    async def verify_for(self, by: int) -> AuditCheck:
        """Verify the whole chain for an administrator, and record that and the result."""
        check = await self.verify()
        async with self._uow.write() as tx:
            await self.record(tx, "audit_verified", None, by, entries=check.entries, broken_at=check.broken_at)
        return check

    async def verify(self) -> AuditCheck:
        """Verify the whole chain, while entries may be appended or deleted for their age."""
        while True:
            async with self._uow.read() as tx:
                head = await tx.audit.get_head()
                check = await _verify_chain(tx, head)
            async with self._uow.read() as tx:
                base_seq = (await tx.audit.get_head()).base_seq
            if check.broken_at is None or base_seq == head.base_seq:
                return check


async def _verify_chain(tx: Transaction, head: AuditHead) -> AuditCheck:
    seq, last_hash, reason = head.base_seq, head.base_hash, ""
    while not reason and seq < head.seq:
        entries = await tx.audit.list_after(seq, _CHUNK)
        if not entries:
            reason = "entries are missing at the end"
        for entry in entries:
            if entry.seq > head.seq or reason:
                break
            reason = _entry_fault(entry, seq, last_hash)
            if not reason:
                seq, last_hash = entry.seq, entry.hash
    if not reason and last_hash != head.hash:
        reason, seq = "the end is not the one that was written", seq - 1
    return AuditCheck(seq - head.base_seq, seq + 1 if reason else None, reason, head.seq, head.hash)


def _entry_fault(entry: AuditEntry, previous_seq: int, previous_hash: str) -> str:
    if entry.seq != previous_seq + 1:
        return "an entry is missing"
    return "" if entry_hash(previous_hash, entry) == entry.hash else "the entry is not what was written"


def entry_hash(previous_hash: str, entry: AuditEntry) -> str:
    """Return SHA-256 of the previous entry's hash, a line break, and the entry as canonical JSON."""
    content = {
        "seq": entry.seq,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "event": entry.event,
        "actor": entry.actor,
        "subject": entry.subject,
        "request_id": entry.request_id,
        "facts": entry.facts,
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(f"{previous_hash}\n{canonical}".encode()).hexdigest()
