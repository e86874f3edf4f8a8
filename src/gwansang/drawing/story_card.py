"""The card of a reading with its title and story, in three formats; no photo, no points, no measures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from gwansang.drawing import svg
from gwansang.drawing.line_breaking import TextBlock, break_balanced, break_evenly, fit_block
from gwansang.reading.elements import ELEMENTS
from gwansang.reading.model import ENERGIES, Reading
from gwansang.texts import load

CardFormat = Literal["story", "square", "og"]
SIZES: Final[Mapping[CardFormat, tuple[int, int]]] = {"story": (1080, 1920), "square": (1080, 1080), "og": (1200, 630)}
ELEMENT_COLORS: Final = dict(
    zip(ELEMENTS, ("#3B6E5A", svg.RED, svg.YELLOW, "#8A8378", svg.BLUE), strict=True)
)  # 木 green-blue, 火 red, 土 yellow, 金 the grey of metal, since white would not show on paper, 水 the blue of ink
_HANJA: Final = dict(zip(ELEMENTS, "木火土金水", strict=True))
_TITLE_LEADING: Final = 1.36
_TITLE_STROKE: Final = 0.016  # ems, which make the one weight of the fonts bolder


@dataclass(frozen=True, slots=True)
class _Content:
    """What a card shows."""

    title: str
    story: str
    facts: tuple[str, str]  # the element, and the harmony
    notice: str
    element: str
    energies: Sequence[tuple[str, int]]  # name, steps of five
    texts: Mapping[str, str]


def story_card(reading: Reading, card_format: CardFormat) -> str:
    """Return the card as SVG, in the language of the reading."""
    content = _content(reading)
    width, height = SIZES[card_format]
    return svg.document(
        width,
        height,
        content.texts["title"],
        content.texts["description"].format_map({"summary": content.title}),
        _LAYOUTS[card_format](content),
        font=f"'{content.texts['font']}',{svg.SERIF}",
    )


def _content(reading: Reading) -> _Content:
    """Return what a card shows; readings from before titles existed have those of their archetype or element."""
    texts, archetypes = load("reading_card", reading.locale, dict[str, str]), reading.archetypes
    element = texts["element"].format_map({"name": reading.element.name})
    overall = texts["overall"].format_map({"score": reading.overall_score})
    return _Content(
        title=reading.title or (archetypes.callings[0].name if archetypes else reading.element.name),
        story=reading.story or (archetypes.summary if archetypes else reading.element.meaning),
        facts=(_capitalized(element), overall),
        notice=texts["notice"],
        element=reading.element.primary,
        energies=[(texts[energy], reading.energy_scores[energy]) for energy in ENERGIES],
        texts=texts,
    )


def _story_layout(content: _Content) -> svg.Svg:
    """Lay out 1080 x 1920; apps cover the outer parts with their own buttons, so these hold nothing to be read."""
    title = _fit_title(content.title, (84, 78, 72, 66, 60), 880, 3)
    rule = 640 + title.height
    foot, foot_top = _foot(content, 110, 1668, 860, 25)
    energies_y = foot_top - 112
    story = fit_block(content.story, (46, 44, 42, 40, 38, 36, 34, 32, 30), 860, energies_y - rule - 130, leading=1.66)
    return svg.group(
        [
            svg.color_stripe(540, 118, 34),
            svg.text_line(content.texts["title"], 540, 222, size=40),
            _medallion(540, 400, 116, content.element),
            svg.text_line(" · ".join(content.facts), 540, 586, size=32, fill=svg.FADED, width=860),
            _lines(title, 540, 620 + title.size, title=True),
            _rule(540, rule + 20, 120),
            _lines(story, 110, rule + 66 + story.size, anchor="start"),
            _energies(content, 110, energies_y, 860),
            foot,
            svg.stamp(508, 1740, 104),
        ]
    )


def _square_layout(content: _Content) -> svg.Svg:
    title = _fit_title(content.title, (66, 60, 54, 48), 690, 3)
    facts_y = 164 + title.height + 44
    foot, foot_top = _foot(content, 84, 1004, 820, 22)
    energies_y = foot_top - 92
    story = fit_block(content.story, (38, 36, 34, 32, 30, 28, 26), 912, energies_y - facts_y - 86, leading=1.58)
    return svg.group(
        [
            svg.text_line(content.texts["title"], 84, 124, size=32, fill=svg.FADED, anchor="start"),
            _medallion(906, 196, 92, content.element),
            _lines(title, 84, 150 + title.size, anchor="start", title=True),
            svg.text_line(" · ".join(content.facts), 84, facts_y, size=28, fill=svg.RED, anchor="start", width=912),
            _lines(story, 84, facts_y + 34 + story.size, anchor="start"),
            _energies(content, 84, energies_y, 912),
            foot,
            svg.stamp(948, 942, 66),
        ]
    )


def _og_layout(content: _Content) -> svg.Svg:
    title = _fit_title(content.title, (64, 58, 54, 50), 820, 2)
    below = 130 + title.height
    foot, foot_top = _foot(content, 84, 556, 820, 21)
    story = fit_block(content.story, (32, 30, 28, 26), 820, foot_top - below - 60, leading=1.5)
    return svg.group(
        [
            svg.text_line(content.texts["title"], 84, 108, size=28, fill=svg.FADED, anchor="start"),
            _lines(title, 84, 122 + title.size, anchor="start", title=True),
            _lines(story, 84, below + 20 + story.size, anchor="start"),
            svg.stroke("M934 92V540", svg.INK, 1, stroke_opacity=0.35),
            _medallion(1044, 168, 78, content.element),
            *(
                svg.text_line(fact, 1044, 286 + 32 * row, size=22, fill=svg.FADED, width=210)
                for row, fact in enumerate(content.facts)
            ),
            *(_energy_row(name, steps, 952, 370 + 38 * row) for row, (name, steps) in enumerate(content.energies)),
            svg.stamp(1028, 506, 54),
            foot,
        ]
    )


_LAYOUTS: Final[Mapping[CardFormat, Callable[[_Content], svg.Svg]]] = {
    "story": _story_layout,
    "square": _square_layout,
    "og": _og_layout,
}


def _fit_title(title: str, sizes: Sequence[float], width: float, max_lines: int) -> TextBlock:
    """Return a title at the largest size at which it has at most `max_lines` lines, else with one more at the least."""
    for size in sizes:
        lines = break_evenly(title, size, width)
        if len(lines) <= max_lines:
            return TextBlock(lines, size, _TITLE_LEADING * size)
    room = (max_lines + 1) * _TITLE_LEADING * sizes[-1]
    return fit_block(title, sizes[-1:], width, room, leading=_TITLE_LEADING)


def _lines(
    block: TextBlock, x: float, y: float, *, anchor: str = "middle", title: bool = False, fill: str = svg.INK
) -> svg.Svg:
    lines = [
        svg.text_line(line, x, y + index * block.leading, size=block.size, anchor=anchor, fill=fill)
        for index, line in enumerate(block.lines)
    ]
    return svg.group(lines, stroke=svg.INK, stroke_width=_TITLE_STROKE * block.size) if title else svg.group(lines)


def _medallion(x: float, y: float, radius: float, element: str) -> svg.Svg:
    """Draw the element's character before a moon, in a ring that the brush leaves open."""
    color = ELEMENT_COLORS[element]
    start = f"{x + 0.2 * radius:.1f} {y - 0.98 * radius:.1f}"
    end = f"{x - 0.34 * radius:.1f} {y - 0.94 * radius:.1f}"
    ring = f"M{start}A{radius} {radius} 0 1 1 {end}"
    letter = svg.text_line(_HANJA[element], x, y + 0.37 * radius, size=1.04 * radius, fill=color)
    return svg.group(
        [
            svg.element("circle", cx=x, cy=y, r=0.86 * radius, fill=svg.WHITE),
            svg.stroke(ring, color, 0.07 * radius),
            svg.group([letter], stroke=color, stroke_width=0.02 * radius),
        ]
    )


