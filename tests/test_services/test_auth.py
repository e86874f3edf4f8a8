"""Sign-in, refresh, sign-out and the validity of tokens."""

import asyncio
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import jwt
import pytest
from pwdlib.hashers.bcrypt import BcryptHasher

from gwansang.config import DEFAULT_SECRET_KEY
from gwansang.container import Accounts
from gwansang.services.accounts.auth_service import (
    InactiveUserError,
    InvalidCredentialsError,
    TokenInvalidError,
    TokenReusedError,
)
from gwansang.services.accounts.caller import AdminOnlyError
from tests.support.accounts import OTHER_PASSWORD, PASSWORD, accounts_on, signed_up
from tests.support.database import scratch_sqlite
from tests.support.fakes import NOON, MovingClock

pytestmark = pytest.mark.anyio
Claims = dict[str, object]


def claims_of(token: str) -> Claims:
    return jwt.decode(token, options={"verify_signature": False})


async def test_tokens_have_the_documented_claims_and_lifetimes(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    pair = await accounts.auth.login(user.email, PASSWORD)
    access, refresh = claims_of(pair.access_token), claims_of(pair.refresh_token)
    assert (pair.token_type, pair.expires_in) == ("bearer", 1800)
    assert jwt.get_unverified_header(pair.access_token) == {"alg": "HS256", "typ": "JWT"}
    assert access["sub"] == str(user.id)
    assert (access["type"], refresh["type"]) == ("access", "refresh")
    assert access["exp"] - access["iat"] == 30 * 60
    assert refresh["exp"] - refresh["iat"] == 7 * 24 * 3600
    assert {"jti", "ver"} <= set(access)
    assert "family" in refresh


async def test_an_access_token_authenticates_its_user(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    caller = await accounts.auth.authenticate((await accounts.auth.login(user.email, PASSWORD)).access_token)
    assert (caller.user_id, caller.is_admin, caller.key_id) == (user.id, False, None)
    caller.require("account")
    with pytest.raises(AdminOnlyError):
        caller.require("admin")


@pytest.mark.parametrize(
    ("email", "password"),
    [("minji@example.com", OTHER_PASSWORD), ("nobody@example.com", PASSWORD), ("no address", PASSWORD), ("", "")],
)
async def test_an_unknown_address_and_a_wrong_password_raise_the_same_error(
    accounts: Accounts, email: str, password: str
) -> None:
    await signed_up(accounts)
    with pytest.raises(InvalidCredentialsError) as refused:
        await accounts.auth.login(email, password)
    assert (refused.value.message, refused.value.context) == ("E-mail or password is wrong.", {})


async def test_known_and_unknown_addresses_cost_the_same_hashing_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count verifications and their cost parameters: the time of a response must not reveal whether there is a user."""
    costs: list[str] = []
    verify = BcryptHasher.verify

    def recorded(hasher: BcryptHasher, password: str, password_hash: str) -> bool:
        costs.append(password_hash[:7])
        return verify(hasher, password, password_hash)

    monkeypatch.setattr(BcryptHasher, "verify", recorded)
    async with accounts_on(scratch_sqlite(), password_bcrypt_rounds=5) as accounts:
        await signed_up(accounts)
        for email in ("minji@example.com", "nobody@example.com", "no address"):
            for password in (OTHER_PASSWORD, "x" * 500_000, "nul\0"):
                with pytest.raises(InvalidCredentialsError):
                    await accounts.auth.login(email, password)
                assert costs == ["$2b$05$"], (email, password[:20])
                costs.clear()


async def test_deactivation_is_revealed_only_with_the_right_password(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    await accounts.users.update(user.id, is_active=False)
    with pytest.raises(InactiveUserError):
        await accounts.auth.login(user.email, PASSWORD)
    with pytest.raises(InvalidCredentialsError):
        await accounts.auth.login(user.email, OTHER_PASSWORD)


async def test_a_longer_password_with_the_same_first_72_bytes_is_wrong(accounts: Accounts) -> None:
    longest = "".join(str(number) for number in range(41))  # 72 characters
    await accounts.users.register("minji@example.com", "minji", longest)
    await accounts.auth.login("minji@example.com", longest)
    for longer in (longest + "x", longest + "\0", longest + "x" * 500_000):
        with pytest.raises(InvalidCredentialsError):
            await accounts.auth.login("minji@example.com", longer)


async def test_composed_and_decomposed_letters_are_the_same_password(accounts: Accounts) -> None:
    whole, in_parts = (unicodedata.normalize(form, "비밀번호 한글로") for form in ("NFC", "NFD"))
    await accounts.users.register("minji@example.com", "minji", whole)
    await accounts.auth.login("minji@example.com", in_parts)


async def test_access_tokens_expire_after_half_an_hour_and_refresh_tokens_after_a_week(
    accounts: Accounts, clock: MovingClock
) -> None:
    user = await signed_up(accounts)
    pair = await accounts.auth.login(user.email, PASSWORD)
    clock.now = NOON + timedelta(minutes=30, seconds=-1)
    await accounts.auth.authenticate(pair.access_token)
    clock.now = NOON + timedelta(minutes=30)
    with pytest.raises(TokenInvalidError):
        await accounts.auth.authenticate(pair.access_token)
    clock.now = NOON + timedelta(days=7)
    with pytest.raises(TokenInvalidError):
        await accounts.auth.refresh(pair.refresh_token)


async def test_tokens_can_be_refreshed_repeatedly(accounts: Accounts, clock: MovingClock) -> None:
    user = await signed_up(accounts)
    pair = await accounts.auth.login(user.email, PASSWORD)
    for _ in range(3):
        clock.advance(days=5)
        pair = await accounts.auth.refresh(pair.refresh_token)
        assert (await accounts.auth.authenticate(pair.access_token)).user_id == user.id


async def test_reusing_a_rotated_token_ends_its_family_and_no_other(accounts: Accounts, clock: MovingClock) -> None:
    user = await signed_up(accounts)
    first = await accounts.auth.login(user.email, PASSWORD)
    elsewhere = await accounts.auth.login(user.email, PASSWORD)
    renewed = await accounts.auth.refresh(first.refresh_token)
    clock.advance(seconds=21)
    with pytest.raises(TokenReusedError):
        await accounts.auth.refresh(first.refresh_token)
    for ended in (renewed, first):
        with pytest.raises(TokenInvalidError):
            await accounts.auth.refresh(ended.refresh_token)
        with pytest.raises(TokenInvalidError):
            await accounts.auth.authenticate(ended.access_token)
    await accounts.auth.refresh(elsewhere.refresh_token)


async def test_concurrent_refreshes_with_one_token_get_the_same_pair(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    pair = await accounts.auth.login(user.email, PASSWORD)
    results = await asyncio.gather(*(accounts.auth.refresh(pair.refresh_token) for _ in range(8)))
    assert len(set(results)) == 1
    assert results[0].refresh_token != pair.refresh_token


async def test_a_token_older_than_the_one_before_ends_its_family_at_once(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    first = await accounts.auth.login(user.email, PASSWORD)
    second = await accounts.auth.refresh(first.refresh_token)
    third = await accounts.auth.refresh(second.refresh_token)
    with pytest.raises(TokenReusedError):
        await accounts.auth.refresh(first.refresh_token)
    with pytest.raises(TokenInvalidError):
        await accounts.auth.refresh(third.refresh_token)


async def test_a_rotation_by_an_older_release_leaves_no_grace(accounts: Accounts) -> None:
    """An older release replaces the digest of the current token and leaves the columns for the grace as they are."""
    user = await signed_up(accounts)
    first = await accounts.auth.login(user.email, PASSWORD)
    await accounts.auth.refresh(first.refresh_token)
    async with accounts.uow.write() as tx:
        (row,) = await tx.families.list_for_user(user.id)
        row.token_hash = "0" * 64
    with pytest.raises(TokenReusedError):
        await accounts.auth.refresh(first.refresh_token)


async def test_signing_out_ends_this_sign_in_and_no_other(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    here, elsewhere = [await accounts.auth.login(user.email, PASSWORD) for _ in range(2)]
    caller = await accounts.auth.authenticate(here.access_token)
    assert caller.family is not None
    await accounts.auth.logout(caller.user_id, caller.family)
    with pytest.raises(TokenInvalidError):
        await accounts.auth.authenticate(here.access_token)
    with pytest.raises(TokenInvalidError):
        await accounts.auth.refresh(here.refresh_token)
    await accounts.auth.authenticate(elsewhere.access_token)


async def end_by_password(accounts: Accounts, user_id: int) -> None:
    await accounts.users.change_password(user_id, PASSWORD, OTHER_PASSWORD)


async def end_by_deactivation(accounts: Accounts, user_id: int) -> None:
    await accounts.users.update(user_id, is_active=False)


async def end_by_reactivation(accounts: Accounts, user_id: int) -> None:
    await accounts.users.update(user_id, is_active=False)
    await accounts.users.update(user_id, is_active=True)


async def end_by_deletion(accounts: Accounts, user_id: int) -> None:
    await accounts.users.delete(user_id)


@pytest.mark.parametrize("end", [end_by_password, end_by_deactivation, end_by_reactivation, end_by_deletion])
async def test_password_change_deactivation_and_deletion_end_every_token(
    accounts: Accounts, end: Callable[[Accounts, int], object]
) -> None:
    user = await signed_up(accounts)
    pairs = [await accounts.auth.login(user.email, PASSWORD) for _ in range(2)]
    await end(accounts, user.id)
    for pair in pairs:
        with pytest.raises(InactiveUserError if end is end_by_deactivation else TokenInvalidError):
            await accounts.auth.authenticate(pair.access_token)
        with pytest.raises(TokenInvalidError):
            await accounts.auth.refresh(pair.refresh_token)


def forged(claims: Claims, key: str = DEFAULT_SECRET_KEY, algorithm: str = "HS256", **header: object) -> str:
    return jwt.encode(claims, key, algorithm, headers=header or None)


FORGERIES: dict[str, Callable[[Claims], str]] = {
    "no algorithm": lambda claims: forged(claims, None, "none"),
    "another algorithm": lambda claims: forged(claims, algorithm="HS512"),
    "another key": lambda claims: forged(claims, "x" * 48),
    "an unknown critical header": lambda claims: forged(claims, crit=["exp"]),
    "no expiry": lambda claims: forged({name: value for name, value in claims.items() if name != "exp"}),
    "no type": lambda claims: forged({name: value for name, value in claims.items() if name != "type"}),
    "no version": lambda claims: forged({name: value for name, value in claims.items() if name != "ver"}),
    "no family": lambda claims: forged({name: value for name, value in claims.items() if name != "family"}),
    "an expiry in words": lambda claims: forged(claims | {"exp": "tomorrow"}),
    "an expiry out of range": lambda claims: forged(claims | {"exp": 1e20}),
    "not valid yet": lambda claims: forged(claims | {"nbf": claims["iat"] + 3600}),
    "issued in the future": lambda claims: forged(claims | {"iat": claims["iat"] + 3600}),
    "a reset token": lambda claims: forged(claims | {"type": "reset"}),
    "another version": lambda claims: forged(claims | {"ver": claims["ver"] + 1}),
    "a version in words": lambda claims: forged(claims | {"ver": "0"}),
    "a true version": lambda claims: forged(claims | {"ver": False}),
    "another family": lambda claims: forged(claims | {"family": str(uuid4())}),
    "a family in numbers": lambda claims: forged(claims | {"family": 1}),
    "another user": lambda claims: forged(claims | {"sub": str(int(claims["sub"]) + 1)}),
    "no number": lambda claims: forged(claims | {"sub": "1 OR 1=1"}),
    "a huge number": lambda claims: forged(claims | {"sub": "9" * 30}),
    "another numeral": lambda claims: forged(claims | {"sub": "१"}),
    "one character more": lambda claims: forged(claims) + "A",
    "nine characters less": lambda claims: forged(claims)[:-9],
    "five parts": lambda claims: forged(claims) + ".a.b",
    "a megabyte": lambda claims: "a" * 1_000_000,
    "not ASCII": lambda claims: forged(claims) + "가",
    "half a surrogate pair": lambda claims: forged(claims) + "\ud800",
    "an empty token": lambda claims: "",
}


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_a_forged_token_is_rejected() -> None:
    async with accounts_on(scratch_sqlite()) as accounts:
        user = await signed_up(accounts)
        claims = claims_of((await accounts.auth.login(user.email, PASSWORD)).access_token)
        assert (await accounts.auth.authenticate(forged(claims))).user_id == user.id
        accepted = [name for name, forge in FORGERIES.items() if await is_accepted(accounts, forge(claims))]
    assert accepted == []


async def is_accepted(accounts: Accounts, token: str) -> bool:
    try:
        await accounts.auth.authenticate(token)
    except TokenInvalidError:
        return False
    return True


async def test_access_and_refresh_tokens_are_not_interchangeable(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    pair = await accounts.auth.login(user.email, PASSWORD)
    with pytest.raises(TokenInvalidError):
        await accounts.auth.authenticate(pair.refresh_token)
    with pytest.raises(TokenInvalidError):
        await accounts.auth.refresh(pair.access_token)
    await accounts.auth.refresh(pair.refresh_token)


@pytest.mark.parametrize(("old", "new"), [("bcrypt", "argon2"), ("argon2", "bcrypt")])
async def test_a_hash_of_another_scheme_is_renewed_on_the_next_login(database_url: str, old: str, new: str) -> None:
    async with accounts_on(database_url, password_scheme=old) as accounts:
        user = await signed_up(accounts)
    async with accounts_on(database_url, password_scheme=new) as accounts:
        await accounts.auth.login(user.email, PASSWORD)
        async with accounts.uow.read() as tx:
            renewed = await tx.users.get(user.id)
        assert renewed is not None
        assert new in renewed.password_hash or renewed.password_hash.startswith("$2b$04$")
        await accounts.auth.login(user.email, PASSWORD)


async def test_a_common_password_of_before_still_signs_in_and_its_hash_is_renewed(database_url: str) -> None:
    async with accounts_on(database_url, password_bcrypt_rounds=5) as accounts:
        user = await signed_up(accounts)
        async with accounts.uow.write() as tx:
            row = await tx.users.get_for_update(user.id)
            assert row is not None
            row.password_hash = BcryptHasher(rounds=4).hash("password1")
        await accounts.auth.login(user.email, "password1")
        async with accounts.uow.read() as tx:
            renewed = await tx.users.get(user.id)
    assert renewed is not None
    assert renewed.password_hash.startswith("$2b$05$")


async def test_a_hash_with_fewer_rounds_is_renewed_on_the_next_login() -> None:
    url = scratch_sqlite()
    async with accounts_on(url, password_bcrypt_rounds=4) as accounts:
        user = await signed_up(accounts)
    async with accounts_on(url, password_bcrypt_rounds=5) as accounts:
        await accounts.auth.login(user.email, PASSWORD)
        async with accounts.uow.read() as tx:
            renewed = await tx.users.get(user.id)
    assert renewed is not None
    assert renewed.password_hash.startswith("$2b$05$")
