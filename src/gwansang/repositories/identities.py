"""Identities of users at providers, and sign-ins with a provider that are under way; only digests are stored."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import select, update

from gwansang.core.exceptions import Conflict
from gwansang.models import Identity, ProviderSignIn
from gwansang.repositories.base import Repository


class IdentityTakenError(Conflict):
    code = "IDENTITY_TAKEN"
    title = "Another account signs in with this"


class ProviderLinkedError(Conflict):
    code = "PROVIDER_LINKED"
    title = "This account is linked to this provider already"


class IdTokenUsedError(Conflict):
    code = "ID_TOKEN_USED"
    title = "This ID token was used before"


class Identities(Repository[Identity]):
    model = Identity
    conflicts: ClassVar = {
        "uq_identities_provider_subject_hash": (IdentityTakenError, "Another account signs in with this one."),
        "uq_identities_user_id_provider": (ProviderLinkedError, "Remove the one that is linked first."),
    }

    async def get_by_subject(self, provider: str, subject_hash: str) -> Identity | None:
        """Return the identity with the digest of an id at a provider."""
        return await self._one(
            select(Identity).where(Identity.provider == provider, Identity.subject_hash == subject_hash)
        )

    async def list_for_user(self, user_id: int) -> tuple[Identity, ...]:
        """Return the user's identities, oldest first."""
        return await self._all(
            select(Identity).where(Identity.user_id == user_id).order_by(Identity.created_at, Identity.id)
        )

    async def mark_used(self, identity_id: UUID, now: datetime) -> bool:
        """Store the time of a sign-in; return False if the identity was removed meanwhile."""
        return await self._execute(update(Identity).where(Identity.id == identity_id).values(last_used_at=now)) > 0

    async def delete(self, user_id: int, provider: str) -> bool:
        """Remove the user's identity at a provider; return False if there is none."""
        return await self._delete(Identity.user_id == user_id, Identity.provider == provider) > 0

    async def delete_for_user(self, user_id: int) -> None:
        """Remove every identity of a user."""
        await self._delete(Identity.user_id == user_id)


class ProviderSignIns(Repository[ProviderSignIn]):
    model = ProviderSignIn
    conflicts: ClassVar = {
        "uq_provider_sign_ins_secret_hash": (IdTokenUsedError, "This ID token was used before; get a new one.")
    }

    async def consume(
        self, stage: str, secret_hash: str, browser_hash: str, now: datetime, provider: str | None = None
    ) -> ProviderSignIn | None:
        """Delete and return what a browser began at this stage; return None if there is none, it has expired, is of
        another browser or provider, or another request used it first."""
        own = [ProviderSignIn.stage == stage, ProviderSignIn.secret_hash == secret_hash]
        own += [ProviderSignIn.browser_hash == browser_hash, ProviderSignIn.expires_at > now]
        own += [] if provider is None else [ProviderSignIn.provider == provider]
        row = await self._one(select(ProviderSignIn).where(*own))
        if row is None:
            return None
        self._session.expunge(row)
        return row if await self._delete(*own) > 0 else None

    async def delete_for_user(self, user_id: int) -> None:
        """End every sign-in with a provider that is under way for a user."""
        await self._delete(ProviderSignIn.user_id == user_id)

    async def delete_expired(self, now: datetime) -> int:
        """Delete expired rows of all users and return their number."""
        return await self._delete(ProviderSignIn.expires_at <= now)
