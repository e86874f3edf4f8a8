"""Table of the stability of readings for the docs."""

from collections.abc import Mapping

from gwansang.reading.stability import Stability


def table(title: str, result: Stability) -> str:
    lines = [
        f"### {title}",
        "",
        f"{result.people} people, {result.photos} photos. Agreement {result.mean_agreement:.3f}, by chance "
        f"{result.mean_chance:.3f}, **kappa {result.mean_kappa:.3f}**, first label in the other's top two "
        f"{result.mean_top_two:.3f}; ICC median **{result.median_icc:.3f}**, worst {min(result.icc.values()):.3f} "
        f"({min(result.icc, key=result.icc.__getitem__)}); largest class {result.largest_share:.2f}, classes used "
        f"{result.shapes_used:.2f}; r of the scores: {_row(result.scores)}.",
        "",
        "| part | agreement | chance | kappa | top two | largest class |",
        "|---|---|---|---|---|---|",
    ]
    for name, part in result.parts.items():
        largest = max(part.shares, key=part.shares.__getitem__)
        lines.append(
            f"| {name} | {part.agreement:.2f} | {part.chance:.2f} | {part.kappa:.2f} | {part.top_two:.2f} "
            f"| {largest} {part.shares[largest]:.2f} |"
        )
    return "\n".join([*lines, "", f"ICC: {_row(result.icc)}", ""])


def _row(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {figure:.2f}" for name, figure in figures.items())
