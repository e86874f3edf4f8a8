"""The store in a folder: partial writes, symbolic links, signed links, and an unwritable disk."""

import base64
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gwansang.core.file_links import FileLinks
from gwansang.storage.base import ObjectNotFoundError, StorageUnavailableError
from gwansang.storage.local import LINK_PATH, LocalObjectStore
from tests.support.fakes import MovingClock

pytestmark = pytest.mark.anyio
KEY = "photos/7f/7f3a.jpg"
KILLED_WRITER = """
import asyncio, os, signal, sys
from pathlib import Path
from gwansang.core.clock import utc_now
from gwansang.core.file_links import FileLinks
from gwansang.storage import local

def die(path): os.kill(os.getpid(), signal.SIGKILL)
local._sync = die  # the file is written and not renamed yet
asyncio.run(local.LocalObjectStore(Path(sys.argv[1]), FileLinks("x", clock=utc_now)).put("photos/7f/7f3a.jpg", b"half"))
"""


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def killed(local: LocalObjectStore, folder: Path) -> LocalObjectStore:
    """A store in which a writer was killed before it renamed its file."""
    done = subprocess.run([sys.executable, "-c", KILLED_WRITER, str(folder)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(files(folder)) == 1
    return local


async def test_a_killed_writer_leaves_no_object_and_its_partial_file_is_swept_later(
    killed: LocalObjectStore, folder: Path
) -> None:
    assert [found async for found in killed.list("photos/")] == []
    with pytest.raises(ObjectNotFoundError):
        await killed.get(KEY)
    await killed.sweep()
    assert len(files(folder)) == 1  # its writer might still be running
    left = folder / files(folder)[0]
    two_hours_ago = time.time() - 7200
    os.utime(left, (two_hours_ago, two_hours_ago))
    await killed.sweep()
    assert files(folder) == []


async def test_deleting_an_object_deletes_its_partial_files_and_no_others(
    killed: LocalObjectStore, folder: Path
) -> None:
    await killed.delete("photos/7f/7f3a.jp")
    assert len(files(folder)) == 1
    await killed.delete(KEY)
    assert files(folder) == []


async def test_deleting_a_prefix_deletes_its_partial_files(killed: LocalObjectStore, folder: Path) -> None:
    await killed.delete_prefix("photos/7f/")
    assert files(folder) == []


def test_only_its_owner_may_look_into_the_folder(local: LocalObjectStore, folder: Path) -> None:
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_a_link_in_the_folder_leads_nowhere(local: LocalObjectStore, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    await local.put(KEY, b"photo")
    (folder / "photos/7f/11.jpg").symlink_to(tmp_path / "secret")
    (folder / "photos/aa").symlink_to(tmp_path)
    for key in ("photos/7f/11.jpg", "photos/aa/secret"):
        with pytest.raises(ObjectNotFoundError):
            await local.get(key)
    await local.delete_prefix("photos/7f/")
    await local.delete_prefix("photos/aa/")
    assert (tmp_path / "secret").read_bytes() == b"secret"


async def test_a_file_in_the_place_of_a_folder_raises_storage_unavailable(
    local: LocalObjectStore, folder: Path
) -> None:
    (folder / "photos").write_bytes(b"in the way")
    with pytest.raises(StorageUnavailableError):
        await local.put(KEY, b"photo")
    assert files(folder) == ["photos"]  # no partial file


async def test_a_folder_that_cannot_be_created_raises_a_readable_error(tmp_path: Path, links: FileLinks) -> None:
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(StorageUnavailableError, match="Nothing can be kept in"):
        LocalObjectStore(tmp_path / "taken" / "storage", links)


async def test_a_link_is_valid_until_it_expires_after_at_most_ten_minutes(
    local: LocalObjectStore, links: FileLinks, clock: MovingClock
) -> None:
    link = await local.link(KEY, 86_400)
    assert (link.expires_at - clock.now).total_seconds() == 600
    token = link.url.removeprefix(LINK_PATH)
    assert links.verify(token) == KEY
    clock.advance(seconds=599)
    assert links.verify(token) == KEY
    clock.advance(seconds=1)
    assert links.verify(token) is None


async def test_changed_and_foreign_tokens_are_invalid(local: LocalObjectStore, clock: MovingClock) -> None:
    links = FileLinks("a secret that only these tests know", clock=clock)
    token = links.sign(KEY, 60)[0]
    data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    changed = [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in range(len(data))]
    foreign = FileLinks("another secret", clock=clock).sign(KEY, 60)[0]
    tried = [base64.urlsafe_b64encode(one).decode().rstrip("=") for one in changed]
    for wrong in (*tried, foreign, "", "=", token[:-1], token + "A", "é", "\0", "../" * 9, "A" * 100_000, token * 2):
        assert links.verify(wrong) is None
