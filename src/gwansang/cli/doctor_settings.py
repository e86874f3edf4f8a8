"""Checks of the doctor of the settings: values, names, secrets, proxies."""

import os
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from pathlib import Path

from pydantic_settings import DotEnvSettingsSource

from gwansang.cli.doctor_checks import CheckResult, Verdict, is_installed
from gwansang.config import DEFAULT_SECRET_KEY, SettingFault, Settings, name_notes_of_settings
from gwansang.container.tracing import INSTALL_TRACING, TRACING_PACKAGE

_ENV_FILE = Path(".env")


def check_settings(settings: Settings, faults: Iterable[SettingFault]) -> Iterator[CheckResult]:
    """Yield a result for each fault of the settings, or one if there is none, and notes about risky ones."""
    in_file = {name.upper() for name in DotEnvSettingsSource(Settings).env_vars}
    notes = [*_check_names(), *_check_exposure(settings), *_check_traces(settings)]
    wrong = [_describe_fault(fault, in_file) for fault in faults]
    if not wrong:
        yield CheckResult(Verdict.GOOD, f"settings of {settings.environment} can be used")
    yield from wrong
    yield from notes


def _describe_fault(fault: SettingFault, in_file: set[str]) -> CheckResult:
    name = fault.name.upper()
    places = [place for place, names in (("the environment", _environment()), (".env", in_file)) if name in names]
    advice = f"correct {name} in {places[0]}" if places else f"set {name} in the environment or .env"
    return CheckResult(Verdict.WRONG, fault.message, advice)


def _environment() -> set[str]:
    return {name.upper() for name in os.environ}


def _check_names() -> Iterator[CheckResult]:
    """Yield a note for each name in `.env` or the environment that has no effect."""
    for note in name_notes_of_settings():
        advice = f"did you mean {note.nearest}?" if note.nearest else "remove it, unless another program reads it"
        yield CheckResult(Verdict.NOTE, note.text, advice)


def _check_exposure(settings: Settings) -> Iterator[CheckResult]:
    """Yield notes about what others can reach, and what proxies have to do."""
    is_local = _is_local(settings.host)
    if not settings.production:
        if not is_local:
            known = ", with a SECRET_KEY that everybody knows" * (
                settings.secret_key.get_secret_value() == DEFAULT_SECRET_KEY
            )
            text = f"a service for development is reached from other machines on {settings.host}{known}"
            yield CheckResult(Verdict.NOTE, text, "set ENVIRONMENT=production, or HOST=127.0.0.1")
        return
    if not settings.trusted_hosts or "*" in settings.trusted_hosts:
        text = "TRUSTED_HOSTS=* answers requests for any host name"
        yield CheckResult(Verdict.NOTE, text, "name your own, such as TRUSTED_HOSTS=face.example.org")
    if not settings.trusted_proxies:
        text = "TRUSTED_PROXIES=0: behind a proxy, which TLS needs, all callers share the limits of one address"
        yield CheckResult(Verdict.NOTE, text, "set TRUSTED_PROXIES to the number of your proxies")
    elif not is_local:
        text = f"TRUSTED_PROXIES={settings.trusted_proxies} believes X-Forwarded-For of whoever reaches {settings.host}"
        yield CheckResult(Verdict.NOTE, text, "let nobody but the proxies reach the port")


def _check_traces(settings: Settings) -> Iterator[CheckResult]:
    """Yield a note if traces are asked for and can't be recorded."""
    if settings.traces_recorded and not is_installed(TRACING_PACKAGE):
        yield CheckResult(Verdict.NOTE, "traces are turned on and not recorded", INSTALL_TRACING)


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
