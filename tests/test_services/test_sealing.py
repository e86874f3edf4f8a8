"""Sealed face data opens only with its owner's key and in its own row."""

import json
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import text

from gwansang.container import Accounts
from gwansang.core.encryption import MasterKeys, generate_key
from gwansang.db.session import Database
from gwansang.services.protection.sealed_faces import unseal_face
from gwansang.services.protection.sealing import (
    EncryptionKeyMissingError,
    SealBrokenError,
    UserKeyNotFoundError,
    row_aad,
)
from gwansang.services.readings.kept_content import KeptAnalysis
from tests.support.accounts import accounts_on
from tests.test_services.test_history import as_kept_by_an_older_release, make_analysis, user_with_history
from tests.test_services.test_profiles import FACE, save_profile

pytestmark = pytest.mark.anyio
OLD, NEW, WRONG = (f"{name}:{letter * 43}=" for name, letter in (("old", "o"), ("new", "n"), ("old", "w")))


async def query(url: str, statement: str, **values: object) -> list[tuple[object, ...]]:
    """Execute a statement on the database and return the rows."""
    database = Database(url)
    try:
        async with database.session("write") as session:
            result = await session.execute(text(statement), values)
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        await database.close()


async def test_no_column_of_an_analysis_or_a_profile_has_a_measure_in_clear(
    accounts: Accounts, database_url: str
) -> None:
    user_id = await user_with_history(accounts)
    await save_profile(accounts, user_id)
    made = make_analysis()
    for table in ("analyses", "user_profiles"):
        stored = b"".join(str(row).encode() for row in await query(database_url, f"SELECT * FROM {table}"))  # noqa: S608 - names of this test
        assert b"sealed" not in stored
        for word in ("forehead", "percentile", made.reading.parts[0].meaning, made.reading.today_fortune):
            assert word.encode() not in stored
        assert str(next(iter(made.measures.values())).value).encode() not in stored


async def test_a_history_list_needs_no_key(database_url: str) -> None:
    async with accounts_on(database_url, encryption_keys=OLD) as accounts:
        user_id, made = await user_with_history(accounts), make_analysis()
        await accounts.history.save(user_id, made)
    async with accounts_on(database_url, encryption_keys=NEW) as accounts:
        shown = (await accounts.history.page(user_id)).items
        assert [one.overall_score for one in shown] == [made.reading.overall_score]
        with pytest.raises(EncryptionKeyMissingError, match="'old'"):
            await accounts.history.get(user_id, made.analysis_id)


async def test_another_key_under_the_same_name_is_reported_as_broken(database_url: str) -> None:
    async with accounts_on(database_url, encryption_keys=OLD) as accounts:
        user_id, made = await user_with_history(accounts), make_analysis()
        await accounts.history.save(user_id, made)
    async with accounts_on(database_url, encryption_keys=WRONG) as accounts:
        with pytest.raises(SealBrokenError):
            await accounts.history.get(user_id, made.analysis_id)
        assert (await accounts.key_rotation.usage()).broken == ("old",)


async def test_sealed_data_copied_to_another_row_or_user_does_not_open(accounts: Accounts, database_url: str) -> None:
    mine, theirs = await user_with_history(accounts), await user_with_history(accounts, "other@example.com")
    first, second, other = make_analysis(1), make_analysis(2), make_analysis(3)
    await accounts.history.save(mine, first)
    await accounts.history.save(mine, second)
    await accounts.history.save(theirs, other)
    for source, target, owner in ((first, second, mine), (first, other, theirs)):
        await copy_sealed(database_url, source, target)
        with pytest.raises(SealBrokenError):
            await accounts.history.get(owner, target.analysis_id)
    assert await accounts.history.get(mine, first.analysis_id) == first


async def copy_sealed(url: str, source: KeptAnalysis, target: KeptAnalysis) -> None:
    ids = {name: one.analysis_id.hex if url.startswith("sqlite") else one.analysis_id for name, one in
           (("source", source), ("target", target))}  # fmt: skip
    await query(
        url, "UPDATE analyses SET sealed = (SELECT sealed FROM analyses WHERE id = :source) WHERE id = :target", **ids
    )


async def test_without_the_users_key_no_sealed_data_opens(accounts: Accounts, database_url: str) -> None:
    user_id, made = await user_with_history(accounts), make_analysis()
    await accounts.history.save(user_id, made)
    await query(database_url, "DELETE FROM user_keys")
    with pytest.raises(UserKeyNotFoundError):
        await accounts.history.get(user_id, made.analysis_id)


