"""The card of a reading: archetypes, element and energies, without photo, points and measures."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from gwansang.drawing import svg
from gwansang.drawing.line_breaking import wrap_text
from gwansang.reading.elements import ELEMENTS
from gwansang.reading.model import ENERGIES, HistoricFigure, Reading
from gwansang.reading.texts import elements_text
from gwansang.texts import load

WIDTH, HEIGHT = 1080, 1350
_MIDDLE: Final = WIDTH / 2
_STAR: Final = (_MIDDLE, 724.0, 168.0)  # centre and radius of the five corners
_COLORS: Mapping[str, str] = dict(zip(ELEMENTS, (svg.BLUE, svg.RED, svg.YELLOW, svg.FADED, svg.BLACK), strict=True))

Corner = tuple[str, str, float]  # name, hanja, share of 1


def reading_card(reading: Reading) -> str:
    """Return the card as SVG, in the language of the reading."""
    texts = load("reading_card", reading.locale, dict[str, str])
    headline, meaning = _headline(reading)
    return svg.document(
        WIDTH,
        HEIGHT,
        texts["title"],
        texts["description"].format_map({"summary": meaning}),
        _head(headline, meaning, reading, texts),
        _star(_corners(reading), _COLORS[reading.element.primary]),
        _energies(reading, texts),
        _figures(reading.archetypes.figures if reading.archetypes else (), texts),
        svg.text_line(texts["note"], 90, 1276, size=24, fill=svg.FADED, anchor="start", width=790),
        svg.stamp(934, 1212, 84),
    )


def _headline(reading: Reading) -> tuple[str, str]:
    """Return the strongest archetype and its meaning, or the element if the reading has no archetypes."""
    if reading.archetypes is None:
        return reading.element.name, reading.element.meaning
    return reading.archetypes.callings[0].name, reading.archetypes.callings[0].meaning


def _head(headline: str, meaning: str, reading: Reading, texts: Mapping[str, str]) -> svg.Svg:
    element = texts["element"].format_map({"name": reading.element.name})
    overall = texts["overall"].format_map({"score": reading.overall_score})
    lines = wrap_text(meaning, 27, 840, 3)
    return svg.group(
        [
            svg.text_line(texts["title"], _MIDDLE, 120, size=40, weight=700),
            svg.color_stripe(_MIDDLE, 142, 30),
            svg.text_line(headline, _MIDDLE, 260, size=88, weight=700, width=860),
            svg.text_line(f"{element} · {overall}", _MIDDLE, 312, size=28, fill=svg.RED, width=860),
            *(svg.text_line(line, _MIDDLE, 368 + 38 * index, size=27, width=860) for index, line in enumerate(lines)),
        ]
    )


def _corners(reading: Reading) -> list[Corner]:
    """Return the five archetypes from the strongest on, or the five elements in their order."""
    if reading.archetypes is not None:
        return [(archetype.name, archetype.hanja, archetype.share / 100) for archetype in reading.archetypes.callings]
    names = elements_text(reading.locale)["elements"]
    return [(names[element]["name"], "", reading.element.shares[element]) for element in ELEMENTS]


def _star(corners: Sequence[Corner], color: str) -> svg.Svg:
    """Draw five shares as lengths on five rays, each the root of its share, so that areas compare."""
    x, y, _ = _STAR
    largest = max(share for _, _, share in corners)
    shape = [_on_ray(index, max(0.1, math.sqrt(share / largest))) for index, (_, _, share) in enumerate(corners)]
    return svg.group(
        [
            svg.element("circle", cx=x, cy=y, r=196, fill=svg.WHITE, opacity=0.7),
            *(
                svg.stroke(_closed([_on_ray(index, ring) for index in range(5)]), svg.INK, 1, opacity=0.25)
                for ring in (1 / 3, 2 / 3, 1.0)
            ),
            *(svg.stroke(_path([(x, y), _on_ray(index, 1.0)]), svg.INK, 1, opacity=0.25) for index in range(5)),
            svg.element("path", d=_closed(shape), fill=color, opacity=0.38),
            svg.stroke(_closed(shape), color, 5),
            *(svg.element("circle", cx=px, cy=py, r=7, fill=color, stroke=svg.INK) for px, py in shape),
            *(_corner(index, corner) for index, corner in enumerate(corners)),
        ]
    )


def _corner(index: int, corner: Corner) -> svg.Svg:
    name, hanja, share = corner
    x, y = _on_ray(index, 1.4 if index else 1.34)
    anchor = "middle" if abs(x - _MIDDLE) < 1 else ("start" if x > _MIDDLE else "end")
    edge = x if anchor == "middle" else x + (-46 if anchor == "start" else 46)
    return svg.group(
        [
            svg.text_line(f"{name} {hanja}".strip(), edge, y, size=30, weight=700, anchor=anchor, width=260),
            svg.text_line(f"{round(100 * share)}%", edge, y + 34, size=26, fill=svg.FADED, anchor=anchor),
        ]
    )


def _on_ray(index: int, share: float) -> tuple[float, float]:
    x, y, radius = _STAR
    angle = math.tau * index / 5
    return x + radius * share * math.sin(angle), y - radius * share * math.cos(angle)


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _closed(points: Sequence[tuple[float, float]]) -> str:
    return f"{_path(points)}Z"


def _energies(reading: Reading, texts: Mapping[str, str]) -> svg.Svg:
    """Draw four energies as steps of five."""
    drawn = []
    for index, energy in enumerate(ENERGIES):
        left = 90 + 225 * index
        drawn.append(svg.text_line(texts[energy], left + 112, 1016, size=26, fill=svg.FADED))
        drawn += [
            svg.element(
                "circle", cx=left + 48 + 32 * step, cy=1046, r=11, stroke=svg.INK, stroke_width=1.4,
                fill=svg.RED if step < reading.energy_scores[energy] else svg.WHITE,
            )
            for step in range(5)
        ]  # fmt: skip
    return svg.group(drawn)


def _figures(figures: Sequence[HistoricFigure], texts: Mapping[str, str]) -> svg.Svg:
    if not figures:
        return svg.group(())
    step = 900 / len(figures)
    columns = []
    for index, figure in enumerate(figures):
        x = 90 + step * (index + 0.5)
        columns += [
            svg.text_line(figure.name, x, 1172, size=32, weight=700, width=step - 24),
            svg.text_line(f"{figure.hanja} · {figure.years}", x, 1206, size=22, fill=svg.FADED, width=step - 24),
        ]
    return svg.group(
        [
            svg.stroke("M90 1080H990", svg.INK, 1, opacity=0.4),
            svg.text_line(texts["figures"], _MIDDLE, 1120, size=23, fill=svg.FADED, width=860),
            *columns,
        ]
    )
