"""Sign-ins and keys of the Python client: refreshed once, ended, forgotten."""

from asyncio import TaskGroup
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from gwansang_client import (
    AsyncGwansangClient,
    ErrorCode,
    MemoryTokenStore,
    PermissionDeniedError,
    SignInEndedError,
    Tokens,
)
from tests.support.client_accounts import ADMIN, PASSWORD, client_of, signed_up
from tests.support.photos import drawn_portrait
from tests.support.serving import Server


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
