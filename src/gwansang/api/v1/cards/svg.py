"""Drawn answers: markup in which every word is escaped, on a sheet of hanji. No script, no link, no photo.

Colours are the five of 오방색 on paper; letters are those of the reader's system, serif first.
"""

import re
import unicodedata
from collections.abc import Iterable
from html import escape
from typing import Final, NewType

Svg = NewType("Svg", str)  # markup whose words are escaped; only this module makes it

INK: Final = "#2B2723"
FADED: Final = "#7A6F62"
PAPER: Final = "#F4ECDB"
BLUE, RED, YELLOW, WHITE, BLACK = "#2F5D8C", "#B23A32", "#C8963E", "#FBF7EC", "#2B2723"
OBANG: Final = (BLUE, RED, YELLOW, WHITE, BLACK)
SERIF: Final = "'Nanum Myeongjo','Noto Serif KR','Noto Serif CJK KR',AppleMyungjo,Batang,Georgia,serif"
MEDIA_TYPE: Final = "image/svg+xml"

_UNFIT = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
_LEAST = 0.6  # of its size a text that has no room is made smaller, before it is cut
_WIDE, _NARROW, _CAPITAL = 1.0, 0.54, 0.7  # widths of letters in ems, rather too much than too little


def element(name: str, *children: Svg, **attributes: str | float) -> Svg:
    """An element; `stroke_width` is the attribute stroke-width, values are escaped."""
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items())
    inner = "".join(children)
    return Svg(f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>")


def group(children: Iterable[Svg], **attributes: str | float) -> Svg:
    return element("g", *children, **attributes)


def words(text: str) -> Svg:
    """A text as markup: escaped, on one line, without what XML or a line of letters can't hold."""
    return Svg(escape(" ".join(_UNFIT.sub("", text).split())))


def line_of_text(
    text: str,
    x: float,
    y: float,
    *,
    size: float,
    fill: str = INK,
    anchor: str = "middle",
    weight: int = 400,
    width: float | None = None,
) -> Svg:
    """A line of text on its base line; made smaller, at last cut, where it would be wider than `width`."""
    if width is not None:
        size, text = fitted(text, size, width)
    return element("text", words(text), x=x, y=y, font_size=size, fill=fill, text_anchor=anchor, font_weight=weight)


def fitted(text: str, size: float, width: float) -> tuple[float, str]:
    """The size at which a text has room, down to six tenths, and as much of the text as has room then."""
    text = " ".join(_UNFIT.sub("", text).split())
    needed = ems(text) * size
    if needed <= width:
        return size, text
    if _LEAST * needed <= width:
        return size * width / needed, text
    while text and ems(text + "…") * _LEAST * size > width:
        text = text[:-1]
    return _LEAST * size, text.rstrip() + "…"


def ems(text: str) -> float:
    """About how wide a text is, in its size."""
    return sum(_em(letter) for letter in text)


def wrapped(text: str, size: float, width: float, most: int) -> list[str]:
    """A text in lines of about the same length, broken at spaces; what has no room in the last line is cut."""
    lines = _lines(text, size, width)
    if len(lines) > most:
        rest = " ".join([*lines[most - 1 :], "…"])
        while ems(rest) * size > width:
            rest = f"{rest.removesuffix('…').rstrip()[:-1].rstrip()}…"
        return [*lines[: most - 1], rest]
    for narrower in (0.6, 0.7, 0.8, 0.9):
        even = _lines(text, size, narrower * width)
        if len(even) == len(lines):
            return even
    return lines


def _lines(text: str, size: float, width: float) -> list[str]:
    lines: list[str] = []
    for word in " ".join(_UNFIT.sub("", text).split()).split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and ems(longer) * size <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def brush(path: str, color: str = INK, width: float = 6.0, **attributes: str | float) -> Svg:
    """A stroke of the brush."""
    return element(
        "path", d=path, fill="none", stroke=color, stroke_width=width, stroke_linecap="round",
        stroke_linejoin="round", **attributes,
    )  # fmt: skip


def sheet(width: int, height: int, title: str, description: str, *content: Svg) -> Svg:
    """A sheet of paper with a frame, named for those who can't see it."""
    return element(
        "svg",
        element("title", words(title)),
        element("desc", words(description)),
        _paper(width, height),
        group(content, font_family=SERIF),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
    )


def stripe(x: float, y: float, side: float) -> Svg:
    """The five colours in a row, centred on x."""
    left = x - 2.5 * side
    return group(
        element(
            "rect", x=left + place * side, y=y, width=side, height=side / 3, fill=color, stroke=INK, stroke_width=0.6
        )
        for place, color in enumerate(OBANG)
    )


def seal(x: float, y: float, side: float, letters: str = "觀相") -> Svg:
    """A red seal with letters from top to bottom, its corner at x, y."""
    step = side / len(letters)
    return group(
        (
            element("rect", x=x, y=y, width=0.62 * side, height=side, rx=0.08 * side, fill=RED),
            *(
                line_of_text(
                    letter, x + 0.31 * side, y + step * (place + 0.84), size=0.44 * side, fill=PAPER, weight=700
                )
                for place, letter in enumerate(letters)
            ),
        )
    )


def _paper(width: int, height: int) -> Svg:
    inset, inner = 34, 44
    return group(
        (
            element("rect", width=width, height=height, fill=PAPER),
            _fibres(width, height),
            *(
                element(
                    "rect", x=gap, y=gap, width=width - 2 * gap, height=height - 2 * gap, fill="none", stroke=INK,
                    stroke_width=thick,
                )
                for gap, thick in ((inset, 3.0), (inner, 1.0))
            ),
        )
    )  # fmt: skip


def _fibres(width: int, height: int) -> Svg:
    """The long fibres of mulberry paper, the same on every sheet."""
    strokes = []
    for place in range(70):
        x, y = (place * 0.618034 % 1) * width, (place * 0.754878 % 1) * height
        bend, reach = (place * 37 % 41) - 20, 40 + place * 29 % 90
        turn = place * 47 % 180
        strokes.append(
            element(
                "path",
                d=f"M0 0q{reach // 2} {bend} {reach} {bend // 3}",
                transform=f"translate({x:.0f} {y:.0f}) rotate({turn})",
            )
        )
    return group(strokes, fill="none", stroke="#B79F74", stroke_width=1, opacity=0.28)


def _em(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return _WIDE
    return _CAPITAL if letter.isupper() else _NARROW


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return escape(_UNFIT.sub("", value))
    return f"{value:.2f}".rstrip("0").rstrip(".")
