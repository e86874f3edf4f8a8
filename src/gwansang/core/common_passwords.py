"""Passwords that are guessed first: the 30,000 most common ones of the package zxcvbn, and what is made from them."""

import string
from collections.abc import Iterator
from functools import cache

_MAX_ENDING = 4  # characters that people add to a common password: 1, 123, 2026, !
_MAX_UNIT = 4  # characters of a unit that is only repeated
_ENDINGS = string.digits + string.punctuation + " "
_LETTERS = str.maketrans("013457@$!", "oleastasi")  # of digits and signs that stand for them


def is_common_password(password: str) -> bool:
    """Return whether a password is a common one, in any case, with digits for letters or a short ending, or repeats
    something short. The first call loads the list, so call it in a thread."""
    common = _common_passwords()
    return any(
        unit in common or (unit != variant and len(unit) <= _MAX_UNIT)
        for variant in _variants(password.lower())
        for unit in (variant, _repeated_unit(variant))
    )


def _variants(text: str) -> Iterator[str]:
    ended = text.rstrip(_ENDINGS)
    yield text
    yield text.translate(_LETTERS)
    if ended and len(text) - len(ended) <= _MAX_ENDING:
        yield ended
        yield ended.translate(_LETTERS)


def _repeated_unit(text: str) -> str:
    """Return the shortest text of which this one is a repetition, the text itself if it is none."""
    return text[: (text + text).find(text, 1)] if text else text


@cache
def _common_passwords() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415 - 16 MB that only new passwords need

    return frozenset(FREQUENCY_LISTS["passwords"])
