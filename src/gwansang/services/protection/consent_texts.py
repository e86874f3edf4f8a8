"""Texts of the consents; the ledger stores a digest of the text that was shown."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final, Literal, get_args

from gwansang.models.account import Consent
from gwansang.texts import DEFAULT_LOCALE, LOCALES, Locale, load_own

Purpose = Literal["reading", "history", "lookalike", "retain_photo", "improve"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
# Version in force of each purpose's text, and the oldest version to which consents still hold. A text is in
# texts/*/consents.json under its version: a language without a translation of that version shows the default's.
_IN_FORCE: Final[Mapping[Purpose, tuple[int, int]]] = {
    "reading": (2, 1),
    "history": (2, 1),
    "lookalike": (1, 1),
    "retain_photo": (1, 1),
    "improve": (2, 1),
}


@dataclass(frozen=True, slots=True)
class ConsentText:
    """A version of a text by language; consents to versions from `valid_from` on still hold."""

    version: int
    valid_from: int
    translations: Mapping[Locale, str]

    def language(self, locale: Locale) -> Locale:
        """Return the language in which a caller of `locale` is shown the text."""
        return locale if locale in self.translations else DEFAULT_LOCALE

    def text(self, locale: Locale) -> str:
        return self.translations[self.language(locale)]

    def sha256(self, locale: Locale) -> str:
        return hashlib.sha256(self.text(locale).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ConsentTexts:
    """The texts in force, by purpose."""

    by_purpose: Mapping[Purpose, ConsentText]

    def __getitem__(self, purpose: Purpose) -> ConsentText:
        return self.by_purpose[purpose]

    def new_consent(self, user_id: int, purpose: Purpose, locale: Locale, now: datetime) -> Consent:
        """Return a row of the ledger: the user consents to the text in force."""
        text = self.by_purpose[purpose]
        return Consent(
            user_id=user_id,
            purpose=purpose,
            version=text.version,
            locale=text.language(locale),
            text_sha256=text.sha256(locale),
            granted_at=now,
        )


@cache
def default_consent_texts() -> ConsentTexts:
    """Return the texts of this release."""
    own = {locale: load_own("consents", locale, dict[str, dict[str, str]]) or {} for locale in LOCALES}
    return ConsentTexts({purpose: _in_force(purpose, own) for purpose in PURPOSES})


def _in_force(purpose: Purpose, own: Mapping[Locale, Mapping[str, Mapping[str, str]]]) -> ConsentText:
    version, valid_from = _IN_FORCE[purpose]
    texts = {locale: by_purpose.get(purpose, {}).get(str(version)) for locale, by_purpose in own.items()}
    return ConsentText(version, valid_from, {locale: text for locale, text in texts.items() if text is not None})
