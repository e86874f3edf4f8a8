"""Reliability diagram of predicted probabilities as SVG (DeGroot & Fienberg 1983)."""

from collections.abc import Iterator, Sequence

from gwansang.reading.agreement import Bin

_SIDE, _MARGIN = 360, 60
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def reliability_svg(bins: Sequence[Bin], title: str) -> str:
    """Return the SVG of bins: predicted probability to the right, share that is right upwards, the diagonal ideal."""
    size = _SIDE + 2 * _MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" font-family="sans-serif" font-size="12">',
        f'<rect width="{size}" height="{size}" fill="#fff"/>',
        _text(size / 2, _MARGIN / 2, title),
        *_axes(),
        f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke="#999" stroke-dasharray="4"/>',
        f'<polyline points="{" ".join(f"{_x(b.probability)},{_y(b.right)}" for b in bins)}" fill="none" '
        'stroke="#0a5" stroke-width="2"/>',
        *(_point(one) for one in bins),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _axes() -> Iterator[str]:
    yield f'<rect x="{_MARGIN}" y="{_MARGIN}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#333"/>'
    for tick in _TICKS:
        yield _text(_x(tick), _y(0) + 18, f"{tick:g}")
        yield _text(_MARGIN - 20, _y(tick) + 4, f"{tick:g}")
    yield _text(_x(0.5), _y(0) + 40, "probability that is reported")
    yield _text(0, 0, "share that agrees with the marks", f' transform="translate(16 {_y(0.5)}) rotate(-90)"')


def _point(one: Bin) -> str:
    label = f"{one.probability:.2f} reported, {one.right:.2f} agree, {one.count} parts"
    return f'<circle cx="{_x(one.probability)}" cy="{_y(one.right)}" r="4" fill="#0a5"><title>{label}</title></circle>'


def _text(x: float, y: float, text: str, attributes: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle"{attributes}>{text}</text>'


def _x(share: float) -> float:
    return round(_MARGIN + share * _SIDE, 1)


def _y(share: float) -> float:
    return round(_MARGIN + (1 - share) * _SIDE, 1)
