"""Check of all text on its way to a database: PostgreSQL has no NUL in texts, and no database has half a letter."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Engine, event

from gwansang.core.exceptions import InvalidRequestError


def check_texts_before_execution(engine: Engine) -> None:
    """Let every statement of an engine raise InvalidRequestError for a parameter that can't be stored."""

    def check(*execution: Any) -> None:  # noqa: ANN401 - connection, cursor, statement, parameters and two more
        _check(execution[3])

    event.listen(engine, "before_cursor_execute", check)


def _check(parameters: object) -> None:
    if isinstance(parameters, str):
        if not is_storable(parameters):
            raise InvalidRequestError("A text holds a character that can't be stored, such as NUL.")
    elif isinstance(parameters, dict):
        _check_each(parameters.values())
    elif isinstance(parameters, list | tuple):
        _check_each(parameters)


def _check_each(parameters: Iterable[object]) -> None:
    for parameter in parameters:
        _check(parameter)


def is_storable(text: str) -> bool:
    if "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)