async def test_after_a_rotation_every_reading_opens_with_the_new_key_alone(database_url: str) -> None:
    kept = {}
    async with accounts_on(database_url, encryption_keys=OLD) as accounts:
        for number in range(5):
            user_id, made = await user_with_history(accounts, f"u{number}@example.com"), make_analysis(number)
            await accounts.history.save(user_id, made)
            kept[user_id] = made
    async with accounts_on(database_url, encryption_keys=f"{NEW},{OLD}") as accounts:
        assert dict((await accounts.key_rotation.usage()).users) == {"old": 5}
        assert await accounts.history.get(user_id, made.analysis_id) == made
        assert await accounts.key_rotation.run() == 5
        assert await accounts.key_rotation.run() == 0
    async with accounts_on(database_url, encryption_keys=NEW) as accounts:
        assert (await accounts.key_rotation.usage()).missing == ()
        for user_id, made in kept.items():
            assert await accounts.history.get(user_id, made.analysis_id) == made


async def test_rows_of_an_older_release_are_sealed_at_the_next_start(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gwansang.services.protection.sealed_faces._BATCH", 2)
    async with AsyncExitStack() as stack:
        accounts = await stack.enter_async_context(accounts_on(database_url))
        user_id = await user_with_history(accounts)
        made = [as_kept_by_an_older_release(make_analysis(seed, minutes=seed)) for seed in range(5)]
        for one in made:
            await accounts.history.save(user_id, one)
        await save_profile(accounts, user_id)
        content = await unsealed_rows(accounts, user_id)
    for table, rows in content.items():
        for key, fields in rows.items():
            sets = ", ".join(f"{name} = :{name}" for name in fields)
            values = {name: json.dumps(value) if name != "birth_year" else value for name, value in fields.items()}
            await query(database_url, f"UPDATE {table} SET sealed = NULL, {sets} WHERE {key}", **values)  # noqa: S608 - names of this test
    await query(database_url, "DELETE FROM user_keys")
    async with accounts_on(database_url) as accounts:
        for table, column in (("analyses", "measures"), ("analyses", "birth_year"), ("user_profiles", "shapes")):
            left = f"SELECT count(*) FROM {table} WHERE sealed IS NULL OR {column} IS NOT NULL"  # noqa: S608 - names of this test
            assert await query(database_url, left) == [(0,)]
        for one in made:
            assert await accounts.history.get(user_id, one.analysis_id) == one
        known = await accounts.profiles.load(user_id)
        assert known is not None
        assert known.profile == FACE


async def unsealed_rows(accounts: Accounts, user_id: int) -> dict[str, dict[str, dict[str, object]]]:
    """Return the content of every row, by table and by the SQL condition that selects the row."""
    sealer, rows = accounts.sealer, {}
    async with accounts.uow.read() as tx:
        key = await sealer.load_key(tx, user_id)
        for row in await tx.analyses.list_after(user_id, None, 1000):
            written = row.id.hex if "sqlite" in str(accounts.uow._database.url) else row.id
            rows[f"id = '{written}'"] = {
                name: value
                for name, value in unseal_face(sealer, key, row).items()
                if name in ("birth_year", "measures", "reading", "pose", "quality")
            }
        profile = await tx.profiles.get(user_id)
    content = sealer.unseal(key, profile.sealed, row_aad("user_profiles", user_id, "sealed"))
    return {"analyses": rows, "user_profiles": {f"user_id = {user_id}": content}}


@pytest.mark.parametrize("text_", ["", "a", "a:", "a:short", f"a:{'A' * 42}", f":{'A' * 43}=", f"a b:{'A' * 43}="])
def test_an_invalid_master_key_is_rejected_without_repeating_it(text_: str) -> None:
    with pytest.raises(ValueError, match="key") as refused:
        MasterKeys.parse(text_)
    assert "short" not in str(refused.value)


def test_sealing_is_randomized_and_any_changed_bit_is_detected() -> None:
    keys = MasterKeys.parse(OLD)
    key = generate_key()
    one, other = keys.wrap(key, b"user/1"), keys.wrap(key, b"user/1")
    assert one != other
    assert keys.unwrap("old", one, b"user/1") == key
    for changed in (one[:-1] + bytes([one[-1] ^ 1]), one[1:], one[:20], b""):
        with pytest.raises(SealBrokenError):
            keys.unwrap("old", changed, b"user/1")
    with pytest.raises(SealBrokenError):
        keys.unwrap("old", one, b"user/2")
