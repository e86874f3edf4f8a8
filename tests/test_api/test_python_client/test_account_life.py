"""The whole life of an account with the Python client, with and without asyncio."""

import io
import zipfile
from itertools import cycle
from pathlib import Path

import pytest

from gwansang_client import (
    AsyncGwansangClient,
    AuthenticationError,
    FileTokenStore,
    Guidance,
    GwansangClient,
    NamedContent,
    encode,
    models,
)
from tests.support.client_accounts import PASSWORD, client_of, filmed
from tests.support.database import run_in_thread
from tests.support.mailbox import Mailbox
from tests.support.photos import drawn_portrait
from tests.support.serving import Server

PURPOSES = ("history", "retain_photo", "lookalike")


async def mailed_code(service: Server, email: str) -> str:
    (code,) = await Mailbox(service.log.parent / "mail").codes(email, "verify")
    return code


def test_an_account_lives_from_sign_up_to_erasure(service: Server, tmp_path: Path) -> None:
    email, photo, kept = "sync@example.com", tmp_path / "me.jpg", tmp_path / "tokens.json"
    photo.write_bytes(drawn_portrait())
    with client_of(service, tokens=FileTokenStore(kept)) as client:
        sign_up_and_agree(client, service, email)
        assert kept.stat().st_mode & 0o777 == 0o600
        read_photos(client, photo)
        read_live(client)
        read_batch(client, photo)
        match = client.match_uploaded_face(photo, k=1)
        assert [each.name_en for each in match.matches] == ["Drawn One"]
        assert len(list(client.iterate_readings(size=1))) == client.list_readings().total == 5
        take_out(client, email)
        client.delete_me(current_password=PASSWORD)
        assert client.tokens is None
        assert not kept.exists()
        with pytest.raises(AuthenticationError):
            client.sign_in(email, PASSWORD)


def sign_up_and_agree(client: GwansangClient, service: Server, email: str) -> None:
    assert client.read_notice().min_age == 14
    user = client.register(email=email, username="minji", password=PASSWORD, birth_year=1990, locale="ko")
    assert user.created_at.tzinfo is not None
    client.sign_in(email, PASSWORD, device_name="a test")
    client.verify_email(token=run_in_thread(lambda: mailed_code(service, email)))
    assert client.read_me().email_verified
    assert [session.device_name for session in client.iterate_sessions()] == ["a test"]
    assert all(client.grant_consent(purpose).granted for purpose in PURPOSES)


def read_photos(client: GwansangClient, photo: Path) -> None:
    reading = client.analyze_uploaded_face(photo, birth_year=1990)
    assert reading.parts_analysis is not None
    assert reading.overall_score in range(60, 99)
    assert reading.locale == "en"
    assert encode(reading)["analysis_id"] == str(reading.analysis_id)
    with photo.open("rb") as file:
        assert client.analyze_uploaded_face([file, drawn_portrait()], detail="short").parts_analysis is None
    assert client.download_photo(reading.analysis_id).startswith(b"\xff\xd8")
    assert client.read_reading_card_png(reading.analysis_id, format="og").startswith(b"\x89PNG")


def read_live(client: GwansangClient) -> None:
    guidances: list[Guidance] = []
    with client.live() as session:
        reading = session.read(cycle(filmed()), told=guidances.append, frames_per_second=30)
    assert reading.locale == "en"
    assert guidances[-1].ready


def read_batch(client: GwansangClient, photo: Path) -> None:
    task = client.analyze_batch([photo, NamedContent("second.jpg", drawn_portrait()), b"no photo"])
    *_, last = client.watch_task(task.task_id, timeout=60)
    assert last.task is not None
    batch = last.task.result
    assert isinstance(batch, models.BatchOut)
    fates = [(each.name, each.status) for each in batch.photos]
    assert fates == [("me.jpg", "read"), ("second.jpg", "read"), ("file", "failed")]
    assert client.read_batch_photo(task.task_id, 1).reading is not None


def take_out(client: GwansangClient, email: str) -> None:
    assert client.export_me().account["email"] == email
    archive = zipfile.ZipFile(io.BytesIO(client.export_me_as_zip()))
    assert any(name.endswith(".jpg") for name in archive.namelist())


@pytest.mark.anyio
async def test_an_account_lives_from_sign_up_to_erasure_with_asyncio(service: Server, tmp_path: Path) -> None:
    email, photo = "async@example.com", tmp_path / "me.jpg"
    photo.write_bytes(drawn_portrait())
    async with AsyncGwansangClient(service.url, trust_env=False, locale="en") as client:
        await client.register(email=email, username="minji", password=PASSWORD, locale="ko")
        await client.sign_in(email, PASSWORD)
        await client.verify_email(token=await mailed_code(service, email))
        for purpose in PURPOSES:
            assert (await client.grant_consent(purpose)).granted
        reading = await client.analyze_uploaded_face(photo)
        assert reading.parts_analysis is not None
        assert (await client.download_photo(reading.analysis_id)).startswith(b"\xff\xd8")

        async with client.live(locale="ko") as session:
            live = await session.read(cycle(filmed()), frames_per_second=30)
        assert live.locale == "ko"
        assert live.overall_score == (await client.read_reading(live.analysis_id)).overall_score

        task = await client.analyze_batch([photo, photo])
        done = await client.wait_for_task(task.task_id, timeout=60)
        assert isinstance(done.result, models.BatchOut)
        assert done.result.read == 2
        match = await client.match_uploaded_face(photo, k=1)
        assert [each.name_en for each in match.matches] == ["Drawn One"]
        assert len([kept async for kept in client.iterate_readings(size=2)]) == 4

        assert (await client.export_me()).analyses_count == 4
        await client.delete_me(current_password=PASSWORD)
        with pytest.raises(AuthenticationError):
            await client.sign_in(email, PASSWORD)
