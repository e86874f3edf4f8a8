"""The runtime of the networks in a browser: LiteRT.js as WebAssembly, brought by npm and checked by its digests.

The build without relaxed SIMD is used, whose results do not differ between processors: the same face, the same points.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gwansang.vision.models.catalog import file_digest
from gwansang.vision.models.fetch import (
    MB,
    WORK_DIR,
    FetchError,
    disk_error_sentence,
    exclusive_lock,
    write_file,
)

_PACK_TIMEOUT_S = 600.0
_SETTINGS = {"npm_config_fetch_retries": "1", "npm_config_fetch_retry_mintimeout": "2000"}  # unless the user has others


@dataclass(frozen=True, slots=True)
class RuntimeFile:
    """One file of the runtime: its name in the model folder, its place in the package, and its digest."""

    file: str
    member: str
    sha256: str


@dataclass(frozen=True, slots=True)
class BrowserRuntime:
    """A package of npm's registry, of which only these files are used; it is never installed."""

    package: str
    version: str
    sha256: str
    size: int  # bytes
    script: RuntimeFile
    binary: RuntimeFile

    @property
    def requirement(self) -> str:
        return f"{self.package}@{self.version}"

    @property
    def files(self) -> tuple[RuntimeFile, RuntimeFile]:
        return self.script, self.binary


LITERT_JS = BrowserRuntime(
    package="@litertjs/core",
    version="2.5.3",
    sha256="a97660833e9e7e1063c95e12016718881240b14f7438728a2f62785e912d30fd",
    size=11_817_097,
    script=RuntimeFile(
        file="litert_browser.js",
        member="package/wasm/litert_wasm_compat_internal.js",
        sha256="4d8f894b7883654fd6e8439730aa41e79ceaab7d19184fc4f1f0b0f1a2a2c8a5",
    ),
    binary=RuntimeFile(
        file="litert_browser.wasm",
        member="package/wasm/litert_wasm_compat_internal.wasm",
        sha256="5255c8ad06eabdbd2522cdebf6b22fc10faf74625c23a49b9e072570cd1fa41c",
    ),
)

Packer = Callable[[BrowserRuntime, Path], Path]
"""Downloads the archive of a package into a folder and returns its path; raises FetchError."""


def has_browser_runtime(model_dir: Path, runtime: BrowserRuntime = LITERT_JS) -> bool:
    """Return whether every file of the runtime is in `model_dir` with exactly the pinned bytes."""
    paths = ((model_dir / each.file, each.sha256) for each in runtime.files)
    return all(path.is_file() and file_digest(path) == sha256 for path, sha256 in paths)


def fetch_browser_runtime(
    model_dir: Path, pack: Packer, note: Callable[[str], None], runtime: BrowserRuntime = LITERT_JS
) -> bool:
    """Fetch the runtime unless `model_dir` has it, and return whether it was fetched; raises FetchError."""
    if has_browser_runtime(model_dir, runtime):
        return False
    try:
        with exclusive_lock(model_dir, note):
            work_dir = model_dir / WORK_DIR
            work_dir.mkdir(exist_ok=True)
            note(f"{runtime.requirement}: downloading {runtime.size / MB:.0f} MB with npm")
            _extract(pack(runtime, work_dir), model_dir, runtime)
            shutil.rmtree(work_dir, ignore_errors=True)
    except OSError as error:
        raise FetchError(disk_error_sentence(error, model_dir)) from error
    return True


def _extract(archive: Path, model_dir: Path, runtime: BrowserRuntime) -> None:
    if file_digest(archive) != runtime.sha256:
        archive.unlink()
        raise FetchError(
            f"npm delivered {runtime.requirement} with another digest than pinned, so nothing of it was used; check "
            "the registry that npm is configured with."
        )
    with tarfile.open(archive) as members:
        for file in runtime.files:
            member = members.extractfile(file.member)
            content = member.read() if member else b""
            if hashlib.sha256(content).hexdigest() != file.sha256:
                raise FetchError(f"{runtime.requirement} does not hold the pinned {file.member}; please report this.")
            write_file(model_dir / file.file, content)


def pack_with_npm(runtime: BrowserRuntime, into: Path) -> Path:
    """Download the archive with the user's own npm, so that registry, proxy and credentials are the user's."""
    own = Path(sys.executable).with_name("npm")
    npm = str(own) if own.exists() else shutil.which("npm")
    if npm is None:
        raise FetchError(f"npm is missing, so {runtime.requirement} can't be downloaded; `make models` brings it.")
    command = [npm, "pack", runtime.requirement, "--pack-destination", str(into.resolve()), "--silent"]
    command += ["--ignore-scripts"]
    environment = _SETTINGS | os.environ | {"PATH": os.pathsep.join((str(own.parent), os.environ.get("PATH", "")))}
    try:
        done = subprocess.run(  # noqa: S603 - the user's npm, with pinned arguments
            command, env=environment, capture_output=True, text=True, check=False, timeout=_PACK_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        raise FetchError(f"npm took too long to download {runtime.requirement}; check the network.") from None
    archive = next(into.glob("*.tgz"), None)
    if done.returncode != 0 or archive is None:
        raise FetchError(
            f"npm could not download {runtime.requirement}; check the network and the registry of npm's settings."
        )
    return archive
