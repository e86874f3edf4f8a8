"""Addresses and passwords of accounts, checked at every kind of sign-in."""

from gwansang.core.email_address import InvalidEmailError, normalize_email
from gwansang.core.exceptions import Forbidden, Unauthenticated
from gwansang.core.passwords import PasswordHasher
from gwansang.models.account import User
from gwansang.repositories.unit_of_work import UnitOfWork


class InvalidCredentialsError(Unauthenticated):
    """Unknown e-mail or wrong password; the answer does not reveal which."""

    code = "INVALID_CREDENTIALS"
    title = "E-mail or password is wrong"


class InactiveUserError(Forbidden):
    code = "INACTIVE_USER"
    title = "This account is deactivated"


class Credentials:
    """Finds accounts by what people sign in with."""

    def __init__(self, uow: UnitOfWork, passwords: PasswordHasher) -> None:
        self._uow = uow
        self._passwords = passwords

    async def find(self, email: str) -> User | None:
        """Return the account with this address."""
        try:
            address = normalize_email(email)
        except InvalidEmailError:
            return None
        async with self._uow.read() as tx:
            return await tx.users.get_by_email(address)

    async def verify(self, email: str, password: str) -> User:
        """Return the active account with this address and password. Raises InactiveUserError, and
        InvalidCredentialsError after the same work whether the address or the password was wrong."""
        user = await self.find(email)
        verdict = await self._passwords.verify(password, user.password_hash if user else None)
        if user is None or not verdict.valid:
            raise InvalidCredentialsError("E-mail or password is wrong.")
        if not user.is_active:
            raise InactiveUserError("This account is deactivated.")
        if verdict.outdated:
            rehashed = await self._passwords.rehash(password)
            async with self._uow.write() as tx:
                await tx.users.update_password_hash(user.id, user.password_hash, rehashed)
        return user
