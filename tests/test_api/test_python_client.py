"""The Python client against a real service: a whole life of an account with and without asyncio, refreshing, errors."""

import ast
import base64
import io
import json
import pickle
import subprocess
import sys
import time
import zipfile
from asyncio import TaskGroup
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from itertools import cycle
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from tools.python_client import DOCUMENT, TARGET, generated_files
from websockets.sync.client import ClientConnection

from gwansang.container import open_accounts
from gwansang_client import (
    ApiError,
    AsyncGwansangClient,
    AuthenticationError,
    ConflictError,
    ErrorCode,
    FileTokenStore,
    Guidance,
    GwansangClient,
    InvalidRequestError,
    LiveProblem,
    LiveReading,
    MemoryTokenStore,
    NamedContent,
    NoReadingError,
    NotFoundError,
    PermissionDeniedError,
    SignInEndedError,
    SocketClosedError,
    TaskFailedError,
    Tokens,
    WaitTimeoutError,
    encode,
    models,
)
from tests.support.cameras import drawn_face, hand_held
from tests.support.database import run_in_thread, scratch_sqlite
from tests.support.mailbox import Mailbox
from tests.support.photos import drawn_portrait, encoded
from tests.support.serving import ENCRYPTION_KEYS, Server, serving, settings_for_tests

