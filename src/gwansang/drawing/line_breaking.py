"""Texts in lines: Korean and Western ones break between words, Japanese ones between most characters (禁則), but titles
and short texts between phrases."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gwansang.drawing.text_width import text_width

_KANA: Final = re.compile("[぀-ヿ]")
_NOT_FIRST: Final = frozenset(  # of a line
    "、。，．・：；？！ー～〜…‥」』）】》〉〕］｝”’,.;:?!)]}%ヽヾゝゞ々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
)
_NOT_LAST: Final = frozenset("「『（【《〈〔［｛“‘([{")
_PHRASE: Final = re.compile(  # ends behind a mark, and before what follows hiragana and begins a word
    r"(?<=[、。）」』])(?![、。）」』]|$)|(?<=[ぁ-ん])(?=[ァ-ヶ\u4e00-\u9fff「『（])"
)
_UNSPACED: Final = ("。", "！", "？")  # no space follows in a line
_TOGETHER: Final = re.compile(r"[A-Za-z0-9]")  # runs of Latin letters and digits stay in one line
_SENTENCE_END: Final = re.compile(r"(?<=[.!?。！？])\s+|(?<=[。！？])(?=[^\s」』）])")
_CLAUSE_END: Final = re.compile(r"(?<=[,:;])\s+|(?<=[、，：])")
_EVEN_TRIALS: Final = (0.6, 0.7, 0.8, 0.9)  # of the width, in which as many lines would do


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Lines of a text at the size at which they fit; leading: distance of their baselines."""

    lines: Sequence[str]
    size: float
    leading: float

    @property
    def height(self) -> float:
        return len(self.lines) * self.leading


def fit_block(text: str, sizes: Sequence[float], width: float, height: float, *, leading: float = 1.6) -> TextBlock:
    """Return a text at the largest of the sizes at which it fits; at the smallest, sentences that do not fit are left
    out from the end, and the last line of a single sentence ends with an ellipsis."""
    for size in sizes:
        lines = break_lines(text, size, width)
        if len(lines) * size * leading <= height:
            return TextBlock(lines, size, size * leading)
    size = sizes[-1]
    sentences = _SENTENCE_END.split(text)
    while len(sentences) > 1:
        sentences.pop()
        lines = break_lines(" ".join(sentences), size, width)
        if len(lines) * size * leading <= height:
            return TextBlock(lines, size, size * leading)
    room = max(1, int(height / (size * leading)))
    return TextBlock(_cut(break_lines(text, size, width), room, size, width), size, size * leading)


def break_lines(text: str, size: float, width: float, *, phrases: bool = False) -> list[str]:
    """Return a text in lines of at most `width`; a word that is wider than a line is broken between characters.

    phrases: whether a Japanese text breaks between phrases only, if they are not wider than a line.
    """
    return _fill(_units(text, width / size, phrases), size, width)


def break_evenly(text: str, size: float, width: float) -> list[str]:
    """Return a title in lines that end with its clauses; the lines of a clause are about equally long."""
    return [line for clause in _CLAUSE_END.split(text) for line in break_balanced(clause, size, width)]


def break_balanced(text: str, size: float, width: float) -> list[str]:
    """Return a short text in as few lines as its words or phrases need, all about equally long."""
    units = list(_units(text, width / size, phrases=True))
    lines = _fill(units, size, width)
    for narrower in _EVEN_TRIALS:
        even = _fill(units, size, narrower * width)
        if len(even) == len(lines):
            return even
    return lines


def wrap_text(text: str, size: float, width: float, max_lines: int) -> list[str]:
    """Return a short text as `break_balanced` does; a text of too many lines is cut."""
    lines = break_balanced(text, size, width)
    return lines if len(lines) <= max_lines else _cut(break_lines(text, size, width), max_lines, size, width)


def _fill(units: Iterable[tuple[str, str]], size: float, width: float) -> list[str]:
    lines: list[str] = []
    for space, unit in units:
        gap = "" if lines and lines[-1].endswith(_UNSPACED) else space
        longer = f"{lines[-1]}{gap}{unit}" if lines else unit
        if lines and text_width(longer) * size <= width:
            lines[-1] = longer
        else:
            lines.append(unit)
    return lines


def _units(text: str, max_ems: float, phrases: bool) -> Iterator[tuple[str, str]]:
    """Yield what may not be broken, each with the space before it."""
    japanese = _KANA.search(text) is not None
    for word in text.split():
        units = _PHRASE.split(word) if japanese and phrases else [word]
        for number, unit in enumerate(units):
            whole = (phrases or not japanese) and text_width(unit) <= max_ems
            for index, piece in enumerate([unit] if whole else _characters(unit)):
                yield ("" if number or index else " "), piece


def _characters(word: str) -> Iterator[str]:
    """Yield the characters of a word, with those that may not stand first or last in a line tied to their neighbour."""
    unit = ""
    for character in word:
        if unit and not _tied(unit[-1], character):
            yield unit
            unit = ""
        unit += character
    yield unit


def _tied(before: str, after: str) -> bool:
    letters = _TOGETHER.match(before) and _TOGETHER.match(after)
    return bool(letters) or after in _NOT_FIRST or before in _NOT_LAST


def _cut(lines: list[str], room: int, size: float, width: float) -> list[str]:
    if len(lines) <= room:
        return lines
    last = lines[room - 1]
    while last and text_width(last + "…") * size > width:
        last = last[:-1]
    return [*lines[: room - 1], f"{last.rstrip()}…"]
