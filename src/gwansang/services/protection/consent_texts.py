"""What people are asked to consent to, in words; the ledger keeps a digest of the text that was shown."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from pydantic import TypeAdapter

from gwansang.models.account import Consent
from gwansang.reading.model import Locale

Purpose = Literal["reading", "history", "lookalike", "retain_photo", "improve"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
TEXTS_FILE = Path(__file__).with_name("consent_texts.json")


@dataclass(frozen=True, slots=True)
class ConsentText:
    """A text in both languages; consents to versions from `valid_from` on still hold."""

    version: int
    valid_from: int
    ko: str
    en: str

    def words(self, locale: Locale) -> str:
        return self.en if locale == "en" else self.ko

    def sha256(self, locale: Locale) -> str:
        return hashlib.sha256(self.words(locale).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ConsentTexts:
    """The texts in force, by purpose."""

    by_purpose: Mapping[Purpose, ConsentText]

    def __getitem__(self, purpose: Purpose) -> ConsentText:
        return self.by_purpose[purpose]

    def granted(self, user_id: int, purpose: Purpose, locale: Locale, now: datetime) -> Consent:
        """A row of the ledger: this user agreed to the text in force."""
        text = self.by_purpose[purpose]
        return Consent(
            user_id=user_id,
            purpose=purpose,
            version=text.version,
            locale=locale,
            text_sha256=text.sha256(locale),
            granted_at=now,
        )


@cache
def default_consent_texts() -> ConsentTexts:
    """The texts of this release."""
    return ConsentTexts(TypeAdapter(dict[Purpose, ConsentText]).validate_json(TEXTS_FILE.read_bytes()))
