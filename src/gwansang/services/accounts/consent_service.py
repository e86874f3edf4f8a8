"""The ledger of consents: purpose, time and text of each; a withdrawal deletes at once what rested on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from gwansang.core.clock import Clock
from gwansang.core.exceptions import Conflict, Forbidden
from gwansang.models.account import Consent
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.accounts.user_service import require_proven, require_user
from gwansang.services.protection.audit import AuditLog
from gwansang.services.protection.consent_texts import PURPOSES, ConsentTexts, Purpose
from gwansang.services.protection.erasure import ErasureService
from gwansang.services.protection.photo_cleaner import PhotoCleaner
from gwansang.services.webhooks.outbox import WebhookOutbox
from gwansang.texts import DEFAULT_LOCALE, Locale

_log = structlog.get_logger("gwansang.consents")
_OF_PROVEN: Final[Sequence[Purpose]] = ("history", "retain_photo")  # nothing is kept for an address of somebody else


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
    """A purpose with the text in force and the state of the user's consent.

    granted_version, granted_locale, granted_text_sha256, granted_at and withdrawn_at are those of the ledger's latest
    row, None if there is none; `text_sha256` is the digest of `text`.
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


@dataclass(frozen=True, slots=True)
class ConsentCount:
    """Number of users whose consent to a version of a text is granted, and of consents to it that were withdrawn."""

    purpose: str
    version: int
    granted: int
    withdrawn: int


class ConsentService:
    """Grants, withdraws and checks consents; `task_kinds` returns the kinds of tasks that rest on a consent."""

    def __init__(
        self,
        uow: UnitOfWork,
        texts: ConsentTexts,
        audit: AuditLog,
        erasures: ErasureService,
        photo_cleaner: PhotoCleaner,
        task_kinds: Callable[[Purpose], Sequence[str]],
        outbox: WebhookOutbox,
        *,
        clock: Clock,
    ) -> None:
        self._uow = uow
        self._texts = texts
        self._audit = audit
        self._erasures = erasures
        self._photo_cleaner = photo_cleaner
        self._task_kinds = task_kinds
        self._outbox = outbox
        self._clock = clock

    async def states(self, user_id: int, locale: Locale = DEFAULT_LOCALE) -> tuple[ConsentState, ...]:
        """Return the state of every purpose."""
        async with self._uow.read() as tx:
            latest = await tx.consents.latest_by_purpose(user_id)
        return tuple(self._state(purpose, latest.get(purpose), locale) for purpose in PURPOSES)

    async def counts(self) -> tuple[ConsentCount, ...]:
        """Return how many consents there are, by purpose and version."""
        async with self._uow.read() as tx:
            counts = await tx.consents.count_by_purpose_and_version()
        return tuple(ConsentCount(*key, *numbers) for key, numbers in sorted(counts.items()))

    async def grant(
        self, user_id: int, purpose: Purpose, locale: Locale = DEFAULT_LOCALE, version: int | None = None
    ) -> ConsentState:
        """Store the consent to the text in force, which must be `version` if that is given; granting again changes
        nothing. Raises ConsentVersionError, EmailUnverifiedError, UserNotFoundError."""
        text = self._texts[purpose]
        if version is not None and version != text.version:
            message = f"The text in force is version {text.version}; show it and ask again."
            raise ConsentVersionError(message, purpose=purpose, version=text.version)
        now = self._clock()
        async with self._uow.write() as tx:
            user = require_user(await tx.users.get_for_update(user_id))
            if purpose in _OF_PROVEN:
                require_proven(user)
            row = await tx.consents.get_active(user_id, purpose)
            if row is None or row.version != text.version:
                await tx.consents.withdraw(user_id, purpose, now)  # the consent to an older text
                row = await tx.consents.add(self._texts.new_consent(user_id, purpose, locale, now))
                await self._audit.record(tx, "consent_granted", user_id, purpose=purpose, version=row.version)
        _log.info("consent.granted", user_id=user_id, purpose=purpose, version=row.version)
        return self._state(purpose, row, locale)

    async def withdraw(self, user_id: int, purpose: Purpose, locale: Locale = DEFAULT_LOCALE) -> ConsentState:
        """Withdraw the consent and delete the data that rested on it; withdrawing again changes nothing. Raises
        UserNotFoundError."""
        photos: tuple[str, ...] = ()
        async with self._uow.write() as tx:
            require_user(await tx.users.get_for_update(user_id))
            withdrawn = await tx.consents.withdraw(user_id, purpose, self._clock())
            if purpose in ("history", "retain_photo"):
                photos = await tx.photos.discard(user_id, self._clock())
            if purpose == "history":
                await tx.analyses.delete_for_user(user_id)
                await tx.profiles.delete(user_id)
            if purpose == "improve":
                await tx.feedback_answers.delete_for_user(user_id)
            kinds = self._task_kinds(purpose)
            tasks = await self._erasures.delete_tasks(tx, user_id, kinds) if kinds else None
            row = (await tx.consents.latest_by_purpose(user_id)).get(purpose)
            if withdrawn:
                await self._outbox.add(
                    tx, user_id, "data.erased", account_id=user_id, reason="consent", purpose=purpose
                )
                await self._audit.record(tx, "consent_withdrawn", user_id, purpose=purpose)
        await self._photo_cleaner.delete(photos)
        if tasks is not None:
            await self._erasures.complete(tasks)
        _log.info("consent.withdrawn", user_id=user_id, purpose=purpose)
        return self._state(purpose, row, locale)

    async def require(self, user_id: int, purpose: Purpose, since_version: int = 1) -> None:
        """Raise ConsentRequiredError unless the consent is granted, to a text not older than `since_version`."""
        async with self._uow.read() as tx:
            await self.require_in(tx, user_id, purpose, since_version)

    async def require_in(self, tx: Transaction, user_id: int, purpose: Purpose, since_version: int = 1) -> None:
        """Do what `require` does, in a transaction that also writes what rests on the consent."""
        if not await self.is_granted(tx, user_id, purpose, since_version):
            version = self._texts[purpose].version
            message = f"This needs your consent to the purpose {purpose}, version {version}."
            raise ConsentRequiredError(message, purpose=purpose, version=version)

    async def is_granted(self, tx: Transaction, user_id: int, purpose: Purpose, since_version: int = 1) -> bool:
        """Return whether the consent is granted, to a text not older than `since_version`, and, if something is kept on
        it, whether the user has proven the address."""
        row = await tx.consents.get_active(user_id, purpose)
        if row is None or row.version < since_version or not self._is_valid(row, purpose):
            return False
        if purpose not in _OF_PROVEN:
            return True
        user = await tx.users.get(user_id)
        return user is not None and user.email_verified

    def _is_valid(self, row: Consent | None, purpose: Purpose) -> bool:
        return row is not None and row.withdrawn_at is None and row.version >= self._texts[purpose].valid_from

    def _state(self, purpose: Purpose, row: Consent | None, locale: Locale) -> ConsentState:
        text = self._texts[purpose]
        return ConsentState(
            purpose=purpose,
            granted=self._is_valid(row, purpose),
            version=text.version,
            text=text.text(locale),
            text_sha256=text.sha256(locale),
            granted_version=row.version if row else None,
            granted_locale=row.locale if row else None,
            granted_text_sha256=row.text_sha256 if row else None,
            granted_at=row.granted_at if row else None,
            withdrawn_at=row.withdrawn_at if row else None,
        )
