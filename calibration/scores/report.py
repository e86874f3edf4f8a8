"""The figures of issue 11 as a table and as JSON: `evaluate`."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from calibration.scores import figures
from calibration.scores.figures import Figure, Figures
from calibration.scores.held_out import FOLDS, read_held_out
from calibration.scores.meanings import fit_weights
from calibration.scores.rules import rated_parts
from calibration.scores.sample import Sample, load_groups
from gwansang.reading.taxonomy import Part

_LARGEST_D = 0.5  # that issue 11 allows between two groups
_MEETS = 0.3


def evaluate(
    sample: Sample, groups: Path | None = None, rules: Sequence[tuple[Part, ...]] | None = None
) -> dict[str, Any]:
    """Return all figures as an object for JSON.

    groups: GROUPS.npz, for evaluation only; rules: the parts for each fold, else those of rules.json for all.
    """
    by_fold = rules or [rated_parts()] * FOLDS
    readings = read_held_out(sample, by_fold)
    summary = figures.class_figures(readings)
    for name, photos in (("neutral", readings.neutral), ("smiling", readings.smiling)):
        summary |= figures.probability_figures(readings, photos, name)
    summary |= figures.score_figures(readings) | figures.spread_figures(readings) | figures.gate_figures(readings)
    outside = figures.decided_parts(readings.unknown_origin)
    summary["parts decided, origin of the photo unknown"] = Figure(float(outside.mean()))
    content: dict[str, Any] = {
        "people": len(sample),
        "parts": figures.part_kappas(readings),
        "unused_classes": figures.unused_classes(readings),
        "leads": figures.leads(readings),
    }
    if groups is not None:
        names, means = load_groups(groups)
        content["groups"] = figures.group_figures(sample, names, means, fit_weights(sample, by_fold[0]))
        summary |= _group_summary(content["groups"])
    return content | {"figures": {name: _row(figure) for name, figure in summary.items()}}


def _group_summary(groups: Mapping[str, Mapping[str, float]]) -> Figures:
    return {
        f"{name}: largest predicted d of two groups": Figure(groups[name]["largest"], None, f"<= {_LARGEST_D}")
        for name in figures.SCORES
    }


def _row(figure: Figure) -> dict[str, Any]:
    interval = [round(bound, 3) for bound in figure.interval] if figure.interval else None
    return {"value": round(figure.value, 3), "interval": interval, "target": figure.target, "reached": reached(figure)}


def reached(figure: Figure) -> bool | None:
    """Return True if a figure reaches its target, None without a target."""
    if not figure.target:
        return None
    if figure.target.startswith("meets"):
        low, high = figure.interval or (figure.value, figure.value)
        return low <= _MEETS and high >= -_MEETS
    sign, bound = figure.target.split()
    if math.isnan(figure.value):
        return False
    compare = {">=": figure.value >= float(bound), ">": figure.value > float(bound), "<=": figure.value <= float(bound)}
    return compare[sign]


def format_table(content: Mapping[str, Any]) -> str:
    """Return the figures as a Markdown table; a missed target is named as such."""
    lines = [f"{content['people']} people, each judged by a fit on others; 90 % intervals over people.", ""]
    lines += ["| figure | reached | 90 % | target | |", "|---|---|---|---|---|"]
    for name, row in content["figures"].items():
        interval = "{:.3f} to {:.3f}".format(*row["interval"]) if row["interval"] else ""
        verdict = "missed" if row["reached"] is False else ""
        lines.append(f"| {name} | {row['value']:.3f} | {interval} | {row['target']} | {verdict} |")
    return "\n".join([*lines, ""])


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """Write the figures as JSON; NaN becomes null."""
    path.write_text(json.dumps(_without_nan(content), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _without_nan(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, Mapping):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
