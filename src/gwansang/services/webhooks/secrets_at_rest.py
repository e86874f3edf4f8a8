"""The URL and the secrets of a webhook, sealed at rest."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self
from uuid import UUID

from pydantic import JsonValue, TypeAdapter

from gwansang.models import Webhook
from gwansang.repositories.unit_of_work import Transaction
from gwansang.services.protection.sealing import Sealer, row_aad
from gwansang.services.webhooks.signatures import new_secret

ROTATION: Final = timedelta(hours=24)  # for which the secret before is valid, too
_CONTENT: Final = TypeAdapter(dict[str, str | None])


@dataclass(frozen=True, slots=True, repr=False)
class ReceiverSecrets:
    """A URL with its secrets; without a repr, so that no log can show it."""

    url: str
    secret: str
    previous: str | None = None

    @classmethod
    def create(cls, url: str) -> Self:
        """Return a URL with a new secret."""
        return cls(url, new_secret())

    def rotated(self) -> Self:
        """Return the same URL with a new secret; the one before is kept."""
        return replace(self, secret=new_secret(), previous=self.secret)

    def valid_secrets(self, previous_until: datetime | None, now: datetime) -> tuple[str, ...]:
        """Return the secrets to sign with now, the newest first."""
        if self.previous is None or previous_until is None or previous_until <= now:
            return (self.secret,)
        return (self.secret, self.previous)

    def dump(self) -> dict[str, JsonValue]:
        """Return the content to seal."""
        return {"url": self.url, "secret": self.secret, "previous": self.previous}

    @classmethod
    def load(cls, content: JsonValue) -> Self:
        """Return what `dump` returned."""
        values = _CONTENT.validate_python(content)
        return cls(values["url"] or "", values["secret"] or "", values["previous"])


async def seal_secrets(
    tx: Transaction, sealer: Sealer, user_id: int, webhook_id: UUID, content: ReceiverSecrets
) -> bytes:
    """Return the value of the column; creates the user's key if there is none."""
    key = await sealer.load_or_create_key(tx, user_id)
    return sealer.seal(key, content.dump(), _aad(webhook_id))


async def open_secrets(tx: Transaction, sealer: Sealer, row: Webhook) -> ReceiverSecrets:
    """Return the URL and the secrets of a webhook; raises UserKeyNotFoundError, SealBrokenError."""
    key = await sealer.load_key(tx, row.user_id)
    return ReceiverSecrets.load(sealer.unseal(key, row.sealed, _aad(row.id)))


def _aad(webhook_id: UUID) -> bytes:
    return row_aad("webhooks", webhook_id, "sealed")
