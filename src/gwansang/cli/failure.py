"""What the command line says when something can't be done."""

import errno
import json

from gwansang.api import problem_texts
from gwansang.core.exceptions import AppError
from gwansang.texts import Locale


class CommandError(Exception):
    """A command can't do what was asked: one sentence with what happened and what to do; exit code 1."""

    code = "COMMAND_FAILED"


class FileError(CommandError):
    """A file of the user's can't be read or written."""

    code = "FILE_UNUSABLE"


def sentence(error: AppError | CommandError, locale: Locale) -> str:
    """What to tell people: as in the API's `detail`; the plain message where there is none."""
    if isinstance(error, CommandError):
        return str(error)
    return problem_texts.problem_text(error, locale)


def envelope(error: AppError | CommandError) -> str:
    """The error object that the API's clients know, as one line of JSON."""
    details = error.context or None if isinstance(error, AppError) else None
    body = {"code": error.code, "message": str(error), "details": details}
    return json.dumps({"error": body}, ensure_ascii=False, default=str)


def unusable(error: OSError) -> FileError:
    """Say why a file could not be read or written; the caller names the file."""
    reasons = {
        errno.ENOENT: "there is no such file or folder; check the path",
        errno.EISDIR: "it is a folder; name the photos in it",
        errno.EACCES: "it may not be opened; check its permissions",
        errno.ENOSPC: "the disk is full; free some space",
    }
    return FileError(f"{reasons.get(error.errno or 0, error.strerror or str(error))}.")
