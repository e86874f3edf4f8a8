"""What is remembered of a user's face: no photo and no points, only averaged measures and the shapes that were told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from pydantic import JsonValue, TypeAdapter

from gwansang.core.exceptions import Unavailable
from gwansang.models import UserProfile
from gwansang.reading.measurements import MEASURE_VERSION, MEASURES_BY_KEY, MeasuredValue, Measures
from gwansang.reading.profile import Profile
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.accounts.consent_service import ConsentService
from gwansang.services.protection.sealed_faces import seal_face, unseal_face
from gwansang.services.protection.sealing import DataKey, Sealer

_log = structlog.get_logger("gwansang.profiles")
_CONSENT_FROM: Final = 2  # the first text of `history` that speaks of remembering the face
_MEASURED = TypeAdapter(dict[str, MeasuredValue])
_UNEVEN = TypeAdapter(dict[str, float])
_SHAPES = TypeAdapter(dict[str, str])


class ProfileBusyError(Unavailable):
    """Another reading of the same face was faster. Carries `retry_after_s` in its context."""

    code = "PROFILE_BUSY"
    title = "Too many readings of one face at once"


@dataclass(frozen=True, slots=True)
class KnownFace:
    """A profile, and the analysis that made it what it is."""

    profile: Profile
    version: UUID


@dataclass(frozen=True, slots=True)
class ProfileUpdate:
    """A profile that shall take the place of the one that `replaces` made, of none where that is None."""

    profile: Profile
    replaces: UUID | None
    version: UUID
    updated_at: datetime
    norms_id: str
    engine_version: str


@dataclass(frozen=True, slots=True)
class KeptProfile:
    """What is remembered of a face, as its owner may see it; measures and errors are by the measure's name."""

    photos: int
    updated_at: datetime
    measures: Mapping[str, MeasuredValue]
    asymmetry: Mapping[str, float]
    shapes: Mapping[str, str]
    norms_id: str
    engine_version: str


class ProfileService:
    """Profiles of users who agree that their face is remembered."""

    def __init__(self, uow: UnitOfWork, sealer: Sealer, consents: ConsentService) -> None:
        self._uow = uow
        self._sealer = sealer
        self._consents = consents

    async def known(self, user_id: int) -> KnownFace | None:
        """What is remembered of this user's face; None where there is nothing, or no consent to it."""
        async with self._uow.read() as tx:
            if not await self._allowed(tx, user_id):
                return None
            row = await tx.profiles.get(user_id)
            if row is None:
                return None
            key = await self._sealer.load_key(tx, user_id)
        return KnownFace(self._profile(key, row), row.version)

    async def put(self, tx: Transaction, user_id: int, change: ProfileUpdate) -> None:
        """Stores a profile for a user whom the transaction has locked, where they agree to that; raises
        ProfileBusyError where the one to be replaced is not there any more."""
        if not await self._allowed(tx, user_id):
            return
        row = await tx.profiles.get(user_id)
        if (row.version if row else None) != change.replaces:
            raise ProfileBusyError("Another reading of this face was just made; send this one again.", retry_after_s=1)
        key = await self._sealer.load_or_create_key(tx, user_id)
        filled = seal_face(
            self._sealer, key, _filled(row or UserProfile(user_id=user_id), change), _content(change.profile)
        )
        await (tx.profiles.save(filled) if row else tx.profiles.add(filled))

    async def forget(self, user_id: int) -> None:
        """Deletes the profile; where there is none, nothing changes."""
        async with self._uow.write() as tx:
            await tx.users.get_for_update(user_id)
            forgotten = await tx.profiles.delete(user_id)
        _log.info("profile.forgotten", user_id=user_id, existed=forgotten)

    async def for_norms(self) -> list[Measures]:
        """Today's measures of all who agree to `improve`, apart from whose they are; for an operator's command."""
        async with self._uow.read() as tx:
            rows = await tx.profiles.list_all()
            agreed = [
                (await self._sealer.load_key(tx, row.user_id), row)
                for row in rows
                if await self._consents.is_granted(tx, row.user_id, "improve")
            ]
        known = [self._profile(key, row).measures for key, row in agreed]
        return [measures for measures in known if measures.values]

    def kept(self, key: DataKey, row: UserProfile) -> KeptProfile:
        """A stored profile for its owner; raises SealBrokenError."""
        content = unseal_face(self._sealer, key, row)
        measures = _MEASURED.validate_python(content["measures"])
        return KeptProfile(
            photos=row.photos,
            updated_at=row.updated_at,
            measures={
                MEASURES_BY_KEY[name].name if name in MEASURES_BY_KEY else name: one for name, one in measures.items()
            },
            asymmetry=_UNEVEN.validate_python(content["asymmetry"]),
            shapes=_SHAPES.validate_python(content["shapes"]),
            norms_id=row.norms_id,
            engine_version=row.engine_version,
        )

    def _profile(self, key: DataKey, row: UserProfile) -> Profile:
        """Measures don't depend on norms, so that a profile outlives them. Measures of another kind than today's are
        left out, and the shapes that were told stay."""
        content = unseal_face(self._sealer, key, row)
        shapes = _SHAPES.validate_python(content["shapes"])
        measures = _MEASURED.validate_python(content["measures"])
        if row.measuring != MEASURE_VERSION or set(measures) != set(MEASURES_BY_KEY):
            return Profile(Measures({}, {}), 0, shapes)
        return Profile(Measures(measures, _UNEVEN.validate_python(content["asymmetry"])), row.photos, shapes)

    async def _allowed(self, tx: Transaction, user_id: int) -> bool:
        return await self._consents.is_granted(tx, user_id, "history", _CONSENT_FROM)


def _content(profile: Profile) -> dict[str, JsonValue]:
    return {
        "measures": _MEASURED.dump_python(dict(profile.measures.values), mode="json"),
        "asymmetry": _UNEVEN.dump_python(dict(profile.measures.asymmetry), mode="json"),
        "shapes": _SHAPES.dump_python(dict(profile.shapes), mode="json"),
    }


def _filled(row: UserProfile, change: ProfileUpdate) -> UserProfile:
    row.version = change.version
    row.updated_at = change.updated_at
    row.photos = change.profile.photos
    row.measuring = MEASURE_VERSION
    row.norms_id = change.norms_id
    row.engine_version = change.engine_version
    return row
