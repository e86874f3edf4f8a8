"""Which of the known languages a caller wants."""

import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

_RANGE = re.compile(r"\s*([A-Za-z]{1,8})(?:[-_][A-Za-z0-9]{1,8})*\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?", re.ASCII)
_MAX_RANGES = 32
L = TypeVar("L", bound=str)


def preferred(known: Sequence[L], asked: Sequence[str | None], accept_language: str | None) -> L:
    """The first known language of `asked`, else the best of an Accept-Language header, else the first of `known`."""
    for candidate in (*asked, *_by_quality(accept_language or "")):
        match = _RANGE.fullmatch(candidate or "")
        named = match[1].lower() if match else ""
        for language in known:
            if language == named:
                return language
    return known[0]


def _by_quality(header: str) -> Iterator[str]:
    ranges = [match for part in header.split(",", _MAX_RANGES)[:_MAX_RANGES] if (match := _RANGE.fullmatch(part))]
    qualities = [float(match[2] or 1) for match in ranges]
    for quality, match in sorted(zip(qualities, ranges, strict=True), key=lambda pair: -pair[0]):
        if quality > 0:
            yield match[1]
