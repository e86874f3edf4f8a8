"""Content negotiation: the language of an answer."""

import re
from collections.abc import Iterator, Sequence

from gwansang.texts import DEFAULT_LOCALE, LOCALES, Locale

_RANGE = re.compile(r"\s*([A-Za-z]{1,8})(?:[-_][A-Za-z0-9]{1,8})*\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?", re.ASCII)
_MAX_RANGES = 32


def negotiate_locale(choices: Sequence[str | None], accept_language: str | None = None) -> Locale:
    """Return the first offered language of `choices`, else the best of an Accept-Language header, else the default."""
    for candidate in (*choices, *_by_quality(accept_language or "")):
        match = _RANGE.fullmatch(candidate or "")
        code = match[1].lower() if match else ""
        for locale in LOCALES:
            if locale == code:
                return locale
    return DEFAULT_LOCALE


def _by_quality(header: str) -> Iterator[str]:
    ranges = [match for part in header.split(",", _MAX_RANGES)[:_MAX_RANGES] if (match := _RANGE.fullmatch(part))]
    qualities = [float(match[2] or 1) for match in ranges]
    for quality, match in sorted(zip(qualities, ranges, strict=True), key=lambda pair: -pair[0]):
        if quality > 0:
            yield match[1]
