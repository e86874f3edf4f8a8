"""The privacy notice that people read before they use the service."""

from dataclasses import dataclass
from typing import Final, TypedDict

from gwansang.services.protection.age import MIN_AGE
from gwansang.texts import Locale, load

NOTICE_VERSION: Final = 3  # incremented when the meaning of texts/*/notice.json changes


@dataclass(frozen=True, slots=True)
class NoticeItem:
    """A paragraph of the notice."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class PrivacyNotice:
    """The whole notice; before_photo: its short form, for the place where a photo is taken or chosen; `ai_generated`
    is True if a generative AI writes texts of readings."""

    version: int
    locale: str
    title: str
    before_photo: str
    items: tuple[NoticeItem, ...]
    ai_generated: bool
    min_age: int


class _ItemText(TypedDict):
    title: str
    text: str


class _NoticeText(TypedDict):
    title: str
    before_photo: str
    items: dict[str, _ItemText]


def privacy_notice(locale: Locale) -> PrivacyNotice:
    """Return the notice in force."""
    text = load("notice", locale, _NoticeText)
    items = tuple(NoticeItem(id, item["title"], item["text"]) for id, item in text["items"].items())
    return PrivacyNotice(
        NOTICE_VERSION, locale, text["title"], text["before_photo"], items, ai_generated=False, min_age=MIN_AGE
    )
