"""What people are told of an error, by code and language; without the web, so that the command line has it too."""

from collections.abc import Mapping

from gwansang.core.exceptions import AppError
from gwansang.texts import Locale, load


def sentence(error: AppError, locale: Locale) -> str:
    """What happened and what to do, in a language; the plain message where a text or one of its facts is missing."""
    return told_sentence(error.code, error.context, locale) or error.message


def told_sentence(code: str, facts: Mapping[str, object], locale: Locale) -> str | None:
    """The same of an error that was noted down; None where a text or one of its facts is missing."""
    try:
        return load("problems", locale, dict[str, str])[code].format_map(facts)
    except KeyError:  # a text without its fact is worse than the plain message
        return None
