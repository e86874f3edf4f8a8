"""Tables of constants that a reading needs besides the face model: norms, errors, correlations of measures."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import NormalDist

import numpy as np

from calibration.face_model import Person
from gwansang.reading.asymmetry import measure_asymmetry
from gwansang.reading.measurement_error import sensitivities
from gwansang.reading.measurements import MEASURE_TABLE, Measures, measure_face
from gwansang.reading.model import CaptureConditions
from gwansang.vision.correction import FaceModel, symmetrize
from gwansang.vision.face import Points

KEYS = tuple(row.key for row in MEASURE_TABLE)
Pairs = Sequence[tuple[Measures, Measures]]
_OWN_SHARE = 2 / 3
_WIDENING = 1.2  # fifty volunteers of a studio differ less than the population
_NORMS_FROM = (
    "Two parts of {people} neutral portraits (Face Research Lab London Set, DeBruine and Jones 2017, CC BY 4.0), "
    "corrected by models that had not seen them, and one part of published robust medians of 598 East Asian adults of "
    "18-50 (UTKFace), carried over to corrected measures along the line of the former; spread widened by a fifth. "
    "Aggregate figures only: no photo, no person and no group is used by the product."
)
_ERRORS_FROM = (
    "Corrected measures, each in its own unit. noise, smile, mouth: fitted to the squared differences of {people} "
    "people photographed neutral and smiling (Face Research Lab London Set, CC BY 4.0), corrected by models that had "
    "not seen them; smile is for a full smile, mouth for an inner lip gap of a mouth width. pitch: SD between people "
    "of the change per degree that is left after the correction, from a virtual camera. near: change from 150 cm to "
    "35 cm that the correction takes out. yaw: 0.15 of the change per degree when the canonical face is turned and not "
    "turned back. fringe: our estimate. Aggregate figures only."
)
_POPULATION_FROM = (
    "Correlations of corrected measures over {people} neutral portraits (Face Research Lab London Set, CC BY 4.0), "
    "shrunk by a quarter towards none; asymmetry: median and robust SD of the logarithm of the left-right difference "
    "by region, same portraits. Aggregate figures only."
)
_SHRINKAGE = 0.25  # of the correlations, which fifty people give no more precisely
_MIN_NOISE = 0.4  # of a pair's whole difference


def values(measures: Measures) -> Points:
    return np.array([measures.values[key].value for key in KEYS])


def raw(mesh: Points) -> Points:
    """Return the measures (31,) of a mesh, uncorrected for the photo's conditions."""
    return values(measure_face(mesh, CaptureConditions()))


def norms(people: Sequence[Person], pairs: Pairs, path: Path) -> dict[str, object]:
    """Return norms from two parts of these people and one part of published medians of East Asian adults.

    The published figures were made without correction. Each is converted by the regression of these people's corrected
    measure on their uncorrected one; the smiles in half of the published photos are removed with the medians of the
    closed mouths.
    """
    corrected = np.array([values(neutral) for neutral, _ in pairs])
    uncorrected = np.array([raw(symmetrize(person.neutral.frontal)) for person in people])
    published = _read_published(path)
    rows = {}
    for j, key in enumerate(KEYS):
        own, own_uncorrected = corrected[:, j], uncorrected[:, j]
        slope = float(np.cov(own, own_uncorrected)[0, 1] / own_uncorrected.var(ddof=1))
        own_median = float(np.median(own))
        row = published.get(key)
        if row is None:  # a new measure
            rows[key] = _row(own_median, _WIDENING * float(own.std(ddof=1)))
            continue
        shift = (row["east_asian_median"] - row["all_median"]) * row["closed_sd"] / row["all_sd"]
        converted = own.mean() + slope * (row["closed_median"] + shift - own_uncorrected.mean())
        median = _OWN_SHARE * own_median + (1 - _OWN_SHARE) * converted
        between = (_OWN_SHARE * (1 - _OWN_SHARE)) ** 0.5 * (own_median - converted)
        rows[key] = _row(median, _WIDENING * float(np.hypot(own.std(ddof=1), between)))
    return {
        "id": "mixture-2026",
        "n": len(people) + 598,
        "provenance": _NORMS_FROM.format(people=len(people)),
        "measures": rows,
    }


def _read_published(path: Path) -> dict[str, dict[str, float]]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {row.pop("key"): {name: float(cell) for name, cell in row.items()} for row in csv.DictReader(lines)}


