"""The service for accounts, as owners and administrators use it."""

import asyncio
import json
from collections import Counter
from datetime import timedelta

import pytest

from gwansang.container import Accounts
from gwansang.core.exceptions import AppError
from gwansang.core.paging import InvalidPageError, PageRequest
from gwansang.services.accounts.auth_service import InactiveUserError, InvalidCredentialsError, TokenInvalidError
from gwansang.services.accounts.user_service import (
    EmailTakenError,
    InvalidEmailError,
    InvalidPasswordError,
    InvalidUsernameError,
    UserNotFoundError,
)
from tests.support.accounts import OTHER_PASSWORD, PASSWORD, signed_up
from tests.support.fakes import NOON, MovingClock

pytestmark = pytest.mark.anyio


async def test_a_new_account_is_active_and_not_an_administrator(accounts: Accounts) -> None:
    user = await accounts.users.register("Minji@Example.com", " 김민지 ", PASSWORD)
    assert (user.email, user.username, user.is_active, user.is_admin) == ("minji@example.com", "김민지", True, False)
    assert user.created_at == user.updated_at == NOON
    assert await accounts.users.get(user.id) == user


async def test_of_twenty_concurrent_registrations_exactly_one_succeeds(accounts: Accounts) -> None:
    results = await asyncio.gather(*(signed_up(accounts) for _ in range(20)), return_exceptions=True)
    assert Counter(type(result).__name__ for result in results) == {"UserInfo": 1, "EmailTakenError": 19}
    assert (await accounts.users.page()).total == 1


@pytest.mark.parametrize(
    "spelling",
    [
        "MINJI@example.com",
        "minji@EXAMPLE.com",
        "minji@example.com.",
        "minji@ｅxample.com",
        "ｍinji@example.com",
        " minji@example.com ",
    ],
)
async def test_all_spellings_of_an_address_are_one_account(accounts: Accounts, spelling: str) -> None:
    await signed_up(accounts)
    with pytest.raises(EmailTakenError):
        await accounts.users.register(spelling, "another", PASSWORD)
    await accounts.auth.login(spelling, PASSWORD)


INVALID_PASSWORDS = {
    "short": "1234567",
    "73 bytes": "x" * 73,
    "75 bytes in 25 characters": "가" * 25,
    "129 characters": "x" * 129,
    "nul": "nul\0inside",
    "megabyte": "x" * 1_000_000,
    "half a surrogate pair": "half\ud800 of one",
}


@pytest.mark.parametrize("password", INVALID_PASSWORDS.values(), ids=INVALID_PASSWORDS.keys())
async def test_a_password_that_cannot_be_hashed_whole_is_rejected(accounts: Accounts, password: str) -> None:
    with pytest.raises(InvalidPasswordError) as refused:
        await accounts.users.register("minji@example.com", "minji", password)
    assert password not in str(refused.value.context)
    assert (await accounts.users.page()).total == 0


@pytest.mark.parametrize("name", ["김", " 김 ", "x" * 51, "line\nbreak", "nul\0", "bidi\u202e", "tab\tbed"])
async def test_a_name_of_wrong_length_or_with_unprintable_characters_is_rejected(accounts: Accounts, name: str) -> None:
    with pytest.raises(InvalidUsernameError):
        await accounts.users.register("minji@example.com", name, PASSWORD)


async def test_two_people_may_have_the_same_name(accounts: Accounts) -> None:
    first, second = await signed_up(accounts), await signed_up(accounts, "minji2@example.com")
    assert first.username == second.username


async def test_changing_to_a_taken_address_is_rejected_and_changes_nothing(accounts: Accounts) -> None:
    await signed_up(accounts)
    other = await signed_up(accounts, "other@example.com")
    with pytest.raises(EmailTakenError):
        await accounts.users.update(other.id, email="MINJI@example.com", username="changed")
    assert await accounts.users.get(other.id) == other


async def test_a_change_is_stored_with_its_time(accounts: Accounts, clock: MovingClock) -> None:
    user = await signed_up(accounts)
    clock.advance(hours=1)
    await accounts.users.update(user.id, username="김지민", email="new@example.com")
    changed = await accounts.users.get(user.id)
    assert (changed.username, changed.email) == ("김지민", "new@example.com")
    assert (changed.created_at, changed.updated_at) == (NOON, NOON + timedelta(hours=1))


