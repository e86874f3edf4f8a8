"""Plots of times against sizes as SVG, both on logarithmic axes, legible on light and on dark pages."""

import math
from collections.abc import Mapping, Sequence
from html import escape

_WIDTH, _LEFT, _RIGHT, _TOP, _ROW = 760, 64, 250, 40, 34
_INK = "#7a7a7a"
_COLOURS = (
    "#4f8cc9",
    "#d9483b",
    "#2e8b72",
    "#d8a531",
    "#8a63b8",
    "#c06f9b",
    "#5aa7a7",
    "#a0762f",
    "#6b7fd7",
    "#8aa04a",
)


def log_plot(sizes: Sequence[int], series: Mapping[str, Sequence[float]], title: str) -> str:
    """Return the SVG; series: milliseconds at each size, by name."""
    height = _TOP + _ROW * max(10, len(series)) + 40
    values = [value for row in series.values() for value in row]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    first, last = math.log10(sizes[0]), math.log10(sizes[-1])

    def x_of(size: float) -> float:
        return _LEFT + (math.log10(size) - first) / (last - first) * (_WIDTH - _LEFT - _RIGHT)

    def y_of(value: float) -> float:
        return _TOP + (high - math.log10(value)) / (high - low) * (height - _TOP - 40)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'font-family="sans-serif" font-size="12" fill="{_INK}">',
        f"<title>{escape(title)}</title>",
        f'<text x="16" y="18" font-size="14">{escape(title)}</text>',
    ]
    for power in range(low, high + 1):
        y = y_of(10.0**power)
        parts.append(
            f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}" stroke="{_INK}" opacity="0.3"/>'
        )
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g} ms</text>')
    parts += [f'<text x="{x_of(size):.1f}" y="{height - 20}" text-anchor="middle">{size:,}</text>' for size in sizes]
    ends = sorted((y_of(row[-1]), name) for name, row in series.items())
    labels: dict[str, float] = {}
    below = 0.0
    for y, name in ends:
        labels[name] = below = max(y, below + 16)
    for colour, (name, row) in zip(_COLOURS, series.items(), strict=False):
        points = " ".join(f"{x_of(size):.1f},{y_of(value):.1f}" for size, value in zip(sizes, row, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        label = f"{escape(name)} x{row[-1] / row[0]:.1f}"
        parts.append(f'<text x="{_WIDTH - _RIGHT + 10}" y="{labels[name] + 4:.1f}" fill="{colour}">{label}</text>')
    return "\n".join(parts) + "\n</svg>\n"
