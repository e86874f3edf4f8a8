"""Profiles of users' faces: averaged measures and the shapes of the last reading, no photo and no points."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from pydantic import TypeAdapter

from gwansang.core.exceptions import Unavailable
from gwansang.models import UserProfile
from gwansang.models.base import from_row
from gwansang.reading.measurements import MEASURE_VERSION, MEASURES_BY_KEY, MeasuredValue, Measures
from gwansang.reading.profile import Profile
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.accounts.consent_service import ConsentService
from gwansang.services.protection.sealed_faces import seal_face, unseal_face
from gwansang.services.protection.sealing import DataKey, Sealer

_log = structlog.get_logger("gwansang.profiles")
_CONSENT_VERSION: Final = 2  # of `history`; the first that covers remembering the face


class ProfileBusyError(Unavailable):
    """Another reading has updated the profile in between. Carries `retry_after_s` in its context."""

    code = "PROFILE_BUSY"
    title = "Too many readings of one face at once"


@dataclass(frozen=True, slots=True)
class VersionedProfile:
    """A profile; version: the id of the analysis that last updated it."""

    profile: Profile
    version: UUID


@dataclass(frozen=True, slots=True)
class ProfileUpdate:
    """A profile to store; replaces: the version it was computed from, None if there was no profile."""

    profile: Profile
    replaces: UUID | None
    version: UUID
    updated_at: datetime
    norms_id: str
    engine_version: str


@dataclass(frozen=True, slots=True)
class KeptProfile:
    """A profile for its owner; measures are by public name."""

    photos: int
    updated_at: datetime
    measures: Mapping[str, MeasuredValue]
    shapes: Mapping[str, str]
    norms_id: str
    engine_version: str


@dataclass(frozen=True, slots=True)
class _Content:
    """Sealed content of a row; measures: by key. Rows of older releases also hold the asymmetry of the face."""

    measures: Mapping[str, MeasuredValue]
    shapes: Mapping[str, str]


_CONTENT = TypeAdapter(_Content)


class ProfileService:
    """Profiles of users who consent to being remembered."""

    def __init__(self, uow: UnitOfWork, sealer: Sealer, consents: ConsentService) -> None:
        self._uow = uow
        self._sealer = sealer
        self._consents = consents

    async def load(self, user_id: int) -> VersionedProfile | None:
        """Return the profile of this user; None without one or without consent."""
        async with self._uow.read() as tx:
            if not await self._has_consent(tx, user_id):
                return None
            row = await tx.profiles.get(user_id)
            if row is None:
                return None
            key = await self._sealer.load_key(tx, user_id)
        return VersionedProfile(self._decrypt_profile(key, row), row.version)

    async def save(self, tx: Transaction, user_id: int, update: ProfileUpdate) -> None:
        """Store a profile if the user, whom the transaction has locked, consents.

        Raises ProfileBusyError if the stored version is not the one to be replaced.
        """
        if not await self._has_consent(tx, user_id):
            return
        row = await tx.profiles.get(user_id)
        if (row.version if row else None) != update.replaces:
            raise ProfileBusyError("Another reading of this face was just made; send this one again.", retry_after_s=1)
        key = await self._sealer.load_or_create_key(tx, user_id)
        updated = row or UserProfile(user_id=user_id)
        _set_fields(updated, update)
        content = _Content(update.profile.measures.values, update.profile.shapes)
        # Replicas of 0.1 need an asymmetry to read the row; no longer written once a rollback to them is ruled out.
        data = {**_CONTENT.dump_python(content, mode="json"), "asymmetry": {}}
        sealed = seal_face(self._sealer, key, updated, data)
        await (tx.profiles.save(sealed) if row else tx.profiles.add(sealed))

    async def delete(self, user_id: int) -> None:
        """Delete the profile, if there is one."""
        async with self._uow.write() as tx:
            await tx.users.get_for_update(user_id)
            existed = await tx.profiles.delete(user_id)
        _log.info("profile.deleted", user_id=user_id, existed=existed)

    async def measures_for_norms(self) -> list[Measures]:
        """Return the measures of all users who consent to `improve`, without the users; for `gwansang calibrate`."""
        async with self._uow.read() as tx:
            rows = await tx.profiles.list_all()
            consented = [
                (await self._sealer.load_key(tx, row.user_id), row)
                for row in rows
                if await self._consents.is_granted(tx, row.user_id, "improve")
            ]
        profiles = [self._decrypt_profile(key, row).measures for key, row in consented]
        return [measures for measures in profiles if measures.values and not measures.unseen]

    def decrypt(self, data_key: DataKey, row: UserProfile) -> KeptProfile:
        """Decrypt a row for its owner; raises SealBrokenError."""
        content = self._content(data_key, row)
        measures = {
            MEASURES_BY_KEY[key].name if key in MEASURES_BY_KEY else key: value
            for key, value in content.measures.items()
        }
        return from_row(KeptProfile, row, measures=measures, shapes=content.shapes)

    def _decrypt_profile(self, key: DataKey, row: UserProfile) -> Profile:
        """Decrypt a row for the next reading, without measures that this release measures in another way."""
        content = self._content(key, row)
        if row.measuring != MEASURE_VERSION or set(content.measures) != set(MEASURES_BY_KEY):
            return Profile(Measures({}), 0, content.shapes)
        return Profile(Measures(content.measures), row.photos, content.shapes)

    def _content(self, key: DataKey, row: UserProfile) -> _Content:
        return _CONTENT.validate_python(unseal_face(self._sealer, key, row))

    async def _has_consent(self, tx: Transaction, user_id: int) -> bool:
        return await self._consents.is_granted(tx, user_id, "history", _CONSENT_VERSION)


def _set_fields(row: UserProfile, update: ProfileUpdate) -> None:
    row.version = update.version
    row.updated_at = update.updated_at
    row.photos = update.profile.photos
    row.measuring = MEASURE_VERSION
    row.norms_id = update.norms_id
    row.engine_version = update.engine_version
