"""Mailed tokens: to verify an address and to reset a password."""

import asyncio

import pytest

from gwansang.container import Accounts
from gwansang.services.accounts.auth_service import InvalidCredentialsError, TokenInvalidError
from gwansang.services.accounts.email_proof_service import EmailProof, MailTokenInvalidError
from gwansang.services.accounts.user_service import InvalidPasswordError
from tests.support.accounts import OTHER_PASSWORD, PASSWORD, signed_up
from tests.support.fakes import NOON, MovingClock

pytestmark = pytest.mark.anyio


async def reset_code(accounts: Accounts, email: str = "minji@example.com") -> str:
    proof = await accounts.proofs.start_reset(email)
    assert proof is not None
    return proof.token


async def verification(accounts: Accounts, user_id: int) -> EmailProof:
    proof = await accounts.proofs.start_verification(user_id)
    assert proof is not None
    return proof


async def test_a_code_verifies_the_address_once(accounts: Accounts) -> None:
    user = await signed_up(accounts, proven=False)
    proof = await verification(accounts, user.id)
    assert (proof.email, proof.purpose) == (user.email, "verify")
    assert (await accounts.proofs.verify(proof.token)).user.email_verified
    assert (await accounts.users.get(user.id)).email_verified
    with pytest.raises(MailTokenInvalidError):
        await accounts.proofs.verify(proof.token)
    assert await accounts.proofs.start_verification(user.id) is None


async def test_a_reset_gives_the_new_password_and_ends_every_token(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    pair = await accounts.auth.login(user.email, PASSWORD)
    code = await reset_code(accounts, "MINJI@example.com")
    await accounts.proofs.reset(code, OTHER_PASSWORD)
    await accounts.auth.login(user.email, OTHER_PASSWORD)
    with pytest.raises(InvalidCredentialsError):
        await accounts.auth.login(user.email, PASSWORD)
    with pytest.raises(TokenInvalidError):
        await accounts.auth.authenticate(pair.access_token)
    with pytest.raises(MailTokenInvalidError):
        await accounts.proofs.reset(code, "a third password")


@pytest.mark.parametrize("used", range(3))
async def test_every_code_is_valid_until_one_of_them_is_used(accounts: Accounts, used: int) -> None:
    await signed_up(accounts)
    codes = [await reset_code(accounts) for _ in range(3)]
    await accounts.proofs.reset(codes[used], OTHER_PASSWORD)
    for code in codes:
        with pytest.raises(MailTokenInvalidError):
            await accounts.proofs.reset(code, "a third password")


async def test_a_code_expires_after_an_hour(accounts: Accounts, clock: MovingClock) -> None:
    await signed_up(accounts)
    code = await reset_code(accounts)
    clock.advance(minutes=60)
    with pytest.raises(MailTokenInvalidError):
        await accounts.proofs.reset(code, OTHER_PASSWORD)


async def test_a_password_change_invalidates_a_code(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    code = await reset_code(accounts)
    await accounts.users.change_password(user.id, PASSWORD, OTHER_PASSWORD)
    with pytest.raises(MailTokenInvalidError):
        await accounts.proofs.reset(code, "a third password")


async def test_a_change_of_address_invalidates_codes_sent_to_the_old_one(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    code = await reset_code(accounts)
    await accounts.users.update(user.id, email="new@example.com")
    assert not (await accounts.users.get(user.id)).email_verified
    with pytest.raises(MailTokenInvalidError):
        await accounts.proofs.reset(code, OTHER_PASSWORD)


async def test_a_code_for_one_purpose_is_rejected_for_the_other(accounts: Accounts) -> None:
    user = await signed_up(accounts, proven=False)
    verify, reset = (await verification(accounts, user.id)).token, await reset_code(accounts)
    with pytest.raises(MailTokenInvalidError):
        await accounts.proofs.reset(verify, OTHER_PASSWORD)
    with pytest.raises(MailTokenInvalidError):
        await accounts.proofs.verify(reset)
    await accounts.proofs.verify(verify)
    await accounts.proofs.reset(reset, OTHER_PASSWORD)


@pytest.mark.parametrize("email", ["nobody@example.com", "no address", "a\r\nb@example.com", ""])
async def test_nothing_is_mailed_to_an_unknown_address(accounts: Accounts, email: str) -> None:
    await signed_up(accounts)
    assert await accounts.proofs.start_reset(email) is None


async def test_nothing_is_mailed_to_a_deactivated_user(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    await accounts.users.update(user.id, is_active=False)
    assert await accounts.proofs.start_reset(user.email) is None


async def test_the_code_of_a_user_deactivated_since_is_rejected(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    code = await reset_code(accounts)
    await accounts.users.update(user.id, is_active=False)
    with pytest.raises(MailTokenInvalidError):
        await accounts.proofs.reset(code, OTHER_PASSWORD)


async def test_of_concurrent_resets_with_one_code_exactly_one_succeeds(accounts: Accounts) -> None:
    await signed_up(accounts)
    code = await reset_code(accounts)
    tries = (accounts.proofs.reset(code, f"new password {n}") for n in range(6))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, EmailProof) for result in results) == 1
    assert sum(isinstance(result, MailTokenInvalidError) for result in results) == 5


async def test_a_rejected_password_does_not_consume_the_code(accounts: Accounts) -> None:
    await signed_up(accounts)
    code = await reset_code(accounts)
    with pytest.raises(InvalidPasswordError):
        await accounts.proofs.reset(code, "short")
    await accounts.proofs.reset(code, OTHER_PASSWORD)


@pytest.mark.parametrize("guess", ["", "x" * 43, "x" * 1_000_000, "nul\0", "half\ud800"], ids=range(5))
async def test_a_guessed_code_is_rejected(accounts: Accounts, guess: str) -> None:
    await signed_up(accounts)
    await reset_code(accounts)
    with pytest.raises(MailTokenInvalidError):
        await accounts.proofs.verify(guess)
    with pytest.raises(MailTokenInvalidError):
        await accounts.proofs.reset(guess, OTHER_PASSWORD)


async def test_the_repr_hides_the_code_and_the_database_has_only_its_digest(accounts: Accounts) -> None:
    user = await signed_up(accounts, proven=False)
    proof = await verification(accounts, user.id)
    assert proof.token not in repr(proof)
    async with accounts.uow.read() as tx:
        assert await tx.mail_tokens.get_valid(proof.token, ("verify",), NOON) is None


async def test_no_verification_is_issued_for_a_deleted_user(accounts: Accounts) -> None:
    assert await accounts.proofs.start_verification(2**31 - 1) is None
