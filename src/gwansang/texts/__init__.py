"""All texts of the product: a folder of JSON files for each language, each file read once, on first use.

A language is a folder here and its code in `Locale`. What the folder lacks, be it a file or a single key, comes from
the folder of the default language.
"""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final, Literal, TypeVar, cast, get_args

Locale = Literal["ko", "en", "ja"]  # the languages on offer; the first is the default
LOCALES: Final[tuple[Locale, ...]] = get_args(Locale)
DEFAULT_LOCALE: Final[Locale] = LOCALES[0]
OPERATOR_LOCALE: Final[Locale] = "en"  # of figures and tables for operators
LOCALE_CHOICE: Final = " or ".join(LOCALES)  # for descriptions: "ko or en"
_T = TypeVar("_T")
_WIDE_ENDS: Final = "。！？"  # marks as wide as a character, which no space follows
_FOLDER = Path(__file__).parent


def known_locale(code: str | None) -> Locale:
    """Return the language of a code that was stored; the default one if this release does not have it."""
    return next((locale for locale in LOCALES if locale == code), DEFAULT_LOCALE)


def load(name: str, locale: Locale, form: type[_T]) -> _T:
    """Return the texts of the file `name`, such as "shapes", with what the language lacks from the default language.

    form: the type of the file's content, for the type checker; tests hold the files to one form. Raises
    FileNotFoundError if the default language has no such file.
    """
    return cast(_T, _merged(name, locale))


def load_own(name: str, locale: Locale, form: type[_T]) -> _T | None:
    """Return the texts that the language itself has in the file `name`, or None if it has no such file."""
    return cast(_T | None, _read(name, locale))


def join_sentences(sentences: Iterable[str]) -> str:
    """Return sentences as one text, with a space between two of them except behind a full-width mark."""
    text = ""
    for sentence in sentences:
        text += f" {sentence}" if text and text[-1] not in _WIDE_ENDS else sentence
    return text


@cache
def _merged(name: str, locale: Locale) -> object:
    own = _read(name, locale)
    if locale == DEFAULT_LOCALE:
        if own is None:
            raise FileNotFoundError(_FOLDER / locale / f"{name}.json")
        return own
    default = _merged(name, DEFAULT_LOCALE)
    return default if own is None else _overlay(default, own)


def _overlay(default: object, own: object) -> object:
    if not (isinstance(default, dict) and isinstance(own, dict)):
        return own
    return default | {key: _overlay(default.get(key), text) for key, text in own.items()}


def _read(name: str, locale: Locale) -> object:
    path = _FOLDER / locale / f"{name}.json"
    return json.loads(path.read_bytes()) if path.exists() else None
