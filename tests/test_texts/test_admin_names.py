"""The admin pages name everything that they list: events of the audit log, and what a daily run deletes."""

import re
from typing import Any

import pytest

from gwansang.texts import LOCALES, Locale, load
from tests.support.photos import REPOSITORY

SOURCES = REPOSITORY / "src" / "gwansang"
_RECORDED = re.compile(r'audit\.record\(\s*tx,\s*"(\w+)"')
_COUNTED = re.compile(r'"(\w+)": await tx\.')


def test_every_event_of_the_audit_log_has_a_name() -> None:
    sources = [path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py")]
    recorded = {event for source in sources for event in _RECORDED.findall(source)}
    assert len(recorded) > 20
    for locale in LOCALES:
        assert recorded - set(names(locale, "audit", "events")) == set()


@pytest.mark.parametrize("locale", LOCALES)
def test_everything_that_a_daily_run_counts_has_a_name(locale: Locale) -> None:
    counted = set(_COUNTED.findall((SOURCES / "services/protection/retention.py").read_text(encoding="utf-8")))
    assert len(counted) > 8
    assert (counted | {"histories", "audit"}) - set(names(locale, "privacy", "counts")) == set()


def names(locale: Locale, *path: str) -> dict[str, str]:
    """Return the names at a place of the texts of the admin pages."""
    found: Any = load("admin", locale, dict[str, Any])
    for part in path:
        found = found[part]
    return dict(found)
