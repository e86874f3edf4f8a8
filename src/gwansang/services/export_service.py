"""Everything that is kept of someone, for themselves: one document, without secrets."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue, TypeAdapter

from gwansang.core.clock import Clock
from gwansang.models import Consent, TokenFamily
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.history_service import HistoryService, KeptAnalysis
from gwansang.services.key_service import KeyInfo, info_of_key
from gwansang.services.profile_service import KeptProfile, ProfileService
from gwansang.services.sealing import Sealer
from gwansang.services.user_service import UserInfo, found, info

_FORMAT = 2


@dataclass(frozen=True, slots=True)
class ExportedConsent:
    purpose: str
    version: int
    locale: str
    text_sha256: str
    granted_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class ExportedSignIn:
    id: UUID
    created_at: datetime
    refreshed_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Export:
    """All own data; `format` grows when its shape changes."""

    format: int
    exported_at: datetime
    account: UserInfo
    consents: tuple[ExportedConsent, ...]
    sign_ins: tuple[ExportedSignIn, ...]
    api_keys: tuple[KeyInfo, ...]
    analyses: tuple[KeptAnalysis, ...]
    profile: KeptProfile | None


_EXPORT = TypeAdapter(Export)
_DOCUMENT = TypeAdapter(dict[str, JsonValue])


class ExportService:
    """Hands out all own data."""

    def __init__(
        self, uow: UnitOfWork, sealer: Sealer, history: HistoryService, profiles: ProfileService, *, clock: Clock
    ) -> None:
        self._uow = uow
        self._sealer = sealer
        self._history = history
        self._profiles = profiles
        self._clock = clock

    async def export(self, user_id: int) -> dict[str, JsonValue]:
        """Everything of this user as one JSON object; raises UserNotFoundError."""
        async with self._uow.read() as tx:
            user = found(await tx.users.get(user_id))
            consents = await tx.consents.of_user(user_id)
            families = await tx.families.of_user(user_id)
            keys = await tx.keys.of_user(user_id)
            analyses = await tx.analyses.all_of_user(user_id)
            profile = await tx.profiles.of_user(user_id)
            key = await self._sealer.key(tx, user_id)
        document = Export(
            format=_FORMAT,
            exported_at=self._clock(),
            account=info(user),
            consents=tuple(_consent(row) for row in consents),
            sign_ins=tuple(_sign_in(row) for row in families),
            api_keys=tuple(info_of_key(row) for row in keys),
            analyses=tuple(self._history.opened(key, row) for row in analyses),
            profile=self._profiles.kept(key, profile) if profile else None,
        )
        return _DOCUMENT.validate_python(_EXPORT.dump_python(document, mode="json"))


def _consent(row: Consent) -> ExportedConsent:
    return ExportedConsent(row.purpose, row.version, row.locale, row.text_sha256, row.granted_at, row.withdrawn_at)


def _sign_in(row: TokenFamily) -> ExportedSignIn:
    return ExportedSignIn(row.id, row.created_at, row.refreshed_at, row.expires_at)
