"""An operator's own norms as one JSON file, written by `gwansang calibrate` and named by NORMS_PATH.

It has the rows of the shipped norms, the scales of the scores, and in `measuring` the version of the measures it was
made for, because a norm must never be compared with another measure.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from gwansang.reading.measurements import MEASURE_VERSION, MEASURES_BY_KEY
from gwansang.reading.norms import Norm, Norms
from gwansang.reading.scores import Moments, Scales, default_scales

_ORDER = ("p05", "p25", "median", "p75", "p95")
_MAX_NAMES = 3  # in an error message


class NormsFileError(ValueError):
    """A norms file can't be used; the message is one sentence with the reason and the remedy."""


def load_norms(path: Path) -> Norms:
    """Load norms; raise NormsFileError if the file is absent, broken, incomplete or of another version."""
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
    """Parse the text of a norms file; raise NormsFileError."""
    try:
        data: object = json.loads(text)
    except ValueError as error:
        raise NormsFileError("it is no JSON; make it anew with `gwansang calibrate`") from error
    table = _object(data, "the file")
    if table.get("measuring") != MEASURE_VERSION:
        raise NormsFileError(
            f"it was made for measuring version {table.get('measuring')} and this is version {MEASURE_VERSION}; "
            "make it anew with `gwansang calibrate`"
        )
    measures = _object(table.get("measures"), "measures")
    _require_keys(measures, MEASURES_BY_KEY, "measures")
    return Norms(
        id=_text(table, "id"),
        n=_count(table, "n"),
        provenance=_text(table, "provenance"),
        measures={key: _norm(key, measures[key]) for key in MEASURES_BY_KEY},
        scales=_scales(_object(table.get("scales"), "scales")),
    )


def format_norms(norms: Norms) -> str:
    """Return the text of a norms file, the inverse of `parse_norms`."""
    rows = {
        key: {"sd": norm.sd, **dict(zip(_ORDER, norm.percentiles, strict=True))} for key, norm in norms.measures.items()
    }
    head = {"id": norms.id, "measuring": MEASURE_VERSION, "n": norms.n, "provenance": norms.provenance}
    body = {**head, "measures": rows, "scales": norms.scales}
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def _object(value: object, name: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise NormsFileError(f"{name} must be a JSON object")
    return value


def _require_keys(table: Mapping[str, object], keys: Iterable[str], name: str) -> None:
    missing = [key for key in keys if key not in table]
    if missing:
        more = " and others" if len(missing) > _MAX_NAMES else ""
        raise NormsFileError(f"{name} lacks {', '.join(missing[:_MAX_NAMES])}{more}")


def _text(table: Mapping[str, object], name: str) -> str:
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


def _require_rising(values: Sequence[float], name: str) -> None:
    if any(low >= high for low, high in pairwise(values)):
        raise NormsFileError(f"{name} must rise from one figure to the next")


def _positive(value: object, name: str) -> float:
    number = _number(value, name)
    if number <= 0:
        raise NormsFileError(f"{name} must be more than 0")
    return number


def _norm(key: str, value: object) -> Norm:
    row = _object(value, key)
    _require_keys(row, (*_ORDER, "sd"), key)
    low, lower, median, upper, high = (_number(row[name], f"{key}.{name}") for name in _ORDER)
    _require_rising((low, lower, median, upper, high), f"the percentiles of {key}")
    return Norm(median, _positive(row["sd"], f"{key}.sd"), (low, lower, median, upper, high))


def _scales(table: Mapping[str, object]) -> Scales:
    shipped = default_scales()
    return {
        "source": _text(table, "source"),
        "scores": _moments(table, "scores", shipped["scores"]),
        "palaces": _moments(table, "palaces", shipped["palaces"]),
        "elements": _moments(table, "elements", shipped["elements"]),
        "element_offsets": _numbers(table, "element_offsets", shipped["element_offsets"]),
        "archetypes": _moments(table, "archetypes", shipped["archetypes"]),
        "archetype_offsets": _numbers(table, "archetype_offsets", shipped["archetype_offsets"]),
    }


def _numbers(table: Mapping[str, object], name: str, keys: Iterable[str]) -> dict[str, float]:
    row = _object(table.get(name), f"scales.{name}")
    _require_keys(row, keys, f"scales.{name}")
    return {key: _number(row[key], f"scales.{name}.{key}") for key in keys}


def _moments(table: Mapping[str, object], name: str, keys: Iterable[str]) -> dict[str, Moments]:
    rows = _object(table.get(name), f"scales.{name}")
    _require_keys(rows, keys, f"scales.{name}")
    return {key: _moments_of(rows[key], f"scales.{name}.{key}") for key in keys}


def _moments_of(value: object, name: str) -> Moments:
    row = _object(value, name)
    return {"mean": _number(row.get("mean"), f"{name}.mean"), "sd": _positive(row.get("sd"), f"{name}.sd")}
