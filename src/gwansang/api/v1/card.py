"""A kept reading as a card to share: an SVG with words and numbers, and nothing of the face to see.

Its texts are drawn by whoever shows it, in the first font at hand that has their letters.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from pydantic import TypeAdapter

from gwansang.reading.model import ENERGIES, Locale, PartReading, Reading

TEXTS: Final = TypeAdapter(dict[str, dict[Locale, str]]).validate_json(
    Path(__file__).with_name("card_texts.json").read_bytes()
)
_WIDTH, _HEIGHT, _EDGE = 1080, 1350, 90
_FONTS = "Pretendard, 'Noto Sans KR', 'Noto Sans CJK KR', 'Apple SD Gothic Neo', 'Malgun Gothic', sans-serif"
_INK, _PALE = "#2b2622", "#8a8078"
_COLORS: Final = {  # by element: deep, light
    "wood": ("#2f7d5b", "#e3f2ea"),
    "fire": ("#c4493d", "#fbe7e3"),
    "earth": ("#b07d2b", "#f8eedb"),
    "metal": ("#6f7a86", "#eceff2"),
    "water": ("#2d5f9a", "#e2ecf7"),
}
_SIGNS: Final = {"wood": "木", "fire": "火", "earth": "土", "metal": "金", "water": "水"}
_BEST = 2


def card_svg(reading: Reading) -> str:
    """The card, in the language of the reading."""
    deep, light = _COLORS[reading.element.primary]
    body = "".join((*_head(reading, deep), *_energies(reading, deep), *_best(reading, deep), *_day(reading)))
    title = escape(f"{_word('title', reading)} · {reading.overall_score}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" role="img" lang="{reading.locale}" font-family={quoteattr(_FONTS)}><title>{title}</title>'
        f'<defs><linearGradient id="paper" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{light}"/>'
        '<stop offset="1" stop-color="#ffffff"/></linearGradient></defs>'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="url(#paper)"/>'
        f'<rect x="40" y="40" width="{_WIDTH - 80}" height="{_HEIGHT - 80}" rx="44" fill="none" stroke="{deep}" '
        f'stroke-opacity="0.35" stroke-width="3"/>{body}</svg>'
    )


def _head(reading: Reading, deep: str) -> Iterator[str]:
    around = 2 * 3.14159 * 150
    yield _text(_word("title", reading), 540, 150, 54, weight=700)
    yield f'<circle cx="300" cy="370" r="150" fill="#ffffff" stroke="{deep}" stroke-opacity="0.18" stroke-width="26"/>'
    yield (
        f'<circle cx="300" cy="370" r="150" fill="none" stroke="{deep}" stroke-width="26" stroke-linecap="round" '
        f'stroke-dasharray="{around * reading.overall_score / 100:.1f} {around:.1f}" transform="rotate(-90 300 370)"/>'
    )
    yield _text(str(reading.overall_score), 300, 398, 116, weight=800, color=deep)
    yield _text(_word("overall", reading), 300, 448, 30, color=_PALE)
    yield _text(_SIGNS[reading.element.primary], 760, 400, 190, weight=700, color=deep)
    yield _text(reading.element.name, 760, 480, 44, weight=600, room=480)


def _energies(reading: Reading, deep: str) -> Iterator[str]:
    for row, energy in enumerate(ENERGIES):
        y = 610 + 74 * row
        yield _text(_word(energy, reading), _EDGE + 20, y + 13, 36, anchor="start", weight=600)
        for step in range(5):
            shown = 1.0 if step < reading.energy_scores[energy] else 0.15
            yield (
                f'<rect x="{330 + 132 * step}" y="{y - 16}" width="116" height="32" rx="16" fill="{deep}" '
                f'fill-opacity="{shown}"/>'
            )


def _best(reading: Reading, deep: str) -> Iterator[str]:
    yield _text(_word("best", reading), _EDGE + 20, 950, 34, anchor="start", color=_PALE)
    for row, part in enumerate(best_parts(reading.parts)):
        y = 1020 + 74 * row
        yield _text(f"{part.name} {part.hanja}", _EDGE + 20, y, 40, anchor="start", weight=700, room=340)
        yield _text(part.shape, 470, y, 38, anchor="start", room=390)
        yield _text(str(part.score), _WIDTH - _EDGE - 20, y, 44, anchor="end", weight=800, color=deep)


def best_parts(parts: Iterable[PartReading]) -> list[PartReading]:
    """The parts with the highest scores; of equal ones, those that were seen more surely."""
    return sorted(parts, key=lambda part: (-part.score, -part.reliability, part.part))[:_BEST]


def _day(reading: Reading) -> Iterator[str]:
    lucky, day = reading.fortune.lucky, reading.fortune.date.isoformat()
    fill = quoteattr(lucky.color_hex)
    yield f'<circle cx="{_EDGE + 48}" cy="1198" r="28" fill={fill} stroke="{_INK}" stroke-opacity="0.2"/>'
    label = _word("color", reading).format(day=day)
    yield _text(f"{label} · {lucky.color}", _EDGE + 96, 1211, 36, anchor="start", room=800)
    yield _text(_word("out_of_fun", reading), 540, 1282, 26, color=_PALE)


def _word(name: str, reading: Reading) -> str:
    return TEXTS[name][reading.locale]


def _text(
    text: str,
    x: int,
    y: int,
    size: int,
    *,
    anchor: str = "middle",
    weight: int = 400,
    color: str = _INK,
    room: int = _WIDTH - 2 * _EDGE,
) -> str:
    """A line of text; where it would be wider than its room, in smaller letters."""
    ems = sum(1.0 if ord(letter) > 0x2E80 else 0.58 for letter in text)
    size = min(size, int(room / max(ems, 1.0)))
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{color}" '
        f'text-anchor="{anchor}">{escape(text)}</text>'
    )
