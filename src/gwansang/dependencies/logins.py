"""Passwords that callers send: wrong ones are counted, right ones are not; sign-ins of an address are counted, too.

Wrong ones count for the account and the address together, so that a stranger who guesses elsewhere keeps no owner out;
for the address over all accounts; and, with a higher limit, for the account over all addresses. A known device, which
proves it by its token, counts by itself, and with the other known devices of the address and of the account: strangers
don't use up its tries, and many tokens give no more tries than the limits of address and account.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Form, Request
from fastapi.security import OAuth2PasswordRequestForm

from gwansang.core.exceptions import RateLimited, Unauthenticated
from gwansang.core.rate_limit import Bucket, Quota
from gwansang.core.user_agent import device_name_of
from gwansang.dependencies.callers import address_of, spend, user_key
from gwansang.dependencies.services import container_of
from gwansang.services.accounts.caller import Caller

Spending = tuple[Bucket, str]
Spent = tuple[Bucket, str, Quota]


@dataclass(frozen=True, slots=True, repr=False)
class SignIn:
    """Fields of a sign-in; `device_name` is the given name of the device, else one made from its User-Agent."""

    email: str
    password: str
    device_name: str | None
    device_token: str | None


async def _sign_in(
    request: Request,
    form: Annotated[OAuth2PasswordRequestForm, Depends()],
    device_name: Annotated[
        str | None,
        Form(max_length=200, description="Shown among one's sign-ins; else made from the User-Agent."),
    ] = None,
    device_token: Annotated[
        str | None,
        Form(max_length=1024, description="From an earlier sign-in on this device; guesses of others don't block it."),
    ] = None,
) -> SignIn:
    name = device_name_of(request.headers.get("user-agent"), device_name)
    return SignIn(form.username, form.password, name, device_token or None)


LoginForm = Annotated[SignIn, Depends(_sign_in)]


@asynccontextmanager
async def count_wrong_password(request: Request, account: str, device: UUID | None = None) -> AsyncIterator[None]:
    """Count the password that is checked in the block if it is wrong, which is an Unauthenticated error.

    account: whose password it is. device: the known device that sends it. It is counted before the check, so that
    concurrent guesses can't pass the limit, and given back after it. Raises RateLimited, LimitsUnknownError.
    """
    spent = await _reserve(request, _spendings(request, account, device))
    try:
        yield
    except Unauthenticated:
        raise
    except Exception:
        await _give_back(request, spent)
        raise
    await _give_back(request, spent)


async def _confirmation(request: Request) -> Callable[[Caller, str | None], Awaitable[None]]:
    async def confirm(caller: Caller, password: str | None) -> None:
        require = container_of(request).reauthentication.require
        if password is None:  # nothing is guessed
            await require(caller, None)
            return
        async with count_wrong_password(request, user_key(caller)):
            await require(caller, password)

    return confirm


# Called with the caller and the password sent, if any; raises as `Reauthentication.require` does, and counts guesses.
Confirm = Annotated[Callable[[Caller, str | None], Awaitable[None]], Depends(_confirmation)]


async def count_sign_in(request: Request, device: UUID | None) -> None:
    """Count a sign-in, with a right password or a wrong one, against its address; raises RateLimited."""
    await spend(request, Bucket.LOGIN_CALLS, _place(request, device))


def _place(request: Request, device: UUID | None) -> str:
    return address_of(request) if device is None else f"known devices {address_of(request)}"


def _spendings(request: Request, account: str, device: UUID | None) -> list[Spending]:
    first = (Bucket.LOGIN_DEVICE, device.hex) if device else (Bucket.LOGIN_PAIR, f"{account} {address_of(request)}")
    whose = f"known devices {account}" if device else account
    return [first, (Bucket.LOGIN_ADDRESS, _place(request, device)), (Bucket.LOGIN_ACCOUNT, whose)]


async def _reserve(request: Request, spendings: list[Spending]) -> list[Spent]:
    spent: list[Spent] = []
    for bucket, spender in spendings:
        try:
            quota = await spend(request, bucket, spender)
        except RateLimited:
            await _give_back(request, spent)
            raise
        spent.append((bucket, spender, quota))
    return spent


async def _give_back(request: Request, spent: list[Spent]) -> None:
    for bucket, spender, quota in spent:
        await container_of(request).limits.give_back(bucket, spender, quota)
