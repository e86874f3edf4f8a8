"""Who agreed to what, when, and to which text; a withdrawal acts at once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from gwansang.core.clock import Clock
from gwansang.core.exceptions import Conflict, Forbidden
from gwansang.models.account import Consent
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.accounts.user_service import found
from gwansang.services.protection.audit import AuditLog
from gwansang.services.protection.consent_texts import PURPOSES, ConsentTexts, Purpose
from gwansang.services.protection.erasure import ErasureService
from gwansang.services.protection.photo_bin import PhotoBin
from gwansang.texts import DEFAULT_LOCALE, Locale

_log = structlog.get_logger("gwansang.consents")
_READINGS: Final = ("face", "batch", "video")  # the kinds of tasks that rest on the consent to `reading`


class ConsentRequiredError(Forbidden):
    """Carries `purpose` and `version` in its context."""

    code = "CONSENT_REQUIRED"
    title = "This needs a consent"


class ConsentVersionError(Conflict):
    """Carries `purpose` and `version`, the one in force, in its context."""

    code = "CONSENT_VERSION_OUTDATED"
    title = "The text of this consent has changed"


@dataclass(frozen=True, slots=True)
class ConsentState:
    """A purpose with the text in force, and whether the user agrees.

    granted_version, granted_locale, granted_text_sha256, granted_at and withdrawn_at are those of the latest row of
    the ledger, None where the user never agreed; `text_sha256` is the digest of `text`.
    """

    purpose: Purpose
    granted: bool
    version: int
    text: str
    text_sha256: str
    granted_version: int | None
    granted_locale: str | None
    granted_text_sha256: str | None
    granted_at: datetime | None
    withdrawn_at: datetime | None


class ConsentService:
    """The ledger of consents."""

    def __init__(
        self,
        uow: UnitOfWork,
        texts: ConsentTexts,
        audit: AuditLog,
        erasures: ErasureService,
        photo_bin: PhotoBin,
        *,
        clock: Clock,
    ) -> None:
        self._uow = uow
        self._texts = texts
        self._audit = audit
        self._erasures = erasures
        self._bin = photo_bin
        self._clock = clock

    async def states(self, user_id: int, locale: Locale = DEFAULT_LOCALE) -> tuple[ConsentState, ...]:
        """Every purpose with its state."""
        async with self._uow.read() as tx:
            latest = await tx.consents.latest_by_purpose(user_id)
        return tuple(self._state(purpose, latest.get(purpose), locale) for purpose in PURPOSES)

    async def grant(
        self, user_id: int, purpose: Purpose, locale: Locale = DEFAULT_LOCALE, version: int | None = None
    ) -> ConsentState:
        """Notes that the user agrees to the text in force, which has to be `version` where one is given; agreeing
        again changes nothing. Raises ConsentVersionError, UserNotFoundError."""
        text = self._texts[purpose]
        if version is not None and version != text.version:
            message = f"The text in force is version {text.version}; show it and ask again."
            raise ConsentVersionError(message, purpose=purpose, version=text.version)
        now = self._clock()
        async with self._uow.write() as tx:
            found(await tx.users.get_for_update(user_id))
            row = await tx.consents.get_active(user_id, purpose)
            if row is None or row.version != text.version:
                await tx.consents.withdraw(user_id, purpose, now)  # of an older text
                row = await tx.consents.add(self._texts.granted(user_id, purpose, locale, now))
                await self._audit.note(tx, "consent_granted", user_id, purpose=purpose, version=row.version)
        _log.info("consent.granted", user_id=user_id, purpose=purpose, version=row.version)
        return self._state(purpose, row, locale)

    async def withdraw(self, user_id: int, purpose: Purpose, locale: Locale = DEFAULT_LOCALE) -> ConsentState:
        """Notes that the user does not agree any more and deletes what rested on it; doing it again changes nothing.
        Raises UserNotFoundError."""
        photos: tuple[str, ...] = ()
        async with self._uow.write() as tx:
            found(await tx.users.get_for_update(user_id))
            withdrawn = await tx.consents.withdraw(user_id, purpose, self._clock())
            if purpose in ("history", "retain_photo"):
                photos = await tx.photos.discard(user_id, self._clock())
            if purpose == "history":
                await tx.analyses.delete_for_user(user_id)
                await tx.profiles.delete(user_id)
            tasks = await self._erasures.forget_tasks(tx, user_id, _READINGS) if purpose == "reading" else None
            row = (await tx.consents.latest_by_purpose(user_id)).get(purpose)
            if withdrawn:
                await self._audit.note(tx, "consent_withdrawn", user_id, purpose=purpose)
        await self._bin.empty(photos)
        if tasks is not None:
            await self._erasures.complete(tasks)
        _log.info("consent.withdrawn", user_id=user_id, purpose=purpose)
        return self._state(purpose, row, locale)

    async def require(self, user_id: int, purpose: Purpose) -> None:
        """Raises ConsentRequiredError unless the user agrees."""
        async with self._uow.read() as tx:
            given = await self.given(tx, user_id, purpose)
        if not given:
            version = self._texts[purpose].version
            message = f"This needs your consent to the purpose {purpose}, version {version}."
            raise ConsentRequiredError(message, purpose=purpose, version=version)

    async def given(self, tx: Transaction, user_id: int, purpose: Purpose, since_version: int = 1) -> bool:
        """Whether the user agrees, and to a text not older than `since_version`, as seen by a transaction."""
        row = await tx.consents.get_active(user_id, purpose)
        return row is not None and row.version >= since_version and self._holds(row, purpose)

    def _holds(self, row: Consent | None, purpose: Purpose) -> bool:
        return row is not None and row.withdrawn_at is None and row.version >= self._texts[purpose].valid_from

    def _state(self, purpose: Purpose, row: Consent | None, locale: Locale) -> ConsentState:
        text = self._texts[purpose]
        return ConsentState(
            purpose=purpose,
            granted=self._holds(row, purpose),
            version=text.version,
            text=text.words(locale),
            text_sha256=text.sha256(locale),
            granted_version=row.version if row else None,
            granted_locale=row.locale if row else None,
            granted_text_sha256=row.text_sha256 if row else None,
            granted_at=row.granted_at if row else None,
            withdrawn_at=row.withdrawn_at if row else None,
        )
