"""Writes the data files of the reading that go with measured values of people: `fit`.

taxonomy.json    the shipped one with the rules of rules.json
measures.json    the shipped errors, norms that are balanced over sexes and origins, correlations of that population
truth.json       sharpness; by measure r with hand marks and the usual declared error in SDs of the norms
gate.json        keys; covariances between photos of one person and between strangers of one sex
archetypes.json  the shipped one without mean, sd and offset, which scores.json has
scores.json      weights by measure of scores, elements and archetypes, and `scales`: moments and offsets of all sums
"""

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from calibration.scores.belief import SHARPNESS, fit_truth
from calibration.scores.fair_weights import Vector
from calibration.scores.gate import fit_gate
from calibration.scores.meanings import Weights, fit_weights
from calibration.scores.norms import population_correlations, shipped_norms
from calibration.scores.rules import rated_parts
from calibration.scores.sample import KEYS, SCORED, Sample, Table
from calibration.scores.scales import Scale, Scales, fit_scales

_FACES, _SEED = 8000, 2026
_NORMS = "portraits-2026"
_SOURCE = (
    "{people} portraits (Face Research Lab: London Set, CC BY 4.0; young adult white faces, CC BY 4.0), measured by "
    "models that had not seen them, women and men alike; half of the norms moved by the published difference of East "
    "Asian adults (published_norms.csv). Aggregate figures only."
)


def write_data_files(sample: Sample, folder: Path) -> None:
    """Fit everything on a sample and write the six files into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    source = _SOURCE.format(people=len(sample))
    rows, correlations, truth = shipped_norms(sample), population_correlations(sample), fit_truth(sample)
    weights = fit_weights(sample, rated_parts())
    scales = fit_scales(weights, correlations, _FACES, _SEED)
    gate = fit_gate(sample, np.array([row["sd"] for row in rows.values()]), truth)
    _write(folder / "taxonomy.json", _taxonomy())
    _write(folder / "archetypes.json", _archetypes())
    norms = {"id": _NORMS, "n": len(sample), "provenance": source, "measures": rows}
    population = {"source": source, "keys": KEYS, "correlations": _rounded(correlations, 3)}
    measures = {"errors": _shipped("measures")["errors"], "norms": norms, "population": population}
    _write(folder / "measures.json", measures)
    _write(folder / "truth.json", {"source": source, "sharpness": SHARPNESS, "measures": truth.rows()})
    covariances = {"same": _rounded(gate.same, 4), "people": _rounded(gate.people, 4)}
    _write(folder / "gate.json", {"source": source, "keys": SCORED, **covariances})
    places = f"{_FACES} simulated faces in the norms {_NORMS}, seed {_SEED}. {source}"
    _write(folder / "scores.json", {"source": source, **_weights(weights), "scales": _scales(scales, places)})


def _taxonomy() -> dict[str, Any]:
    content = _shipped("taxonomy")
    for row, part in zip(content["parts"], rated_parts(), strict=True):
        row["measures"] = list(part.measures)
        for shape, rated in zip(row["classes"], part.classes, strict=True):
            shape["rule"] = rated.rule
    return content


def _archetypes() -> dict[str, Any]:
    content = _shipped("archetypes")
    for row in content["archetypes"]:
        for name in ("mean", "sd", "offset"):
            row.pop(name, None)
    content["source"] = content["source"].split(" mean, sd and offset")[0]
    return content


def _weights(weights: Weights) -> dict[str, dict[str, dict[str, float]]]:
    return {
        "weights": _by_key(weights.scores),
        "elements": _by_key(weights.elements),
        "archetypes": _by_key(weights.archetypes),
    }


def _by_key(rows: Mapping[str, Vector]) -> dict[str, dict[str, float]]:
    return {name: dict(zip(SCORED, np.round(row, 4).tolist(), strict=True)) for name, row in rows.items()}


def _scales(scales: Scales, source: str) -> dict[str, Any]:
    return {
        "source": source,
        "scores": _moments(scales.scores),
        "palaces": _moments(scales.palaces),
        "elements": _moments(scales.elements),
        "element_offsets": _offsets(scales.elements),
        "archetypes": _moments(scales.archetypes),
        "archetype_offsets": _offsets(scales.archetypes),
    }


def _moments(scale: Scale) -> dict[str, dict[str, float]]:
    return {name: {"mean": 0.0, "sd": round(float(sd), 4)} for name, sd in zip(scale.names, scale.sds, strict=True)}


def _offsets(scale: Scale) -> dict[str, float]:
    return dict(zip(scale.names, np.round(scale.offsets, 3).tolist(), strict=True))


def _rounded(table: Table, digits: int) -> list[list[float]]:
    rows: list[list[float]] = np.round(table, digits).tolist()
    return rows


def _shipped(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((files("gwansang.reading.knowledge") / f"{name}.json").read_bytes())
    return content


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