def _row(median: float, sd: float) -> dict[str, float]:
    shares = {"p05": 0.05, "p25": 0.25, "p75": 0.75, "p95": 0.95}
    tails = {name: median + sd * NormalDist().inv_cdf(share) for name, share in shares.items()}
    return {name: float(f"{number:.5g}") for name, number in {"median": median, "sd": sd, **tails}.items()}


def errors(people: Sequence[Person], pairs: Pairs, model: FaceModel) -> dict[str, object]:
    """Return the errors of corrected measures between photos, fitted to the squared differences of the pairs."""
    change = np.array([values(smiling) - values(neutral) for neutral, smiling in pairs])
    smile = np.array([person.smiling.quality.smile - person.neutral.quality.smile for person in people])
    gap = np.array([person.smiling.quality.mouth_gap - person.neutral.quality.mouth_gap for person in people])
    design = np.column_stack([np.full(len(people), 2.0), smile**2, gap**2])
    mean = raw(model.mean)
    nearer = np.abs(raw(model.mean + model.nearness * (1 / 35 - 1 / 150)) - mean)
    nods = np.array([raw(model.mean + 5 * (person.per_pitch_degree - model.pitch)) - mean for person in people]) / 5
    rows = {}
    for j, key in enumerate(KEYS):
        squares = change[:, j] ** 2
        shares = _non_negative(design, squares)
        noise = max(shares[0], (_MIN_NOISE**2) * squares.mean() / 2) ** 0.5
        old = sensitivities()[key]
        row = {
            "noise": noise,
            "pitch": float(nods[:, j].std()),
            "yaw": old.yaw,  # not recomputed: it comes from the canonical face, not from photos
            "near": float(nearer[j]),
            "smile": shares[1] ** 0.5,
            "mouth": shares[2] ** 0.5,
            "fringe": old.fringe,
        }
        rows[key] = {name: float(f"{number:.3g}") for name, number in row.items()}
    return {
        "source": _ERRORS_FROM.format(people=len(people)),
        "measures": rows,
    }


def _non_negative(design: Points, target: Points) -> Points:
    """Return the non-negative least-squares solution by trying all subsets of columns (seven of three)."""
    best, best_residual = np.zeros(design.shape[1]), float("inf")
    for mask in range(1, 1 << design.shape[1]):
        columns = [index for index in range(design.shape[1]) if mask >> index & 1]
        solution = np.linalg.lstsq(design[:, columns], target, rcond=None)[0]
        full = np.zeros(design.shape[1])
        full[columns] = solution
        residual = float(((design @ full - target) ** 2).sum())
        if (solution >= 0).all() and residual < best_residual:
            best, best_residual = full, residual
    return best


def population(people: Sequence[Person], pairs: Pairs) -> dict[str, object]:
    corrected = np.array([values(neutral) for neutral, _ in pairs])
    correlations = (1 - _SHRINKAGE) * np.corrcoef(corrected.T) + _SHRINKAGE * np.eye(len(KEYS))
    asymmetries = [measure_asymmetry(person.neutral.neutral) for person in people]
    centres = {}
    for region in asymmetries[0]:
        logs = np.log([face[region] for face in asymmetries])
        middle = float(np.median(logs))
        centres[region] = {"mean": round(middle, 3), "sd": round(1.4826 * float(np.median(np.abs(logs - middle))), 3)}
    return {
        "source": _POPULATION_FROM.format(people=len(people)),
        "keys": list(KEYS),
        "correlations": [[round(cell, 2) for cell in row] for row in correlations.tolist()],
        "asymmetry": centres,
    }


def write(table: Mapping[str, object], path: Path, section: str) -> None:
    """Replace a section of a JSON file, with one row a line, so that a change of figures reads well in a diff."""
    content = json.loads(path.read_bytes())
    path.write_text(_format({**content, section: table}) + "\n", encoding="utf-8")


def _format(node: object, depth: int = 0) -> str:
    nested = node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ()
    if not any(isinstance(entry, Mapping | list) for entry in nested):
        return json.dumps(node, ensure_ascii=False)
    margin, end = " " * (depth + 1), " " * depth
    if isinstance(node, Mapping):
        rows = (f"{margin}{json.dumps(key)}: {_format(entry, depth + 1)}" for key, entry in node.items())
        return "{\n" + ",\n".join(rows) + f"\n{end}}}"
    return "[\n" + ",\n".join(f"{margin}{_format(entry, depth + 1)}" for entry in nested) + f"\n{end}]"
