"""Texts of errors by code and language, for the API and the command line; independent of HTTP."""

from collections.abc import Mapping

from gwansang.core.exceptions import AppError
from gwansang.texts import Locale, load


def problem_text(error: AppError, locale: Locale) -> str:
    """Return what happened and what to do; the plain message if the text or one of its fields is missing."""
    return format_problem(error.code, error.context, locale) or error.message


def describe_problem(code: str, locale: Locale) -> str:
    """Return the text of an error code with … for each of its fields; raises KeyError for an unknown code."""
    return load("problems", locale, dict[str, str])[code].format_map(_Ellipses())


def format_problem(code: str, context: Mapping[str, object], locale: Locale) -> str | None:
    """Return the text of an error code with its fields filled in; None if the text or one of its fields is missing.

    An error whose context has a `format` may have a text of its own for it.
    """
    by_format = load("problems_by_format", locale, dict[str, str])
    try:
        text = by_format.get(f"{code}.{context.get('format')}") or load("problems", locale, dict[str, str])[code]
        return text.format_map(context)
    except KeyError:  # a text with an empty field would be worse than the plain message
        return None


class _Ellipses(dict[str, str]):
    """Fields of a text of which none is known."""

    def __missing__(self, field: str) -> str:
        return "…"
