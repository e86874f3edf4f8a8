"""Proof that a caller is the owner of the account, before a call that a stolen token must not suffice for."""

from datetime import timedelta
from typing import Final

from gwansang.core.clock import Clock
from gwansang.core.exceptions import Forbidden
from gwansang.core.passwords import PasswordHasher
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.accounts.auth_service import InvalidCredentialsError
from gwansang.services.accounts.caller import Caller
from gwansang.services.accounts.user_service import require_user

RECENT: Final = timedelta(minutes=5)


class RecentSignInRequiredError(Forbidden):
    """Carries `minutes` in its context."""

    code = "RECENT_SIGN_IN_REQUIRED"
    title = "This needs the password, or a sign-in just before"


class Reauthentication:
    """Checks that a caller knows the password, or has signed in just before."""

    def __init__(self, uow: UnitOfWork, passwords: PasswordHasher, *, clock: Clock) -> None:
        self._uow = uow
        self._passwords = passwords
        self._clock = clock

    async def require(self, caller: Caller, password: str | None) -> None:
        """Raise InvalidCredentialsError for a wrong password, and without one RecentSignInRequiredError unless the
        caller's sign-in, not its refresh, is at most five minutes old."""
        now = self._clock()
        async with self._uow.read() as tx:
            user = require_user(await tx.users.get(caller.user_id))
            family = await tx.families.get_active(caller.family, user.id, now) if caller.family else None
        if password is not None:
            if not (await self._passwords.verify(password, user.password_hash)).valid:
                raise InvalidCredentialsError("The current password is wrong.")
        elif family is None or now - family.created_at > RECENT:
            minutes = int(RECENT.total_seconds() // 60)
            message = f"Send the current password as well, or sign in and repeat this within {minutes} minutes."
            raise RecentSignInRequiredError(message, minutes=minutes)
