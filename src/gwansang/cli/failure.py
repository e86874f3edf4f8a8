"""Errors of the command line, and how they are printed."""

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from gwansang.core.exceptions import AppError
from gwansang.core.problem_texts import problem_text
from gwansang.texts import Locale


class CommandError(Exception):
    """A command can't do its work: one sentence with the cause and the remedy; exit code 1."""

    code = "COMMAND_FAILED"


class FileError(CommandError):
    """A file of the user can't be read or written."""

    code = "FILE_UNUSABLE"


def error_text(error: AppError | CommandError, locale: Locale) -> str:
    """Return the sentence for people: the API's `detail`, or the plain message if there is none."""
    return problem_text(error, locale) if isinstance(error, AppError) else str(error)


def error_json(error: AppError | CommandError) -> str:
    """Return the API's error object as one line of JSON."""
    details = error.context or None if isinstance(error, AppError) else None
    body = {"code": error.code, "message": str(error), "details": details}
    return json.dumps({"error": body}, ensure_ascii=False, default=str)


def file_error(error: OSError) -> FileError:
    """Return an error with the reason; the caller adds the name of the file."""
    reasons = {
        errno.ENOENT: "there is no such file or folder; check the path",
        errno.EISDIR: "it is a folder; name the photos in it",
        errno.EACCES: "it may not be opened; check its permissions",
        errno.ENOSPC: "the disk is full; free some space",
    }
    return FileError(f"{reasons.get(error.errno or 0, error.strerror or str(error))}.")


@contextmanager
def naming_file(path: str | Path) -> Iterator[None]:
    """Turn an OSError of the block into a CommandError that names the file."""
    try:
        yield
    except OSError as error:
        raise CommandError(f"{path}: {file_error(error)}") from error


def write_json(path: Path, content: object) -> None:
    """Write JSON for people to read; scalars that JSON lacks, such as times, become text."""
    with naming_file(path):
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1, default=_scalar) + "\n", encoding="utf-8")


def _scalar(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
