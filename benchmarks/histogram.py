"""Histograms as SVG, legible on light and on dark pages."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise

import numpy as np

_WIDTH, _HEIGHT = 640, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 16, 16, 44, 36
_BAR, _INK = "#4f8cc9", "#7a7a7a"


def histogram(values: Sequence[float], edges: Sequence[int], title: str) -> str:
    """Return the SVG; each bar counts the values from its edge up to the next one, which is excluded."""
    counts = [sum(low <= value < high for value in values) for low, high in pairwise(edges)]
    step = (_WIDTH - _LEFT - _RIGHT) / len(counts)
    unit = (_HEIGHT - _TOP - _BOTTOM) / max(*counts, 1)
    base = _HEIGHT - _BOTTOM
    low, middle, high = np.percentile(values, (5, 50, 95))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="12" fill="{_INK}">',
        f"<title>{escape(title)}</title>",
        f'<text x="{_LEFT}" y="16" font-size="14">{escape(title)}</text>',
        f'<text x="{_LEFT}" y="33">median {middle:.3g}, 5th to 95th percentile {low:.3g} to {high:.3g}</text>',
    ]
    for index, count in enumerate(counts):
        x, size = _LEFT + index * step, count * unit
        if count:
            bar = f'x="{x + 1:.1f}" y="{base - size:.1f}" width="{step - 2:.1f}" height="{size:.1f}"'
            parts.append(f'<rect {bar} rx="2" fill="{_BAR}"/>')
            parts.append(f'<text x="{x + step / 2:.1f}" y="{base - size - 3:.1f}" text-anchor="middle">{count}</text>')
        parts.append(f'<text x="{x + step / 2:.1f}" y="{base + 16}" text-anchor="middle">{edges[index]}</text>')
    parts.append(f'<line x1="{_LEFT}" y1="{base}" x2="{_WIDTH - _RIGHT}" y2="{base}" stroke="{_INK}"/></svg>')
    return "\n".join(parts) + "\n"
