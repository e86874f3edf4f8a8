"""The caller of a request and the scopes that it has."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from gwansang.core.exceptions import Forbidden

KeyScope = Literal["analyze", "history:read", "history:write", "match"]
Scope = Literal["analyze", "history:read", "history:write", "match", "account", "admin"]
KEY_SCOPES: tuple[KeyScope, ...] = get_args(KeyScope)  # that an API key can have
OWN_SCOPES: tuple[Scope, ...] = (*KEY_SCOPES, "account")  # of a signed-in person


class ScopeMissingError(Forbidden):
    """Carries `scope` in its context."""

    code = "SCOPE_MISSING"
    title = "This key may not do that"


class AdminOnlyError(Forbidden):
    code = "ADMIN_ONLY"
    title = "For administrators only"


@dataclass(frozen=True, slots=True)
class Caller:
    """A user, signed in or using an API key; exactly one of `family` (a sign-in) and `key_id` is set.

    expires_at: when the token or the key ends at the latest; None for a key without an end.
    """

    user_id: int
    scopes: frozenset[str]
    is_admin: bool = False
    family: UUID | None = None
    key_id: UUID | None = None
    expires_at: datetime | None = None

    @property
    def id(self) -> str:
        """The name for logs and rate limits."""
        return f"key:{self.key_id}" if self.key_id else f"user:{self.user_id}"

    def require(self, scope: Scope) -> None:
        """Raise ScopeMissingError or AdminOnlyError unless the caller has the scope."""
        if scope in self.scopes:
            return
        if scope == "admin":
            raise AdminOnlyError("Only administrators may do this.")
        raise ScopeMissingError(f"This needs the scope {scope}.", scope=scope)
