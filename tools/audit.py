"""Audit of the pinned dependencies for known vulnerabilities; says clearly if no advisory database can be reached.

    python -m tools.audit [LOCK ...]

Exit code 0: nothing is known, or no database could be reached; 1: a release has a known vulnerability; 2: no such file,
or the audit failed.
"""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOCKS = "requirements*.lock"
_SERVICES = ("pypi", "osv")
_UNREACHABLE = re.compile(  # as a traceback ends, and as pip-audit says it
    r"^requests\.exceptions\.(ConnectionError|ConnectTimeout|ReadTimeout|ProxyError)\b|Could not connect to ",
    re.MULTILINE,
)


class AuditFailedError(Exception):
    """An audit failed for another reason than an unreachable database; the message is what pip-audit printed."""


@dataclass(frozen=True, slots=True)
class Advisory:
    """A known vulnerability of a pinned release, and the releases that mend it."""

    package: str
    version: str
    name: str
    fixed_in: tuple[str, ...]

    def __str__(self) -> str:
        remedy = f"fixed in {', '.join(self.fixed_in)}" if self.fixed_in else "no release mends it yet"
        return f"{self.package} {self.version}: {self.name} ({remedy})"


@dataclass(frozen=True, slots=True)
class Audit:
    """Result for one lock file: the number of releases that a database knows, and their advisories."""

    known: int
    unknown: int
    advisories: tuple[Advisory, ...]


def parse_report(report: dict[str, Any]) -> Audit:
    """Return the audit of a JSON report of pip-audit, which counts a release that no database knows as harmless."""
    releases = report["dependencies"]
    audited = [release for release in releases if "skip_reason" not in release]
    advisories = tuple(
        Advisory(release["name"], release["version"], found["id"], tuple(found["fix_versions"]))
        for release in audited
        for found in release["vulns"]
    )
    return Audit(len(audited), len(releases) - len(audited), advisories)


def audit_lock(lock: Path) -> Audit | None:
    """Return the audit of a lock file by the first database that knows its releases, or None if none can be asked.

    Raises AuditFailedError.
    """
    for service in _SERVICES:
        report = _run_pip_audit(lock, service)
        if report is None:
            continue
        audit = parse_report(report)
        if audit.known:
            return audit
    return None


def _run_pip_audit(lock: Path, service: str) -> dict[str, Any] | None:
    """Return pip-audit's report, or None if its database could not be reached; raises AuditFailedError."""
    command = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--progress-spinner", "off"]
    command += ["--format", "json", "--vulnerability-service", service, "--requirement", str(lock)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        if _UNREACHABLE.search(done.stderr):
            return None
        raise AuditFailedError(done.stderr.strip() or f"pip-audit ended with code {done.returncode}") from error
    return report


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit lock files and print what is known; return the exit code."""
    names = sys.argv[1:] if arguments is None else arguments
    locks = [Path(name) for name in names] or sorted(Path().glob(LOCKS))
    missing = [str(lock) for lock in locks if not lock.is_file()]
    if missing or not locks:
        print(f"no such lock file: {', '.join(missing) or LOCKS}; run this in the folder of the project")
        return 2
    audits: dict[Path, Audit | None] = {}
    for lock in locks:
        try:
            audits[lock] = audit_lock(lock)
        except AuditFailedError as error:
            print(f"{lock} could not be audited:\n{error}", file=sys.stderr)
            return 2
    for lock, audit in audits.items():
        if audit is None:
            print(f"SKIPPED {lock}: no advisory database can be reached from here; nothing was audited")
            continue
        unknown = f", {audit.unknown} unknown to the database" if audit.unknown else ""
        print(f"{lock}: {audit.known} releases audited{unknown}, {len(audit.advisories)} advisories")
        for advisory in audit.advisories:
            print(f"  {advisory}")
    return int(any(audit and audit.advisories for audit in audits.values()))


if __name__ == "__main__":
    sys.exit(main())
