"""Events of erased accounts, whose receivers and data are sealed with a master key, because no user's key is left."""

from uuid import UUID

from gwansang.core.jsonable import JSON_OBJECT, JsonObject
from gwansang.models import WebhookDelivery
from gwansang.services.protection.sealing import Sealer, row_aad


def seal_event(sealer: Sealer, delivery_id: UUID, content: JsonObject) -> tuple[str, bytes]:
    """Return the name of the primary master key, and the content of a delivery sealed with it."""
    return sealer.seal_ownerless(content, _aad(delivery_id))


def unseal_event(sealer: Sealer, row: WebhookDelivery) -> JsonObject:
    """Return the content of a delivery; raises EncryptionKeyMissingError, SealBrokenError."""
    if row.key_id is None or row.sealed is None:
        raise ValueError("this delivery belongs to a webhook")
    return JSON_OBJECT.validate_python(sealer.unseal_ownerless(row.key_id, row.sealed, _aad(row.id)))


def _aad(delivery_id: UUID) -> bytes:
    return row_aad("webhook_deliveries", delivery_id, "sealed")
