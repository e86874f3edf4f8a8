"""The figures that a reading needs beside the face model: norms, errors, how measures go together."""

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
_WIDENED = 1.2  # a studio's fifty volunteers differ less than everybody does
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
_SHRUNK = 0.25  # of the correlations: fifty people don't tell them better
_LEAST_NOISE = 0.4  # of a pair's whole difference


def values(measures: Measures) -> Points:
    return np.array([measures.values[key].value for key in KEYS])


def raw(mesh: Points) -> Points:
    """The measures of a mesh as they stand, (31,)."""
    return values(measure_face(mesh, CaptureConditions()))


def norms(people: Sequence[Person], pairs: Pairs, path: Path) -> dict[str, object]:
    """A mixture: two parts of these people, one part of published medians of East Asian adults, carried over.

    The published figures were made without correction. Each is carried over by the line on which the corrected measure
    of these people follows their uncorrected one; a smile in half of the published photos is taken out by the medians
    of the closed mouths among them.
    """
    calm = np.array([values(neutral) for neutral, _ in pairs])
    plain = np.array([raw(symmetrize(person.neutral.frontal)) for person in people])
    published = _read_published(path)
    rows = {}
    for j, key in enumerate(KEYS):
        own, seen = calm[:, j], plain[:, j]
        slope = float(np.cov(own, seen)[0, 1] / seen.var(ddof=1))
        here = float(np.median(own))
        there = published.get(key)
        if there is None:  # a new measure
            rows[key] = _row(here, _WIDENED * float(own.std(ddof=1)))
            continue
        shift = (there["east_asian_median"] - there["all_median"]) * there["closed_sd"] / there["all_sd"]
        carried = own.mean() + slope * (there["closed_median"] + shift - seen.mean())
        middle = _OWN_SHARE * here + (1 - _OWN_SHARE) * carried
        between = (_OWN_SHARE * (1 - _OWN_SHARE)) ** 0.5 * (here - carried)
        rows[key] = _row(middle, _WIDENED * float(np.hypot(own.std(ddof=1), between)))
    return {
        "id": "mixture-2026",
        "n": len(people) + 598,
        "provenance": _NORMS_FROM.format(people=len(people)),
        "measures": rows,
    }


def _read_published(path: Path) -> dict[str, dict[str, float]]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {row.pop("key"): {name: float(cell) for name, cell in row.items()} for row in csv.DictReader(lines)}


def _row(middle: float, sd: float) -> dict[str, float]:
    shares = {"p05": 0.05, "p25": 0.25, "p75": 0.75, "p95": 0.95}
    tails = {name: middle + sd * NormalDist().inv_cdf(share) for name, share in shares.items()}
    return {name: float(f"{number:.5g}") for name, number in {"median": middle, "sd": sd, **tails}.items()}


def errors(people: Sequence[Person], pairs: Pairs, model: FaceModel) -> dict[str, object]:
    """What moves a corrected measure from photo to photo: fitted to the squared differences of the pairs."""
    change = np.array([values(smiling) - values(neutral) for neutral, smiling in pairs])
    smile = np.array([person.smiling.quality.smile - person.neutral.quality.smile for person in people])
    gap = np.array([person.smiling.quality.mouth_gap - person.neutral.quality.mouth_gap for person in people])
    design = np.column_stack([np.full(len(people), 2.0), smile**2, gap**2])
    at_rest = raw(model.mean)
    nearer = np.abs(raw(model.mean + model.nearness * (1 / 35 - 1 / 150)) - at_rest)
    nods = np.array([raw(model.mean + 5 * (person.per_pitch_degree - model.pitch)) - at_rest for person in people]) / 5
    rows = {}
    for j, key in enumerate(KEYS):
        squares = change[:, j] ** 2
        shares = _non_negative(design, squares)
        noise = max(shares[0], (_LEAST_NOISE**2) * squares.mean() / 2) ** 0.5
        old = sensitivities()[key]
        row = {
            "noise": noise,
            "pitch": float(nods[:, j].std()),
            "yaw": old.yaw,  # renewed by hand: it comes from the canonical face, not from photos
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
    """Least squares without negative coefficients, by trying the subsets (three columns have seven)."""
    best, least = np.zeros(design.shape[1]), float("inf")
    for mask in range(1, 1 << design.shape[1]):
        columns = [index for index in range(design.shape[1]) if mask >> index & 1]
        found = np.linalg.lstsq(design[:, columns], target, rcond=None)[0]
        full = np.zeros(design.shape[1])
        full[columns] = found
        left = float(((design @ full - target) ** 2).sum())
        if (found >= 0).all() and left < least:
            best, least = full, left
    return best


def population(people: Sequence[Person], pairs: Pairs) -> dict[str, object]:
    calm = np.array([values(neutral) for neutral, _ in pairs])
    together = (1 - _SHRUNK) * np.corrcoef(calm.T) + _SHRUNK * np.eye(len(KEYS))
    uneven = [measure_asymmetry(person.neutral.neutral) for person in people]
    centres = {}
    for region in uneven[0]:
        logs = np.log([face[region] for face in uneven])
        middle = float(np.median(logs))
        centres[region] = {"mean": round(middle, 3), "sd": round(1.4826 * float(np.median(np.abs(logs - middle))), 3)}
    return {
        "source": _POPULATION_FROM.format(people=len(people)),
        "keys": list(KEYS),
        "correlations": [[round(cell, 2) for cell in row] for row in together.tolist()],
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
