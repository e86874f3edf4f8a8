"""Writes the data files of the reading that go with measured values of people: `fit`.

taxonomy.json    the shipped one with the rules of rules.json
measures.json    norms that are balanced over sexes and origins, and correlations of that population
truth.json       sharpness; by measure r with hand marks and the usual declared error in SDs of the norms
gate.json        keys; covariances between photos of one person and between strangers of one sex
scores.json      weights by measure of scores, elements and archetypes, and `scales`: moments and offsets of all sums
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from calibration.scores.belief import fit_truth, truth_rows
from calibration.scores.gate import fit_gate
from calibration.scores.meanings import fit_weights
from calibration.scores.norms import population_correlations, shipped_norms
from calibration.scores.rules import rated_parts
from calibration.scores.sample import KEYS, SCORED, Sample, Table
from gwansang.reading.calibration import fit_scales

_FACES, _SEED = 8000, 2026
_NORMS = "portraits-2026"
_LINE = 500  # characters of a table that stays on one line
_SOURCE = (
    "{people} portraits (Face Research Lab: London Set, CC BY 4.0; young adult white faces, CC BY 4.0), measured by "
    "models that had not seen them, women and men alike; half of the norms moved by the published difference of East "
    "Asian adults (published_norms.csv). Aggregate figures only."
)


def write_data_files(sample: Sample, folder: Path) -> None:
    """Fit everything on a sample and write the five files into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    source = _SOURCE.format(people=len(sample))
    rows, correlations, truth = shipped_norms(sample), population_correlations(sample), fit_truth(sample)
    weights = fit_weights(sample, rated_parts()).by_key()
    places = f"{_FACES} simulated faces in the norms {_NORMS}, seed {_SEED}. {source}"
    scales = fit_scales(weights, correlations, _FACES, _SEED, places)
    gate = fit_gate(sample, np.array([row["sd"] for row in rows.values()]), truth)
    _write(folder / "taxonomy.json", _taxonomy())
    norms = {"id": _NORMS, "n": len(sample), "provenance": source, "measures": rows}
    population = {"source": source, "keys": KEYS, "correlations": _rounded(correlations, 3)}
    _write(folder / "measures.json", {"norms": norms, "population": population})
    _write(folder / "truth.json", {"source": source, "sharpness": truth.sharpness, "measures": truth_rows(truth)})
    covariances = {"same": _rounded(gate.same, 4), "people": _rounded(gate.people, 4)}
    _write(folder / "gate.json", {"source": source, "keys": SCORED, **covariances})
    sums = asdict(weights)
    _write(folder / "scores.json", {"source": source, "weights": sums.pop("scores"), **sums, "scales": scales})


def _taxonomy() -> dict[str, Any]:
    content = _shipped("taxonomy")
    for row, part in zip(content["parts"], rated_parts(), strict=True):
        row["measures"] = list(part.measures)
        for shape, rated in zip(row["classes"], part.classes, strict=True):
            shape["rule"] = rated.rule
    return content


def _rounded(table: Table, digits: int) -> list[list[float]]:
    rows: list[list[float]] = np.round(table, digits).tolist()
    return rows


def _shipped(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((files("gwansang.reading.knowledge") / f"{name}.json").read_bytes())
    return content


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(_format(content) + "\n", encoding="utf-8")


def _format(node: object, depth: int = 0) -> str:
    """Return JSON with short tables on a line each, so that a change of figures reads well in a diff."""
    line = json.dumps(node, ensure_ascii=False)
    if (depth and len(line) <= _LINE) or not isinstance(node, Mapping | list | tuple):
        return line
    margin, end = " " * (depth + 1), " " * depth
    if isinstance(node, Mapping):
        rows = (f"{margin}{json.dumps(key)}: {_format(entry, depth + 1)}" for key, entry in node.items())
        return "{\n" + ",\n".join(rows) + f"\n{end}}}"
    return "[\n" + ",\n".join(f"{margin}{_format(entry, depth + 1)}" for entry in node) + f"\n{end}]"
