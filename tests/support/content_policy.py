"""The content policy: forbidden words, and the framing that the remaining statements need."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypedDict

from gwansang.texts import Locale


@dataclass(frozen=True, slots=True)
class Violation:
    """A forbidden `word` in a text and the `topic` it touches."""

    topic: str
    word: str


class _Policy(TypedDict):
    source: str
    forbidden: dict[str, list[str]]
    framing: dict[Locale, str]


@cache
def _policy() -> _Policy:
    policy: _Policy = json.loads(Path(__file__).with_suffix(".json").read_bytes())
    return policy


@cache
def _forbidden() -> Mapping[str, re.Pattern[str]]:
    topics = _policy()["forbidden"].items()
    return {topic: re.compile("|".join(patterns), re.IGNORECASE) for topic, patterns in topics}


def violations(text: str) -> tuple[Violation, ...]:
    """Return every forbidden word of a text, in any language."""
    return tuple(
        Violation(topic, match.group(0)) for topic, pattern in _forbidden().items() for match in pattern.finditer(text)
    )


def is_framed(text: str, locale: Locale) -> bool:
    """Return True if a text attributes its statement to the tradition instead of stating it of a person.

    A language without a pattern under `framing` is not checked.
    """
    return re.search(_policy()["framing"].get(locale, ""), text) is not None
