"""What people are told before they use the service, in plain words."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from gwansang.reading.model import Locale
from gwansang.services.protection.age import MIN_AGE


@dataclass(frozen=True, slots=True)
class NoticeItem:
    """One thing that is good to know."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """All of it; `ai_generated` says whether texts of readings come from a generative AI."""

    version: int
    locale: str
    title: str
    items: tuple[NoticeItem, ...]
    ai_generated: bool
    min_age: int


@dataclass(frozen=True, slots=True)
class _Words:
    title: str
    items: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class _Texts:
    version: int
    ko: _Words
    en: _Words


_TEXTS = TypeAdapter(_Texts).validate_json(Path(__file__).with_name("privacy_notice.json").read_bytes())


def notice(locale: Locale) -> Notice:
    """The notice in force."""
    words = _TEXTS.en if locale == "en" else _TEXTS.ko
    items = tuple(NoticeItem(*item) for item in words.items)
    return Notice(_TEXTS.version, locale, words.title, items, ai_generated=False, min_age=MIN_AGE)