PASSWORD = "correct horse 배터리 42"
ADMIN = ("chief@example.com", "an administrator's password")
PURPOSES = ("history", "retain_photo", "lookalike")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service with one person in its gallery, whom an administrator adds with the client."""
    url, folder = scratch_sqlite(), tmp_path_factory.mktemp("service")
    run_in_thread(lambda: make_administrator(url))
    limits = {"CONNECTIONS_PER_ADDRESS": "1000", "SOCKETS_PER_ADDRESS": "100", "ALLOW_GUESTS": "true"}
    with serving(folder, DATABASE_URL=url, ENCRYPTION_KEYS=ENCRYPTION_KEYS, MAIL_FOLDER="mail", **limits) as running:
        with client_of(running) as admin:
            admin.sign_in(*ADMIN)
            someone = admin.add_celebrity(name_ko="그린이", name_en="Drawn One", category="actor")
            picture = NamedContent("one.jpg", drawn_portrait())
            origin = {"source": "drawn", "licence": "CC0", "attribution": "nobody"}
            assert admin.add_celebrity_photo(picture, celebrity_id=someone.id, **origin).current
        yield running


async def make_administrator(url: str) -> None:
    async with open_accounts(settings_for_tests(database_url=url)) as accounts:
        await accounts.users.register(ADMIN[0], "chief", ADMIN[1], is_admin=True)


def client_of(service: Server, **options: object) -> GwansangClient:
    return GwansangClient(service.url, trust_env=False, locale="en", **options)


def signed_up(service: Server, **options: object) -> GwansangClient:
    """Return a client that is signed in to a new account, whose address nobody has proven."""
    client, email = client_of(service, **options), f"{uuid4()}@example.com"
    client.register(email=email, username="minji", password=PASSWORD, locale="ko")
    client.sign_in(email, PASSWORD)
    return client


@cache
def filmed() -> list[bytes]:
    """Return three seconds of a steady face."""
    return hand_held(drawn_face(), 90)


async def mailed_code(service: Server, email: str) -> str:
    (code,) = await Mailbox(service.log.parent / "mail").codes(email, "verify")
    return code


def test_the_generated_modules_are_those_of_the_document() -> None:
    generated = generated_files(json.loads(DOCUMENT.read_text(encoding="utf-8")))
    committed = {name: (TARGET / name).read_text(encoding="utf-8") for name in generated}
    assert committed == generated, "run `make openapi`"


def test_the_package_needs_nothing_of_the_service() -> None:
    listing = "import gwansang_client, sys; print(sorted({name.split('.')[0] for name in sys.modules}))"
    environment = {"PYTHONPATH": str(TARGET.parents[1])}
    ran = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True, env=environment)
    imported = set(ast.literal_eval(ran.stdout))
    assert {"httpx", "websockets"} <= imported
    assert imported.isdisjoint({"gwansang", "pydantic", "numpy"})


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


class CountingStore(MemoryTokenStore):
    """Counts how often tokens are replaced."""

    def __init__(self) -> None:
        super().__init__()
        self.saved = 0

    def save(self, tokens: Tokens | None) -> None:
        self.saved += 1
        super().save(tokens)


def test_threads_whose_token_is_refused_refresh_it_once(service: Server) -> None:
    store = CountingStore()
    with signed_up(service, tokens=store) as client, ThreadPoolExecutor(12) as threads:
        first = store.load()
        assert first is not None
        store.save(replace(first, access_token="ended"))
        store.saved = 0
        ids = {account.id for account in threads.map(lambda _: client.read_me(), range(12))}
        assert len(ids) == 1
        assert store.saved == 1
        renewed = store.load()
        assert renewed is not None
        assert renewed.refresh_token != first.refresh_token
        assert renewed.device_token == first.device_token


@pytest.mark.anyio
async def test_tasks_of_asyncio_whose_token_ends_soon_refresh_it_once(service: Server) -> None:
    store = CountingStore()
    signed_up(service, tokens=store).close()
    first = store.load()
    assert first is not None
    store.save(replace(first, expires_at=0.0))
    store.saved = 0
    async with AsyncGwansangClient(service.url, tokens=store, trust_env=False) as client, TaskGroup() as group:
        for _ in range(12):
            group.create_task(client.read_me())
    assert store.saved == 1


def test_a_sign_in_that_ended_elsewhere_is_forgotten_and_said(service: Server) -> None:
    with signed_up(service) as client, client_of(service, tokens=MemoryTokenStore(client.tokens)) as other:
        other.change_password(current_password=PASSWORD, new_password="staple 맞는 말 42")
        with pytest.raises(SignInEndedError) as ended:
            client.read_me()
        assert ended.value.status == 401
        assert ended.value.code == ErrorCode.TOKEN_INVALID
        assert client.tokens is None


def test_a_sign_out_ends_the_sign_in_on_the_service(service: Server) -> None:
    with signed_up(service) as client, client_of(service, tokens=MemoryTokenStore(client.tokens)) as other:
        client.sign_out()
        assert client.tokens is None
        with pytest.raises(SignInEndedError):
            other.read_me()


def test_a_key_reads_and_does_nothing_else(service: Server) -> None:
    with client_of(service) as owner:
        owner.sign_in(*ADMIN)
        key = owner.make_key(name="kiosk", scopes=["analyze"], current_password=ADMIN[1]).key
    with client_of(service, api_key=key) as kiosk:
        assert kiosk.analyze_uploaded_face(drawn_portrait(), detail="short").overall_score is not None
        task = kiosk.analyze_batch(drawn_portrait())
        assert kiosk.wait_for_task(task.task_id, timeout=60).status == "done"
        with pytest.raises(PermissionDeniedError) as refused:
            kiosk.list_readings()
        assert refused.value.code == ErrorCode.SCOPE_MISSING


def test_errors_have_a_type_a_code_and_their_fields(service: Server) -> None:
    with signed_up(service) as client:
        with pytest.raises(PermissionDeniedError) as consent:
            client.match_uploaded_face(drawn_portrait())
        assert consent.value.code == ErrorCode.CONSENT_REQUIRED
        assert consent.value.request_id
        with pytest.raises(NotFoundError) as missing:
            client.read_reading(uuid4())
        assert (missing.value.status, missing.value.code) == (404, "ANALYSIS_NOT_FOUND")
        with pytest.raises(ConflictError):
            client.register(email=client.read_me().email, username="minji", password=PASSWORD)
        with pytest.raises(InvalidRequestError) as invalid:
            client.compare_readings(a="the first", b=uuid4())
        assert [fault.field for fault in invalid.value.fields] == ["a"]
        with pytest.raises(InvalidRequestError) as no_photo:
            client.analyze_uploaded_face(b"no photo")
        assert no_photo.value.code == ErrorCode.UNSUPPORTED_IMAGE_TYPE
        assert "JPEG" in str(no_photo.value)
        again = pickle.loads(pickle.dumps(no_photo.value))  # noqa: S301  # our own bytes
        assert (type(again), again.code, str(again)) == (InvalidRequestError, no_photo.value.code, str(no_photo.value))


class WithoutSockets(GwansangClient):
    """A client behind a proxy that lets no WebSocket through."""

    refused = 0

    def _connect(self, path: str) -> ClientConnection:
        self.refused += 1
        raise OSError("blocked")


def test_a_task_is_polled_where_no_socket_can_be_had(service: Server) -> None:
    with signed_up(service) as client, WithoutSockets(service.url, trust_env=False) as other:
        other.sign_in(client.read_me().email, PASSWORD)
        done = other.wait_for_task(other.analyze_batch(drawn_portrait()).task_id, timeout=60)
        assert isinstance(done.result, models.BatchOut)
        assert other.refused == 2


def test_a_task_that_fails_raises_the_error_of_its_call(service: Server) -> None:
    with signed_up(service) as client:
        wall = encoded(np.full((480, 640, 3), 128, np.uint8))
        task = client.analyze_face_later(image=base64.b64encode(wall).decode())
        with pytest.raises(TaskFailedError) as failed:
            client.wait_for_task(task.task_id, timeout=60)
        assert failed.value.code == ErrorCode.NO_FACE


def test_a_task_of_somebody_else_is_not_found_and_time_runs_out(service: Server) -> None:
    with signed_up(service) as client:
        with pytest.raises(NotFoundError):
            client.wait_for_task(uuid4(), timeout=60)
        with pytest.raises(WaitTimeoutError):
            client.wait_for_task(uuid4(), timeout=0)


def test_guests_have_live_sessions_with_problems_and_an_end(service: Server) -> None:
    with client_of(service) as guest, guest.live() as session:
        assert session.hello.guest
        session.send_frame(b"no picture")
        problem = session.receive()
        assert isinstance(problem, LiveProblem)
        assert problem.error.status == 400
        with pytest.raises(NoReadingError):
            session.read(filmed()[:1])
        frames = cycle(filmed())
        session.send_frame(next(frames))
        for message in session:
            if isinstance(message, Guidance) and not message.ready:
                time.sleep(1 / 30)  # as a camera does
                session.send_frame(next(frames))
        assert isinstance(message, LiveReading)
        with pytest.raises(SocketClosedError) as closed:
            session.receive()
        assert closed.value.code == 1000


def test_a_live_session_without_consent_is_refused_with_its_error(service: Server) -> None:
    with signed_up(service) as client:
        client.withdraw_consent("reading")
        with pytest.raises(ApiError) as refused, client.live():
            raise AssertionError("the session opened")
        assert refused.value.code == ErrorCode.CONSENT_REQUIRED