def _rule(x: float, y: float, width: float) -> svg.Svg:
    return svg.stroke(f"M{x - width / 2} {y}H{x + width / 2}", svg.RED, 3)


def _energies(content: _Content, x: float, y: float, width: float) -> svg.Svg:
    """Draw the energies side by side, each as steps of five under its name."""
    step, drawn = width / len(content.energies), []
    for column, (name, steps) in enumerate(content.energies):
        middle = x + step * (column + 0.5)
        drawn.append(svg.text_line(name, middle, y, size=0.13 * step, fill=svg.FADED, width=step - 16))
        drawn.append(_dots(middle - 0.28 * step, y + 0.15 * step, 0.14 * step, 0.045 * step, steps))
    return svg.group(drawn)


def _energy_row(name: str, steps: int, x: float, y: float) -> svg.Svg:
    label = svg.text_line(name, x + 66, y, size=22, fill=svg.FADED, anchor="end", width=70)
    return svg.group([label, _dots(x + 90, y - 7, 21, 7, steps)])


def _dots(x: float, y: float, distance: float, radius: float, steps: int) -> svg.Svg:
    return svg.group(
        svg.element(
            "circle", cx=x + distance * index, cy=y, r=radius, stroke=svg.INK, stroke_width=1.4,
            fill=svg.RED if index < steps else svg.WHITE,
        )
        for index in range(5)
    )  # fmt: skip


def _foot(content: _Content, x: float, bottom: float, width: float, size: float) -> tuple[svg.Svg, float]:
    """Return the notice, its last baseline at `bottom`, and where it begins."""
    lines = break_balanced(content.notice, size, width)
    block, first = TextBlock(lines, size, 1.4 * size), bottom - 1.4 * size * (len(lines) - 1)
    return _lines(block, x, first, anchor="start", fill=svg.FADED), first - size


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]
