"""SVG cards on hanji paper: all text is escaped; no script, no link, no photo.

Colours are the five of 오방색. A picture names the fonts of this package first, by which PNGs are rendered; a reader's
system that lacks them shows its own serif.
"""

import math
import re
from collections.abc import Iterable
from html import escape
from typing import Final, NewType

from gwansang.drawing.text_width import text_width

Svg = NewType("Svg", str)  # markup with escaped text; only this module creates it

INK: Final = "#2B2723"
FADED: Final = "#7A6F62"
PAPER: Final = "#F4ECDB"
BLUE, RED, YELLOW, WHITE, BLACK = "#2F5D8C", "#B23A32", "#C8963E", "#FBF7EC", "#2B2723"
OBANG: Final = (BLUE, RED, YELLOW, WHITE, BLACK)
SERIF: Final = (
    "'Noto Serif CJK KR','Noto Serif KR','Nanum Myeongjo',AppleMyungjo,Batang,'Noto Serif CJK JP',Georgia,serif"
)
MEDIA_TYPE: Final = "image/svg+xml"

_UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
_FIBRES = 26  # of the paper; 70 of them took a third of the rendering of a card
_MIN_SCALE = 0.6  # of its size, to which a text is shrunk before it is cut


def element(name: str, *children: Svg, **attributes: str | float) -> Svg:
    """Return an element; `stroke_width` is the attribute stroke-width, and values are escaped."""
    shown = "".join(f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items())
    inner = "".join(children)
    return Svg(f"<{name}{shown}>{inner}</{name}>" if inner else f"<{name}{shown}/>")


def group(children: Iterable[Svg], **attributes: str | float) -> Svg:
    return element("g", *children, **attributes)


def escape_text(text: str) -> Svg:
    """Return a text as markup: escaped, on one line, without characters that XML forbids or that reorder text."""
    return Svg(escape(_one_line(text)))


def text_line(
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
    """Return a line of text on its baseline; a text wider than `width` is shrunk, and cut if that is not enough."""
    if width is not None:
        size, text = fit_text(text, size, width)
    return element(
        "text", escape_text(text), x=x, y=y, font_size=size, fill=fill, text_anchor=anchor, font_weight=weight
    )


def fit_text(text: str, size: float, width: float) -> tuple[float, str]:
    """Return the size at which a text fits, at least six tenths, and as much of the text as fits then."""
    text = _one_line(text)
    needed = text_width(text) * size
    if needed <= width:
        return size, text
    if _MIN_SCALE * needed <= width:
        return size * width / needed, text
    while text and text_width(text + "…") * _MIN_SCALE * size > width:
        text = text[:-1]
    return _MIN_SCALE * size, text.rstrip() + "…"


def _one_line(text: str) -> str:
    return " ".join(_UNPRINTABLE.sub("", text).split())


def stroke(path: str, color: str = INK, width: float = 6.0, **attributes: str | float) -> Svg:
    """Return a brush stroke along a path."""
    return element(
        "path", d=path, fill="none", stroke=color, stroke_width=width, stroke_linecap="round",
        stroke_linejoin="round", **attributes,
    )  # fmt: skip


def document(width: int, height: int, title: str, description: str, *content: Svg, font: str = SERIF) -> Svg:
    """Return a framed sheet of paper with its content, titled and described for screen readers."""
    return element(
        "svg",
        element("title", escape_text(title)),
        element("desc", escape_text(description)),
        _paper(width, height),
        group(content, font_family=font),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
    )


def color_stripe(x: float, y: float, side: float) -> Svg:
    """Return the five colours in a row, centred on x."""
    left = x - 2.5 * side
    return group(
        element(
            "rect", x=left + index * side, y=y, width=side, height=side / 3, fill=color, stroke=INK, stroke_width=0.6
        )
        for index, color in enumerate(OBANG)
    )


def stamp(x: float, y: float, side: float, letters: str = "觀相") -> Svg:
    """Return a red stamp with letters from top to bottom, its corner at x, y."""
    step = side / len(letters)
    return group(
        (
            element("rect", x=x, y=y, width=0.62 * side, height=side, rx=0.08 * side, fill=RED),
            *(
                text_line(letter, x + 0.31 * side, y + step * (index + 0.84), size=0.44 * side, fill=PAPER, weight=700)
                for index, letter in enumerate(letters)
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
    """Draw the long fibres of mulberry paper, the same on every card."""
    curves = []
    for index in range(_FIBRES):
        x, y = (index * 0.618034 % 1) * width, (index * 0.754878 % 1) * height
        bend, length = (index * 37 % 41) - 20, 40 + index * 29 % 90
        middle, end = (_turned(index * 47 % 180, *point) for point in ((length / 2, bend), (length, bend / 3)))
        curves.append(f"M{x:.0f} {y:.0f}q{middle} {end}")
    return element("path", d="".join(curves), fill="none", stroke="#E3D7BE", stroke_width=1)


def _turned(degrees: float, x: float, y: float) -> str:
    """Return a vector turned by an angle, as in the data of a path."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    return f"{x * cosine - y * sine:.0f} {x * sine + y * cosine:.0f}"


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return escape(_UNPRINTABLE.sub("", value))
    return f"{value:.2f}".rstrip("0").rstrip(".")