async def test_after_a_change_only_the_new_password_works(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    await accounts.users.change_password(user.id, PASSWORD, OTHER_PASSWORD)
    await accounts.auth.login(user.email, OTHER_PASSWORD)
    with pytest.raises(InvalidCredentialsError):
        await accounts.auth.login(user.email, PASSWORD)


async def test_changing_a_password_requires_the_current_one(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    with pytest.raises(InvalidCredentialsError):
        await accounts.users.change_password(user.id, OTHER_PASSWORD, "something else")
    await accounts.auth.login(user.email, PASSWORD)


async def test_of_two_concurrent_password_changes_exactly_one_succeeds(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    changes = (accounts.users.change_password(user.id, PASSWORD, f"new password {n}") for n in range(2))
    results = await asyncio.gather(*changes, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["InvalidCredentialsError", "UserInfo"]


@pytest.mark.parametrize(
    ("change", "error"), [({"is_active": False}, InactiveUserError), ({"is_admin": False}, TokenInvalidError)]
)
async def test_deactivation_and_loss_of_a_role_end_every_token(
    accounts: Accounts, change: dict[str, bool], error: type[AppError]
) -> None:
    admin = await accounts.users.register("admin@example.com", "admin", PASSWORD, is_admin=True)
    await accounts.users.register("another@example.com", "admin", PASSWORD, is_admin=True)
    pair = await accounts.auth.login(admin.email, PASSWORD)
    await accounts.users.update(admin.id, **change)
    with pytest.raises(error):
        await accounts.auth.authenticate(pair.access_token)
    with pytest.raises(TokenInvalidError):
        await accounts.auth.refresh(pair.refresh_token)


async def test_deleting_a_user_deletes_all_their_rows_and_no_others(accounts: Accounts) -> None:
    user, other = await signed_up(accounts), await signed_up(accounts, "other@example.com")
    for one in (user, other):
        await accounts.auth.login(one.email, PASSWORD)
        await accounts.keys.create(one.id, "key", ["analyze"])
        await accounts.proofs.start_verification(one.id)
        await accounts.consents.grant(one.id, "history")
    before = await accounts.exports.export(other.id)
    await accounts.users.delete(user.id)
    after = await accounts.exports.export(other.id)
    for one in (before, after):
        one["audit"] = [entry for entry in one["audit"] if entry["event"] != "exported"]  # an export records itself
    assert after == before
    async with accounts.uow.read() as tx:
        assert await tx.consents.list_for_user(user.id) == ()
        assert await tx.families.list_for_user(user.id) == ()
        assert await tx.keys.list_for_user(user.id) == ()
    with pytest.raises(UserNotFoundError):
        await accounts.exports.export(user.id)
    with pytest.raises(UserNotFoundError):
        await accounts.users.delete(user.id)


async def test_the_id_of_a_deleted_user_is_not_reused(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    token = (await accounts.auth.login(user.email, PASSWORD)).access_token
    await accounts.users.delete(user.id)
    successor = await signed_up(accounts)
    assert successor.id > user.id
    with pytest.raises(TokenInvalidError):
        await accounts.auth.authenticate(token)


async def test_the_export_has_all_data_of_the_user_and_no_secrets(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    pair = await accounts.auth.login(user.email, PASSWORD)
    key = await accounts.keys.create(user.id, "my key", ["analyze"])
    document = await accounts.exports.export(user.id)
    text = json.dumps(document)
    assert [consent["purpose"] for consent in document["consents"]] == ["reading"]
    assert document["account"]["email"] == user.email
    assert [one["name"] for one in document["api_keys"]] == ["my key"]
    assert len(document["sign_ins"]) == 1
    for secret in (pair.access_token, pair.refresh_token, key.key, "hash", "$2b$"):
        assert secret not in text


async def test_users_are_listed_in_pages(accounts: Accounts) -> None:
    for number in range(5):
        await accounts.users.register(f"user{number}@example.com", "user", PASSWORD)
    second = await accounts.users.page(PageRequest(2, 2))
    assert ([user.email[:5] for user in second.items], second.total, second.pages) == (["user2", "user3"], 5, 3)
    assert (await accounts.users.page(PageRequest(9, 2))).items == ()
    third = await accounts.users.page(PageRequest(size=2, after=second.next))
    assert ([user.email[:5] for user in third.items], third.next) == (["user4"], None)


@pytest.mark.parametrize(("page", "size"), [(0, 20), (-1, 20), (1, 0), (1, 101), (10**12, 20)])
async def test_an_invalid_page_or_size_is_rejected(accounts: Accounts, page: int, size: int) -> None:
    with pytest.raises(InvalidPageError):
        await accounts.users.page(PageRequest(page, size))


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("a", 3),
        ("A", 3),
        ("a_", 1),
        ("a%", 1),
        ("%", 0),
        ("_", 0),
        ("\\", 0),
        ("' OR 1=1--", 0),
        ("a@example.com", 1),
        ("", 3),
    ],
)
async def test_wildcards_in_an_address_filter_are_literal(accounts: Accounts, prefix: str, found: int) -> None:
    for email in ("a@example.com", "a_b@example.com", "a%b@example.com"):
        await signed_up(accounts, email)
    assert (await accounts.users.page(email_prefix=prefix)).total == found


@pytest.mark.parametrize("prefix", ["nul\0", "half\ud800", "line\n"])
async def test_an_address_filter_with_invalid_characters_is_rejected(accounts: Accounts, prefix: str) -> None:
    with pytest.raises(InvalidEmailError):
        await accounts.users.page(email_prefix=prefix)


async def test_users_can_be_filtered_by_activity(accounts: Accounts) -> None:
    first, second = await signed_up(accounts), await signed_up(accounts, "second@example.com")
    await accounts.users.update(first.id, is_active=False)
    assert [user.id for user in (await accounts.users.page(active=True)).items] == [second.id]
    assert [user.id for user in (await accounts.users.page(active=False)).items] == [first.id]


@pytest.mark.parametrize("email", ["", "minji", "a@b", "a@@b.kr", "a\r\nBcc: x@y.kr", '"a b"@c.kr', "a@1.2.3.4"])
async def test_an_invalid_address_can_neither_register_nor_sign_in(accounts: Accounts, email: str) -> None:
    with pytest.raises(InvalidEmailError):
        await signed_up(accounts, email)
    with pytest.raises(InvalidCredentialsError):
        await accounts.auth.login(email, PASSWORD)
