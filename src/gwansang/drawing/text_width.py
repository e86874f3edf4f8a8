"""Widths of texts in the fonts of this package, by which lines are broken and texts are shrunk."""

import json
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "fonts" / "widths.json"
_HANGUL = "가"  # all syllables are as wide as this one
_NARROW, _CAPITAL = 0.56, 0.75  # ems, of letters that the fonts lack; estimated rather too wide


def text_width(text: str) -> float:
    """Return the width of a text in ems."""
    widths = _widths()
    return sum(_letter_width(letter, widths) for letter in text)


@cache
def _widths() -> Mapping[str, float]:
    return {letter: width / 1000 for letter, width in json.loads(_FILE.read_text()).items()}


def _letter_width(letter: str, widths: Mapping[str, float]) -> float:
    if _HANGUL <= letter <= "힣":
        return widths[_HANGUL]
    if letter in widths:
        return widths[letter]
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WFA":
        return 1.0
    return _CAPITAL if letter.isupper() else _NARROW
