"""What people are told of an error, by code and language; without the web, so that the command line has it too."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from gwansang.core.exceptions import AppError

TEXTS_FILE = Path(__file__).with_name("problem_texts.json")


def sentence(error: AppError, locale: str) -> str:
    """What happened and what to do, in a language; the plain message where a text or one of its facts is missing."""
    return told_sentence(error.code, error.context, locale) or error.message


def told_sentence(code: str, facts: Mapping[str, object], locale: str) -> str | None:
    """The same of an error that was noted down; None where a text or one of its facts is missing."""
    try:
        return _texts()[code][locale].format_map(facts)
    except KeyError:  # a text without its fact is worse than the plain message
        return None


@cache
def _texts() -> dict[str, dict[str, str]]:
    texts: dict[str, dict[str, str]] = json.loads(TEXTS_FILE.read_bytes())
    return texts
