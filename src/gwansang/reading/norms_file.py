"""An operator's own norms as one JSON file: what `gwansang calibrate` writes and NORMS_PATH names.

The rows are those of the shipped norms.json; the scales of the scores stand in the same file, and `measuring` says for
which definitions of the measures it was made, because a norm must never be held against another measure.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from gwansang.reading.elements import ELEMENTS
from gwansang.reading.measurements import MEASURE_VERSION, MEASURES_BY_KEY
from gwansang.reading.model import ENERGIES, Energy
from gwansang.reading.norms import Norm, Norms
from gwansang.reading.scores import Moments, Scales, default_scales

_ORDER = ("p05", "p25", "median", "p75", "p95")
_TELLS_MOST = 3  # names in a sentence


class NormsFileError(ValueError):
    """A norms file can't be used; the message is one sentence that says why and what to do."""


def load_norms(path: Path) -> Norms:
    """The norms of a file; raises NormsFileError where it is absent, broken, incomplete or of another version."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text file"
        raise NormsFileError(f"{path} can't be read ({reason}); name a file that `gwansang calibrate` wrote") from error
    try:
        return parse_norms(text)
    except NormsFileError as error:
        raise NormsFileError(f"{path} can't be used as norms: {error}") from error


def parse_norms(text: str) -> Norms:
    """The norms of a file's text; raises NormsFileError."""
    try:
        data: object = json.loads(text)
    except ValueError as error:
        raise NormsFileError("it is no JSON; make it anew with `gwansang calibrate`") from error
    table = _table(data, "the file")
    if table.get("measuring") != MEASURE_VERSION:
        raise NormsFileError(
            f"it was made for measuring version {table.get('measuring')} and this is version {MEASURE_VERSION}; "
            "make it anew with `gwansang calibrate`"
        )
    measures = _table(table.get("measures"), "measures")
    _complete(measures, MEASURES_BY_KEY, "measures")
    return Norms(
        id=_words(table, "id"),
        n=_count(table, "n"),
        provenance=_words(table, "provenance"),
        measures={key: _norm(key, measures[key]) for key in MEASURES_BY_KEY},
        scales=_scales(_table(table.get("scales"), "scales")),
    )


def format_norms(norms: Norms) -> str:
    """The file of these norms; `parse_norms` gives them back."""
    rows = {
        key: {"sd": norm.sd, **dict(zip(_ORDER, norm.percentiles, strict=True))} for key, norm in norms.measures.items()
    }
    head = {"id": norms.id, "measuring": MEASURE_VERSION, "n": norms.n, "provenance": norms.provenance}
    body = {**head, "measures": rows, "scales": norms.scales}
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def _table(value: object, name: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise NormsFileError(f"{name} must be a JSON object")
    return value


def _complete(table: Mapping[str, object], wanted: Iterable[str], name: str) -> None:
    missing = [key for key in wanted if key not in table]
    if missing:
        more = " and others" if len(missing) > _TELLS_MOST else ""
        raise NormsFileError(f"{name} lacks {', '.join(missing[:_TELLS_MOST])}{more}")


def _words(table: Mapping[str, object], name: str) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not value.strip():
        raise NormsFileError(f"{name} must be a text")
    return value


def _count(table: Mapping[str, object], name: str) -> int:
    value = table.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise NormsFileError(f"{name} must be a whole number of people")
    return value


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise NormsFileError(f"{name} must be a number")
    return float(value)


def _rising(values: Sequence[float], name: str) -> None:
    if any(low >= high for low, high in pairwise(values)):
        raise NormsFileError(f"{name} must rise from one figure to the next")


def _positive(value: object, name: str) -> float:
    number = _number(value, name)
    if number <= 0:
        raise NormsFileError(f"{name} must be more than 0")
    return number


def _norm(key: str, value: object) -> Norm:
    row = _table(value, key)
    _complete(row, (*_ORDER, "sd"), key)
    low, lower, median, upper, high = (_number(row[name], f"{key}.{name}") for name in _ORDER)
    _rising((low, lower, median, upper, high), f"the percentiles of {key}")
    return Norm(median, _positive(row["sd"], f"{key}.sd"), (low, lower, median, upper, high))


def _scales(table: Mapping[str, object]) -> Scales:
    shipped = default_scales()
    energies = _table(table.get("energies"), "scales.energies")
    _complete(energies, ENERGIES, "scales.energies")
    offsets = _table(table.get("element_offsets"), "scales.element_offsets")
    _complete(offsets, ELEMENTS, "scales.element_offsets")
    return {
        "source": _words(table, "source"),
        "energies": {energy: _knots(energy, energies[energy], len(shipped["energies"][energy])) for energy in ENERGIES},
        "harmony": _centres(table, "harmony", shipped["harmony"]),
        "asymmetry": _centres(table, "asymmetry", shipped["asymmetry"]),
        "elements": _centres(table, "elements", shipped["elements"]),
        "element_offsets": {name: _number(offsets[name], f"element_offsets.{name}") for name in ELEMENTS},
    }


def _knots(energy: Energy, value: object, count: int) -> list[float]:
    if not isinstance(value, list) or len(value) != count:
        raise NormsFileError(f"scales.energies.{energy} must be {count} numbers")
    knots = [_number(one, f"scales.energies.{energy}") for one in value]
    _rising(knots, f"scales.energies.{energy}")
    return knots


def _centres(table: Mapping[str, object], name: str, wanted: Iterable[str]) -> dict[str, Moments]:
    rows = _table(table.get(name), f"scales.{name}")
    _complete(rows, wanted, f"scales.{name}")
    centres: dict[str, Moments] = {}
    for key in wanted:
        row = _table(rows[key], f"scales.{name}.{key}")
        place = f"scales.{name}.{key}"
        centres[key] = {
            "mean": _number(row.get("mean"), f"{place}.mean"),
            "sd": _positive(row.get("sd"), f"{place}.sd"),
        }
    return centres
