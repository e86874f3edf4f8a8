"""`gwansang doctor`: report what this machine has, what is missing, and the command that gets it."""

from collections.abc import Iterator

import typer
from rich.console import Console

from gwansang.cli.doctor_checks import (
    CheckResult,
    Verdict,
    check_machine,
    check_models,
    check_native_modules,
    check_packages,
    check_port,
    check_python,
)
from gwansang.cli.failure import CommandError
from gwansang.cli.options import read_settings


def doctor() -> None:
    """Check the machine and the installation; exit code 1 when something needed is missing."""
    console = Console(highlight=False, soft_wrap=True)
    failed = False
    for result in _run_checks():
        advice = f" - {result.advice}" if result.advice else ""
        console.print(f"{result.verdict.value} {result.text}{advice}")
        failed |= result.verdict is Verdict.MISSING
    if failed:
        raise typer.Exit(1)


def _run_checks() -> Iterator[CheckResult]:
    yield check_python()
    yield check_packages()
    unloadable = tuple(check_native_modules())
    yield from unloadable
    try:
        settings = read_settings()
    except CommandError as error:
        yield CheckResult(Verdict.MISSING, str(error), "correct the environment or .env")
        return
    yield from check_models(settings.model_path)
    if not unloadable:
        from gwansang.cli.service_checks import check_services  # noqa: PLC0415 - needs the native modules

        yield from check_services(settings)
    yield check_port(settings.host, settings.port)
    yield from check_machine()
