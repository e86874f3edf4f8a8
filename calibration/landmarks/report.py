"""Tables of the figures, for the terminal and the decision record."""

from collections.abc import Iterator, Mapping
from typing import Any

_COLUMNS = ("values", "one_scale", "without_picture")


def report_lines(figures: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of Markdown tables of `figures.make_figures`."""
    yield f"{figures['people']} people, {figures['pairs']} with another photo; 90 % intervals."
    yield from ("", "| figure | " + " | ".join(_COLUMNS) + " |", "|---" * (1 + len(_COLUMNS)) + "|")
    for name in figures["values"]:
        cells = (f"{v:.3f} ({low:.2f} to {high:.2f})" for v, low, high in (figures[c][name] for c in _COLUMNS))
        yield f"| {name} | {' | '.join(cells)} |"
    yield from ("", "| changed photo | values | one scale | shift | actual/declared |", "|---|---|---|---|---|")
    ratios = figures["actual_over_declared"]
    for name, row in figures["retakes"].items():
        yield f"| {name} | {row['values']:.3f} | {row['one_scale']:.3f} | {row['shift']:.2f} | {ratios[name]:.2f} |"
    yield from ("", "| measure | same | across | within | declared | women - men |", "|---|---|---|---|---|---|")
    for key, row in figures["measures"].items():
        r = " | ".join(f"{row[name]:.2f}" for name in ("same", "across", "within", "declared"))
        sex, low, high = row["sex"]
        yield f"| {key} | {r} | {sex:.2f} ({low:.2f} to {high:.2f}) |"
    yield ""
    for name, row in figures["estimates"].items():
        yield f"{name}: {_row(row)}"
    yield f"actual/declared: {_row(ratios)}"
    yield f"ICC without marks: {_row(figures['extras_icc'])}; hairline r: {_row(figures['hairline_r'])}"
    yield f"drawn against value, in declared errors: {_row(figures['drawn_over_declared'])}"
    if "composites" in figures:
        one = figures["composites"]
        yield f"{one['photos']} composites: r median {one['r_median']:.2f}, bias median {one['bias_median']:.2f} SD"


def _row(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {figure:.2f}" for name, figure in figures.items())
