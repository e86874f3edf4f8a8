"""The card of a match: names of look-alikes around a drawn face, without photo and points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gwansang.drawing import svg
from gwansang.reading.lookalike import Region
from gwansang.texts import Locale, load

WIDTH, HEIGHT = 1080, 1350
_MIDDLE: Final = WIDTH / 2


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A look-alike, named in the card's language; percentile: 0-100 within the gallery; rarity: in a few words."""

    name: str
    percentile: int
    rarity: str = ""


@dataclass(frozen=True, slots=True)
class _Label:
    """Position of a region's label, end of its pointer on the drawn face, and the colour of both."""

    x: float
    y: float
    point: tuple[float, float]
    color: str

    @property
    def left(self) -> bool:
        return self.x < _MIDDLE


_LABELS: Mapping[Region, _Label] = {
    "brows": _Label(90, 560, (440, 604), svg.BLACK),
    "eyes": _Label(990, 632, (646, 662), svg.BLUE),
    "nose": _Label(90, 730, (512, 744), svg.YELLOW),
    "mouth": _Label(990, 822, (588, 818), svg.RED),
    "outline": _Label(90, 900, (436, 852), svg.WHITE),
}
_LABEL_WIDTH, _BAR = 250, 164.0


def match_card(
    matches: Sequence[Lookalike],
    nearest: Mapping[Region, Lookalike],
    rarity: str,
    gallery_version: str,
    locale: Locale,
) -> str:
    """Return the card as SVG: `matches` from the nearest on, `nearest` the best match of each region, and how rare the
    likeness to the nearest is, as a sentence."""
    texts = load("match_card", locale, dict[str, str])
    first = matches[0].name if matches else texts["nobody"]
    return svg.document(
        WIDTH,
        HEIGHT,
        texts["title"],
        texts["description"].format_map({"name": first}),
        _head(matches, rarity, texts),
        _face(),
        *(_region(_LABELS[region], texts[region], lookalike) for region, lookalike in nearest.items()),
        _others(matches[1:5], texts),
        _foot(gallery_version, texts),
    )


def _head(matches: Sequence[Lookalike], rarity: str, texts: Mapping[str, str]) -> svg.Svg:
    parts = [
        svg.text_line(texts["title"], _MIDDLE, 128, size=44, weight=700),
        svg.color_stripe(_MIDDLE, 152, 30),
    ]
    if not matches:
        return svg.group([*parts, svg.text_line(texts["nobody"], _MIDDLE, 320, size=48, fill=svg.FADED)])
    best = matches[0]
    return svg.group(
        [
            *parts,
            svg.text_line(texts["nearest"], _MIDDLE, 236, size=28, fill=svg.FADED),
            svg.text_line(best.name, _MIDDLE, 336, size=92, weight=700, width=860),
            svg.text_line(rarity, _MIDDLE, 400, size=28, fill=svg.RED, width=860),
        ]
    )


def _face() -> svg.Svg:
    """Draw a face of brush strokes before the moon, each region in its colour; the blush is a bride's 연지."""
    return svg.group(
        [
            svg.element("circle", cx=_MIDDLE, cy=702, r=234, fill=svg.WHITE, opacity=0.7),
            svg.element("path", d=_MOON, fill=svg.INK, opacity=0.16),
            svg.element("path", d=_OUTLINE, fill=svg.WHITE, opacity=0.8),
            svg.stroke(_OUTLINE, svg.INK, 14),
            svg.stroke(_OUTLINE, svg.WHITE, 7),
            *(svg.element("path", d=path, fill=svg.BLACK) for path in _BROWS),
            *(svg.stroke(path, svg.BLUE, 6) for path in _EYES),
            *(svg.element("circle", cx=x, cy=660, r=10, fill=svg.BLUE) for x in (470, 610)),
            *(svg.element("circle", cx=x, cy=742, r=24, fill=svg.RED, opacity=0.28) for x in (438, 642)),
            svg.stroke("M530 668C528 704 522 726 510 746Q514 764 540 764Q566 764 570 746", svg.YELLOW, 7),
            svg.element("path", d="M490 818Q516 802 540 811Q564 802 590 818Q540 858 490 818Z", fill=svg.RED),
            svg.stroke("M496 819Q540 829 584 819", svg.WHITE, 3),
        ]
    )


