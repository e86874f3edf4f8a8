"""The measured lines of a reading as SVG, over the photo or alone, with the name of each part beside the face."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gwansang.drawing import svg
from gwansang.drawing.text_width import text_width

Point = tuple[float, float]
CASING: Final = "#1C1816"  # around lines, so that they show on any skin, and behind names
# Neighbours on the face are far apart in hue.
_PALETTE: Final = (
    *("#FFD166", "#06D6A0", "#4CC9F0", "#FF6B6B", "#B583FF", "#FF9F1C", "#90E05A", "#FF85C0"),
    *("#3A86FF", "#E5E55A", "#40E0D0", "#FF783C", "#C8AAFF", "#78C878", "#F0F0F0"),
)


@dataclass(frozen=True, slots=True)
class MeasuredLine:
    """Points of a measure in fractions of the photo, joined in order unless `joined` is false."""

    points: Sequence[Point]
    joined: bool = True


@dataclass(frozen=True, slots=True)
class MeasuredPart:
    """A part with the lines of its key reason, which are drawn thickly, and those of its other reasons."""

    name: str
    key_lines: Sequence[MeasuredLine]
    other_lines: Sequence[MeasuredLine] = ()


@dataclass(frozen=True, slots=True)
class Canvas:
    """The surface of a drawing: width and height of the photo in pixels, and the photo as JPEG if it is shown."""

    width: int
    height: int
    jpeg: bytes | None = None


@dataclass(frozen=True, slots=True)
class _Label:
    """Name of a part, the point that its pointer leads to, and the colour of its lines."""

    text: str
    anchor: Point
    color: str


@dataclass(frozen=True, slots=True)
class _Layout:
    """Box of the face, line width, size of names, and how much the picture is widened at each side for them."""

    face: tuple[float, float, float, float]
    unit: float
    size: float
    margins: tuple[float, float]

    @property
    def gap(self) -> float:
        return 10 * self.unit


def draw_overlay(parts: Sequence[MeasuredPart], canvas: Canvas, title: str, notice: str, *, font: str) -> str:
    """Return the lines as SVG.

    Over a photo, the picture is widened if the names have no room beside the face, and ends with the notice. Without
    one, it has the size of the photo, for laying it over, and the notice is its description.
    """
    labels = [_label(number, part, canvas) for number, part in enumerate(parts) if part.key_lines]
    layout = _lay_out(parts, labels, canvas)
    foot = _notice(notice, canvas, layout) if canvas.jpeg is not None else None
    (left, right), width, height = layout.margins, canvas.width, canvas.height + (foot[1] if foot else 0)
    shown = [
        svg.element("title", svg.escape_text(title)),
        svg.element("desc", svg.escape_text(notice)),
        *([_backdrop(canvas, layout, height)] if canvas.jpeg is not None else []),
        *(_part(part, color, canvas, layout, thick=False) for part, color in _colored(parts)),
        *(_part(part, color, canvas, layout, thick=True) for part, color in _colored(parts)),
        _names(labels, canvas, layout),
        *([foot[0]] if foot else []),
    ]
    return svg.element(
        "svg",
        svg.group(shown[2:], font_family=f"'{font}',{svg.SERIF}"),
        *shown[:2],
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"{0 - left:g} 0 {width + left + right:g} {height:g}",
        width=width + left + right,
        height=height,
        role="img",
    )


def _colored(parts: Sequence[MeasuredPart]) -> list[tuple[MeasuredPart, str]]:
    return [(part, _PALETTE[number % len(_PALETTE)]) for number, part in enumerate(parts)]


def _label(number: int, part: MeasuredPart, canvas: Canvas) -> _Label:
    points = _pixels(part.key_lines[0].points, canvas)
    middle = (sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points))
    return _Label(part.name, middle, _PALETTE[number % len(_PALETTE)])


def _lay_out(parts: Sequence[MeasuredPart], labels: Sequence[_Label], canvas: Canvas) -> _Layout:
    lines = [line for part in parts for line in (*part.key_lines, *part.other_lines)]
    points = _pixels([point for line in lines for point in line.points], canvas) or [
        (0.25 * canvas.width, 0.25 * canvas.height),
        (0.75 * canvas.width, 0.75 * canvas.height),
    ]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    face = (min(xs), min(ys), max(xs), max(ys))
    unit = max(0.5, (face[2] - face[0]) / 220)
    size = 10 * unit
    if canvas.jpeg is None:
        return _Layout(face, unit, size, (0.0, 0.0))
    sides = _sides(labels, (face[0] + face[2]) / 2)
    widest = [max((_box_width(label, size) for label in side), default=0.0) for side in sides]
    left = max(0.0, 20 * unit + widest[0] - face[0])
    right = max(0.0, face[2] + 20 * unit + widest[1] - canvas.width)
    return _Layout(face, unit, size, (float(round(left)), float(round(right))))


def _backdrop(canvas: Canvas, layout: _Layout, height: float) -> svg.Svg:
    left, right = layout.margins
    data = b64encode(canvas.jpeg or b"").decode()
    return svg.group(
        [
            svg.element("rect", x=-left, width=canvas.width + left + right, height=height, fill=CASING),
            svg.element("image", width=canvas.width, height=canvas.height, href=f"data:image/jpeg;base64,{data}"),
        ]
    )


def _part(part: MeasuredPart, color: str, canvas: Canvas, layout: _Layout, *, thick: bool) -> svg.Svg:
    width = layout.unit * (1.6 if thick else 0.8)
    lines = part.key_lines if thick else part.other_lines
    return svg.group(
        shape for line in lines for shape in _line(_pixels(line.points, canvas), line.joined, color, width)
    )


def _line(points: Sequence[Point], joined: bool, color: str, width: float) -> list[svg.Svg]:
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    ends = (points[0], points[-1]) if joined else points
    strokes = [svg.stroke(path, CASING, width + max(1.0, 0.6 * width)), svg.stroke(path, color, width)]
    dots = [
        svg.element("circle", cx=x, cy=y, r=1.6 * width, fill=color, stroke=CASING, stroke_width=max(0.5, 0.3 * width))
        for x, y in ends
    ]
    return [*(strokes if joined else []), *dots]


def _names(labels: Sequence[_Label], canvas: Canvas, layout: _Layout) -> svg.Svg:
    """Draw the names in two columns beside the face, each with a pointer to its lines."""
    left, right = layout.margins
    drawn = []
    for is_left, side in zip((True, False), _sides(labels, (layout.face[0] + layout.face[2]) / 2), strict=True):
        rows = _spread([label.anchor[1] for label in side], 1.9 * layout.size, canvas.height)
        for label, row in zip(side, rows, strict=True):
            width = _box_width(label, layout.size)
            start = layout.face[0] - layout.gap - width if is_left else layout.face[2] + layout.gap
            x = min(max(start, 2 - left), canvas.width + right - width - 2)
            drawn.append(_name(label, x, row, width, layout, is_left=is_left))
    return svg.group(drawn)


def _name(label: _Label, x: float, y: float, width: float, layout: _Layout, *, is_left: bool) -> svg.Svg:
    size, edge = layout.size, x + width if is_left else x
    pointer = f"M{edge:.1f} {y:.1f}L{label.anchor[0]:.1f} {label.anchor[1]:.1f}"
    return svg.group(
        [
            svg.stroke(pointer, label.color, 0.4 * layout.unit),
            svg.element(
                "rect", x=x, y=y - 0.8 * size, width=width, height=1.6 * size, rx=0.3 * size, fill=CASING,
                fill_opacity=0.85,
            ),
            svg.element("rect", x=x, y=y - 0.8 * size, width=0.3 * size, height=1.6 * size, fill=label.color),
            svg.text_line(label.text, x + 0.7 * size, y + 0.36 * size, size=size, fill="#FFFFFF", anchor="start"),
        ]
    )  # fmt: skip


def _notice(notice: str, canvas: Canvas, layout: _Layout) -> tuple[svg.Svg, float]:
    """Return the notice under the photo, and its height."""
    left, right = layout.margins
    width = canvas.width + left + right
    size = width / 50
    line = svg.text_line(
        notice, width / 2 - left, canvas.height + 1.35 * size, size=size, fill="#D8CFBF", width=0.96 * width
    )
    return line, float(round(2 * size))


def _box_width(label: _Label, size: float) -> float:
    return text_width(label.text) * size + 1.3 * size


def _sides(labels: Sequence[_Label], middle: float) -> tuple[list[_Label], list[_Label]]:
    """Divide the labels between the left and the right column, each from top to bottom."""
    ordered = sorted(labels, key=lambda label: label.anchor[1])
    left, right = ordered[::2], ordered[1::2]
    # Two neighbours in height change sides when that uncrosses their pointers.
    for row, (a, b) in enumerate(zip(left, right, strict=False)):
        if a.anchor[0] - middle > b.anchor[0] - middle:
            left[row], right[row] = b, a
    return left, right


def _spread(heights: Sequence[float], line: float, limit: float) -> list[float]:
    """Move heights apart to at least one line each, keeping their order and staying inside the picture."""
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + line if placed else line))
    surplus = max(0.0, placed[-1] + line - limit) if placed else 0.0
    for index in reversed(range(len(placed))):
        placed[index] -= surplus
        above = placed[index - 1] + line if index else 0.0
        surplus = max(0.0, min(surplus, above - placed[index]))
    return placed


def _pixels(fractions: Sequence[Point], canvas: Canvas) -> list[Point]:
    return [(x * canvas.width, y * canvas.height) for x, y in fractions]
