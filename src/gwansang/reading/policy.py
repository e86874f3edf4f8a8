"""What a reading must never say, and how it has to say the rest."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypedDict

from gwansang.reading.taxonomy import load_text
from gwansang.texts import Locale


@dataclass(frozen=True, slots=True)
class Violation:
    """A forbidden `word` in a text and the `topic` it touches."""

    topic: str
    word: str


class _PolicyJson(TypedDict):
    source: str
    forbidden: dict[str, list[str]]
    framing: dict[Locale, str]


@cache
def _policy() -> _PolicyJson:
    data: _PolicyJson = json.loads(load_text("policy.json"))
    return data


@cache
def _forbidden() -> Mapping[str, re.Pattern[str]]:
    topics = _policy()["forbidden"].items()
    return {topic: re.compile("|".join(patterns), re.IGNORECASE) for topic, patterns in topics}


def violations(text: str) -> tuple[Violation, ...]:
    """Every forbidden word of a text, whatever its language."""
    return tuple(
        Violation(topic, match.group(0)) for topic, pattern in _forbidden().items() for match in pattern.finditer(text)
    )


def is_framed(text: str, locale: Locale) -> bool:
    """Whether a text says how the tradition reads something, instead of saying what somebody is."""
    return re.search(_policy()["framing"][locale], text) is not None