_OUTLINE = "M540 496C640 496 690 566 688 668C686 778 652 852 608 888C568 918 512 918 472 888C428 852 394 778 392 668C390 566 440 496 540 496Z"  # noqa: E501 - one path
_MOON = "M362 544A244 244 0 1 0 712 530A233 233 0 1 1 369 548Z"  # a ring left open, as the brush leaves it
_BROWS = (
    "M418 616Q456 578 512 604Q514 612 506 612Q456 594 418 616Z",
    "M662 616Q624 578 568 604Q566 612 574 612Q624 594 662 616Z",
)
_EYES = ("M426 664Q466 638 512 664Q466 682 426 664Z", "M654 664Q614 638 568 664Q614 682 654 664Z")


def _region(label: _Label, region: str, lookalike: Lookalike) -> svg.Svg:
    anchor = "start" if label.left else "end"
    end = label.x + (_LABEL_WIDTH if label.left else -_LABEL_WIDTH)
    knee = label.y + 18
    x, y = label.point
    return svg.group(
        [
            svg.stroke(f"M{label.x} {knee}H{end}L{x} {y}", svg.INK, 1.6, opacity=0.55),
            svg.element("circle", cx=x, cy=y, r=7, fill=label.color, stroke=svg.INK, stroke_width=2),
            svg.text_line(region, label.x, label.y - 50, size=24, fill=svg.FADED, anchor=anchor),
            svg.text_line(lookalike.name, label.x, label.y, size=38, weight=700, anchor=anchor, width=_LABEL_WIDTH),
            _bar(label, knee + 14, lookalike.percentile),
        ]
    )


def _bar(label: _Label, y: float, percentile: int) -> svg.Svg:
    """Draw a percentile as a bar that is filled from the outer edge."""
    length, whole = _BAR * percentile / 100, _BAR
    left = label.x if label.left else label.x - whole
    filled = left if label.left else label.x - length
    return svg.group(
        [
            svg.element("rect", x=left, y=y, width=whole, height=9, rx=4.5, fill=svg.INK, opacity=0.12),
            svg.element(
                "rect", x=filled, y=y, width=length, height=9, rx=4.5, fill=label.color, stroke=svg.INK,
                stroke_width=0.8,
            ),
        ]
    )  # fmt: skip


def _others(matches: Sequence[Lookalike], texts: Mapping[str, str]) -> svg.Svg:
    if not matches:
        return svg.group(())
    step = 900 / len(matches)
    columns = []
    for index, lookalike in enumerate(matches):
        x = 90 + step * (index + 0.5)
        columns += [
            svg.text_line(lookalike.name, x, 1146, size=34, weight=700, width=step - 24),
            svg.text_line(lookalike.rarity, x, 1186, size=24, fill=svg.FADED, width=step - 24),
        ]
    return svg.group(
        [
            svg.stroke("M90 1046H990", svg.INK, 1, opacity=0.4),
            svg.text_line(texts["others"], _MIDDLE, 1092, size=24, fill=svg.FADED),
            *columns,
        ]
    )


def _foot(gallery_version: str, texts: Mapping[str, str]) -> svg.Svg:
    gallery = texts["gallery"].format_map({"version": gallery_version})
    return svg.group(
        [
            svg.text_line(texts["note"], 90, 1256, size=24, fill=svg.FADED, anchor="start", width=760),
            svg.text_line(gallery, 90, 1288, size=18, fill=svg.FADED, anchor="start", width=760),
            svg.stamp(934, 1206, 90),
        ]
    )
