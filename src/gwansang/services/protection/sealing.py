"""What is stored of a face is sealed with a key of its owner's; the end of that key is the end of all of it."""

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

__all__ = ["DataKey", "EncryptionKeyMissingError", "SealBrokenError", "Sealer", "UserKeyNotFoundError", "place"]


class UserKeyNotFoundError(NotFound):
    """Nobody has this key any more: its owner was erased."""

    code = "USER_KEY_NOT_FOUND"
    title = "There is no such user"


@dataclass(frozen=True, slots=True, repr=False)
class DataKey:
    """The key of one user, for as long as a use case lasts; without a repr, so that no log can show it."""

    user_id: int
    key: bytes


class Sealer:
    """Hands out users' keys within a transaction; sealing and opening need none and take microseconds."""

    def __init__(self, masters: MasterKeys, *, clock: Clock, new_id: Callable[[], UUID]) -> None:
        self._masters = masters
        self._clock = clock
        self._new_id = new_id

    async def key(self, tx: Transaction, user_id: int) -> DataKey:
        """The user's key; raises UserKeyNotFoundError, EncryptionKeyMissingError, SealBrokenError."""
        row = await tx.user_keys.get(user_id)
        if row is None:
            raise UserKeyNotFoundError("There is no such user.")
        return self.unwrapped(row)

    async def own_key(self, tx: Transaction, user_id: int) -> DataKey:
        """The same in a writing transaction, which makes a key for a user who has none yet."""
        return self.unwrapped(await self.row(tx, user_id))

    async def row(self, tx: Transaction, user_id: int) -> UserKey:
        """The row of the user's key, made where there is none; raises UserKeyNotFoundError without such a user."""
        known = await tx.user_keys.get(user_id)
        if known is not None:
            return known
        if await tx.users.get_for_update(user_id) is None:
            raise UserKeyNotFoundError("There is no such user.")
        made_meanwhile = await tx.user_keys.get(user_id)
        return made_meanwhile or await tx.user_keys.add(self.fresh(user_id))

    def fresh(self, user_id: int) -> UserKey:
        """A new key for a user."""
        return UserKey(
            user_id=user_id,
            key_id=self._masters.primary_id,
            wrapped=self._masters.wrap(encryption.generate_key(), _owner(user_id)),
            pseudonym=self._new_id(),
            created_at=self._clock(),
        )

    def unwrapped(self, row: UserKey) -> DataKey:
        """The key in a row; raises EncryptionKeyMissingError, SealBrokenError."""
        return DataKey(row.user_id, self._masters.unwrap(row.key_id, row.wrapped, _owner(row.user_id)))

    def rewrapped(self, row: UserKey) -> tuple[str, bytes]:
        """The name of the first master key, and the same user key wrapped by it."""
        return self._masters.primary_id, self._masters.wrap(self.unwrapped(row).key, _owner(row.user_id))

    @property
    def first(self) -> str:
        """The name of the master key that wraps what is new."""
        return self._masters.primary_id

    def knows(self, key_id: str) -> bool:
        """Whether a master key is at hand."""
        return key_id in self._masters.by_id

    def seal(self, key: DataKey, value: JsonValue, where: bytes) -> bytes:
        """A JSON value for the place that `place` names."""
        return self.seal_bytes(key, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), where)

    def open(self, key: DataKey, sealed: bytes, where: bytes) -> JsonValue:
        """The value that was sealed for this user and place; raises SealBrokenError."""
        value: JsonValue = json.loads(self.open_bytes(key, sealed, where))
        return value

    def seal_bytes(self, key: DataKey, content: bytes, where: bytes) -> bytes:
        """The same for what is no JSON, such as a photo."""
        return encryption.seal(key.key, content, _bound(key, where))

    def open_bytes(self, key: DataKey, sealed: bytes, where: bytes) -> bytes:
        """The content that was sealed for this user and place; raises SealBrokenError."""
        return encryption.unseal(key.key, sealed, _bound(key, where))


def place(table: str, row: object, column: str) -> bytes:
    """Where something sealed belongs: it opens nowhere else."""
    return f"{table}/{row}/{column}".encode()


def _owner(user_id: int) -> bytes:
    return f"user/{user_id}".encode()


def _bound(key: DataKey, where: bytes) -> bytes:
    return b"\x00".join((b"gwansang/sealed", _owner(key.user_id), where))
