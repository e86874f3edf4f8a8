"""Changes of the gallery: each increments its version, is recorded in the audit log, and reaches the search."""

from typing import Literal, TypeAlias

import structlog

from gwansang.repositories.unit_of_work import Transaction
from gwansang.services.lookalike.gallery_search import GallerySearch
from gwansang.services.protection.audit import AuditLog

_log = structlog.get_logger("gwansang.gallery")
Actor: TypeAlias = int | str | None
"""Who changes something: the id of an administrator, a word of the audit log, or None for an operator."""
GalleryChange = Literal[
    "person_added", "person_changed", "person_removed", "photo_added", "photo_renewed", "photo_removed"
]


class GalleryChanges:
    """Records and announces changes."""

    def __init__(self, search: GallerySearch, audit: AuditLog) -> None:
        self._search = search
        self._audit = audit

    async def record(self, tx: Transaction, change: GalleryChange, celebrity_id: int, by: Actor) -> None:
        """Count a change in its transaction and append it to the audit log, as the last statement."""
        await tx.gallery_version.bump()
        await self._audit.record(tx, "gallery_changed", None, by, change=change, person=celebrity_id)

    def announce(self, change: GalleryChange, celebrity_id: int) -> None:
        """Log a change and let the search load it."""
        _log.info("gallery.changed", change=change, celebrity_id=celebrity_id)
        self._search.notify_change()
