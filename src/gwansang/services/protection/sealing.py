"""Sealing: stored data of a face is encrypted with its owner's key, so deleting that key makes all of it unreadable."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from pydantic import JsonValue

from gwansang.core import encryption
from gwansang.core.clock import Clock
from gwansang.core.encryption import EncryptionKeyMissingError, MasterKeys, SealBrokenError
from gwansang.core.exceptions import NotFound
from gwansang.models.privacy import UserKey
from gwansang.repositories.unit_of_work import Transaction

__all__ = ["DataKey", "EncryptionKeyMissingError", "SealBrokenError", "Sealer", "UserKeyNotFoundError", "row_aad"]


class UserKeyNotFoundError(NotFound):
    """The key does not exist any more because its owner was erased."""

    code = "USER_KEY_NOT_FOUND"
    title = "There is no such user"


@dataclass(frozen=True, slots=True, repr=False)
class DataKey:
    """The unwrapped key of one user, held for the length of a use case; without a repr, so that no log can show it."""

    user_id: int
    key: bytes


class Sealer:
    """Loads users' keys within a transaction; sealing and unsealing need no transaction and take microseconds."""

    def __init__(self, masters: MasterKeys, *, clock: Clock, new_id: Callable[[], UUID]) -> None:
        self._masters = masters
        self._clock = clock
        self._new_id = new_id

    @property
    def primary_key_id(self) -> str:
        """The name of the master key that wraps new keys."""
        return self._masters.primary_id

    async def load_key(self, tx: Transaction, user_id: int) -> DataKey:
        """Return the user's key; raises UserKeyNotFoundError, EncryptionKeyMissingError, SealBrokenError."""
        row = await tx.user_keys.get(user_id)
        if row is None:
            raise UserKeyNotFoundError("There is no such user.")
        return self.unwrap(row)

    async def load_or_create_key(self, tx: Transaction, user_id: int) -> DataKey:
        """Return the user's key, created if the user has none; needs a transaction that may write. Raises as
        `load_key`."""
        return self.unwrap(await self.load_or_create_row(tx, user_id))

    async def load_or_create_row(self, tx: Transaction, user_id: int) -> UserKey:
        """Return the row of the user's key, created if there is none; raises UserKeyNotFoundError without a user."""
        existing = await tx.user_keys.get(user_id)
        if existing is not None:
            return existing
        if await tx.users.get_for_update(user_id) is None:
            raise UserKeyNotFoundError("There is no such user.")
        created_meanwhile = await tx.user_keys.get(user_id)
        return created_meanwhile or await tx.user_keys.add(self.new_user_key(user_id))

    def new_user_key(self, user_id: int) -> UserKey:
        """Return a row with a new random key for a user."""
        return UserKey(
            user_id=user_id,
            key_id=self._masters.primary_id,
            wrapped=self._masters.wrap(encryption.generate_key(), _owner(user_id)),
            pseudonym=self._new_id(),
            created_at=self._clock(),
        )

    def unwrap(self, row: UserKey) -> DataKey:
        """Return the key in a row; raises EncryptionKeyMissingError, SealBrokenError."""
        return DataKey(row.user_id, self._masters.unwrap(row.key_id, row.wrapped, _owner(row.user_id)))

    def rewrap(self, row: UserKey) -> tuple[str, bytes]:
        """Return the primary master key's name, and the row's key wrapped by it."""
        return self._masters.primary_id, self._masters.wrap(self.unwrap(row).key, _owner(row.user_id))

    def seal(self, key: DataKey, value: JsonValue, aad: bytes) -> bytes:
        """Encrypt a JSON value, bound to the associated data that `row_aad` makes."""
        return self.seal_bytes(key, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), aad)

    def unseal(self, key: DataKey, sealed: bytes, aad: bytes) -> JsonValue:
        """Decrypt a JSON value; raises SealBrokenError unless user and associated data are those it was sealed with."""
        value: JsonValue = json.loads(self.unseal_bytes(key, sealed, aad))
        return value

    def seal_ownerless(self, value: JsonValue, aad: bytes) -> tuple[str, bytes]:
        """Encrypt a JSON value that must outlive its owner's key with the primary master key; return that key's name
        and the sealed value."""
        content = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return self._masters.primary_id, self._masters.wrap(content, _ownerless(aad))

    def unseal_ownerless(self, key_id: str, sealed: bytes, aad: bytes) -> JsonValue:
        """Decrypt what `seal_ownerless` sealed; raises EncryptionKeyMissingError, SealBrokenError."""
        value: JsonValue = json.loads(self._masters.unwrap(key_id, sealed, _ownerless(aad)))
        return value

    def seal_bytes(self, key: DataKey, content: bytes, aad: bytes) -> bytes:
        """Encrypt content that is not JSON, such as a photo."""
        return encryption.seal(key.key, content, _full_aad(key, aad))

    def unseal_bytes(self, key: DataKey, sealed: bytes, aad: bytes) -> bytes:
        """Decrypt content; raises SealBrokenError unless user and associated data are those it was sealed with."""
        return encryption.unseal(key.key, sealed, _full_aad(key, aad))


def row_aad(table: str, row: object, column: str) -> bytes:
    """Return the associated data of a column's value, which then opens in no other row or column."""
    return f"{table}/{row}/{column}".encode()


def _owner(user_id: int) -> bytes:
    return f"user/{user_id}".encode()


def _ownerless(aad: bytes) -> bytes:
    return b"\x00".join((b"gwansang/ownerless", aad))


def _full_aad(key: DataKey, aad: bytes) -> bytes:
    return b"\x00".join((b"gwansang/sealed", _owner(key.user_id), aad))
