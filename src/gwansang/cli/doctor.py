"""`gwansang doctor`: report what this machine has, all that is missing or wrong, and what to do about each."""

from collections.abc import Iterator

import typer
from rich.console import Console
from rich.markup import escape

from gwansang.cli.doctor_checks import (
    FAILURES,
    CheckResult,
    Verdict,
    check_machine,
    check_models,
    check_native_modules,
    check_norms,
    check_packages,
    check_port,
    check_python,
)
from gwansang.cli.doctor_settings import check_settings
from gwansang.config import SettingsError, inspect_settings


def doctor() -> None:
    """Check the machine, the installation and the settings; exit code 1 if something would stop the start."""
    console = Console(highlight=False, soft_wrap=True)
    failed = False
    for result in _run_checks():
        advice = f" - {escape(result.advice)}" if result.advice else ""
        console.print(f"{result.verdict.value} {escape(result.text)}{advice}")
        failed |= result.verdict in FAILURES
    if failed:
        raise typer.Exit(1)


def _run_checks() -> Iterator[CheckResult]:
    yield check_python()
    yield check_packages()
    unloadable = tuple(check_native_modules())
    yield from unloadable
    try:
        settings, faults = inspect_settings()
    except SettingsError as error:
        yield CheckResult(Verdict.WRONG, str(error), "correct the file")
        return
    yield from check_settings(settings, faults)
    wrong = frozenset(fault.name for fault in faults)
    yield from check_models(settings.model_path)
    yield from check_norms(settings.norms_path)
    if not unloadable:
        from gwansang.cli.service_checks import check_services  # noqa: PLC0415 - needs the native modules

        yield from check_services(settings, wrong)
    if not wrong & {"host", "port"}:
        yield check_port(settings.host, settings.port)
    yield from check_machine()
