"""Checks of the doctor that need no native module: Python, packages, models, port, machine."""

import importlib
import os
import platform
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from http.client import HTTPConnection, HTTPException
from importlib import metadata
from pathlib import Path

from gwansang.cli.failure import CommandError
from gwansang.cli.options import read_norms
from gwansang.cli.serve import require_free_port
from gwansang.vision.models import catalog
from gwansang.vision.models.browser_runtime import LITERT_JS, has_browser_runtime

OLDEST_PYTHON = (3, 11)
NEEDED_MEMORY_MB = 512
NATIVE_MODULES = ("cv2", "ai_edge_litert.interpreter", "numpy")  # they also need libraries of the system
REINSTALL = "run `make run`, or `pip install --force-reinstall gwansang`"


class Verdict(Enum):
    GOOD = "[green]ok[/]     "
    NOTE = "[yellow]note[/]   "
    MISSING = "[red]missing[/]"
    WRONG = "[red]wrong[/]  "


FAILURES = frozenset({Verdict.MISSING, Verdict.WRONG})  # they stop the start, or make the service of little use


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line of the doctor's report."""

    verdict: Verdict
    text: str
    advice: str = ""


def check_python() -> CheckResult:
    version = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        return CheckResult(Verdict.MISSING, f"Python {version}", "install Python 3.11 or newer, then `make clean run`")
    return CheckResult(Verdict.GOOD, f"Python {version}")


def check_packages() -> CheckResult:
    """Check that every dependency of the package is installed."""
    needed = [_package_name(line) for line in metadata.requires("gwansang") or () if "extra ==" not in line]
    absent = [name for name in needed if not is_installed(name)]
    if absent:
        return CheckResult(Verdict.MISSING, f"packages {', '.join(absent)}", REINSTALL)
    return CheckResult(Verdict.GOOD, f"{len(needed)} packages")


def _package_name(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]


def is_installed(name: str) -> bool:
    """Say whether a package is installed."""
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def check_native_modules() -> Iterator[CheckResult]:
    """Yield a result for each native module that can't be loaded."""
    for name in NATIVE_MODULES:
        try:
            importlib.import_module(name)
        except ImportError as error:
            yield CheckResult(Verdict.MISSING, f"{name} can't be loaded ({error})", REINSTALL)


def check_models(model_path: Path) -> Iterator[CheckResult]:
    """Yield a result for each model with a fault, or one if there is none."""
    faults = {model.file: fault for model in catalog.MODELS if (fault := catalog.find_fault(model, model_path))}
    for file, fault in faults.items():
        yield CheckResult(Verdict.MISSING, f"model {model_path / file} is {fault.problem}", fault.remedy)
    if not faults:
        yield CheckResult(Verdict.GOOD, f"{len(catalog.MODELS)} models verified in {model_path}")
    if not has_browser_runtime(model_path):
        text = (
            f"{LITERT_JS.binary.file} is not in {model_path}: the page uploads photos instead of finding faces itself"
        )
        yield CheckResult(Verdict.NOTE, text, catalog.FETCH_HINT)


def check_norms(path: Path | None) -> Iterator[CheckResult]:
    """Yield a result for norms of the operator's own."""
    if path is None:
        return
    try:
        read_norms(path)
    except CommandError as error:
        yield CheckResult(Verdict.WRONG, str(error), "check NORMS_PATH, or make them anew with `gwansang calibrate`")
    else:
        yield CheckResult(Verdict.GOOD, f"norms of {path}")


def check_port(host: str, port: int) -> CheckResult:
    """Check that the service can listen, unless it does already."""
    try:
        require_free_port(host, port)
    except CommandError as error:
        if _is_served(host, port):
            return CheckResult(Verdict.NOTE, f"the service answers already on port {port} of {host}")
        return CheckResult(Verdict.WRONG, str(error))
    return CheckResult(Verdict.GOOD, f"port {port} on {host} is free")


def _is_served(host: str, port: int) -> bool:
    """Return whether this service answers at an address."""
    connection = HTTPConnection({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port, timeout=2)  # noqa: S104 - asked, not listened on
    try:
        connection.request("GET", "/health/live")
        answer = connection.getresponse().read(1000)
        return b'"healthy"' in answer or b'"UNKNOWN_HOST"' in answer  # the latter where TRUSTED_HOSTS is set
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def check_machine() -> Iterator[CheckResult]:
    """Check the number of processors and the memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield CheckResult(Verdict.GOOD, f"{cores} CPU core{'s' if cores > 1 else ''} ({platform.machine()})")
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    if memory_mb < NEEDED_MEMORY_MB:
        yield CheckResult(Verdict.NOTE, f"{memory_mb} MB memory", f"{NEEDED_MEMORY_MB} MB or more is comfortable")
    else:
        yield CheckResult(Verdict.GOOD, f"{memory_mb / 1024:.1f} GB memory")
