"""`gwansang doctor`: what this machine has, what is missing, and the command that gets it."""

import importlib
import os
import platform
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import typer
from rich.console import Console

from gwansang.cli.failure import CommandError
from gwansang.cli.findings import Finding, Verdict
from gwansang.cli.options import settings as read_settings
from gwansang.cli.serve import check_free
from gwansang.config import Settings
from gwansang.vision.models import catalog

OLDEST_PYTHON = (3, 11)
NEEDED_MEMORY_MB = 512
NATIVE_MODULES = ("cv2", "ai_edge_litert.interpreter", "numpy")  # installed is not enough: they need system libraries
REINSTALL = "run `make run`, or `pip install --force-reinstall gwansang`"


def doctor() -> None:
    """Check the machine and the installation; exit code 1 when something needed is missing."""
    console = Console(highlight=False, soft_wrap=True)
    sick = False
    for finding in _examine():
        advice = f" - {finding.advice}" if finding.advice else ""
        console.print(f"{finding.verdict.value} {finding.what}{advice}")
        sick |= finding.verdict is Verdict.MISSING
    if sick:
        raise typer.Exit(1)


def _examine() -> Iterator[Finding]:
    yield _python()
    yield from _packages()
    unloadable = tuple(_native())
    yield from unloadable
    try:
        settings = read_settings()
    except CommandError as error:
        yield Finding(Verdict.MISSING, str(error), "correct the environment or .env")
        return
    yield from _models(settings.model_path)
    if not unloadable:
        from gwansang.cli.doctor_checks import surroundings  # noqa: PLC0415 - it needs what may not be loadable

        yield from surroundings(settings)
    yield _port(settings)
    yield from _machine()


def _python() -> Finding:
    found = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        return Finding(Verdict.MISSING, f"Python {found}", "install Python 3.11 or newer, then `make clean run`")
    return Finding(Verdict.GOOD, f"Python {found}")


def _packages() -> Iterator[Finding]:
    needed = [_name(line) for line in metadata.requires("gwansang") or () if "extra ==" not in line]
    absent = [name for name in needed if not _installed(name)]
    if absent:
        yield Finding(Verdict.MISSING, f"packages {', '.join(absent)}", REINSTALL)
    else:
        yield Finding(Verdict.GOOD, f"{len(needed)} packages")


def _name(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _native() -> Iterator[Finding]:
    for name in NATIVE_MODULES:
        try:
            importlib.import_module(name)
        except ImportError as error:
            yield Finding(Verdict.MISSING, f"{name} can't be loaded ({error})", REINSTALL)


def _models(model_path: Path) -> Iterator[Finding]:
    faults = {model.file: fault for model in catalog.MODELS if (fault := catalog.find_fault(model, model_path))}
    for file, fault in faults.items():
        yield Finding(Verdict.MISSING, f"model {model_path / file} is {fault.problem}", fault.remedy)
    if not faults:
        yield Finding(Verdict.GOOD, f"{len(catalog.MODELS)} models verified in {model_path}")


def _port(settings: Settings) -> Finding:
    try:
        check_free(settings.host, settings.port)
    except CommandError as error:
        return Finding(Verdict.NOTE, str(error))
    return Finding(Verdict.GOOD, f"port {settings.port} on {settings.host} is free")


def _machine() -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield Finding(Verdict.GOOD, f"{cores} CPU core{'s' if cores > 1 else ''} ({platform.machine()})")
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    if memory_mb < NEEDED_MEMORY_MB:
        yield Finding(Verdict.NOTE, f"{memory_mb} MB memory", f"{NEEDED_MEMORY_MB} MB or more is comfortable")
    else:
        yield Finding(Verdict.GOOD, f"{memory_mb / 1024:.1f} GB memory")
