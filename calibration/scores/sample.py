"""Measures of people from MEASURES.npz, as tables (people, 31) in the order of KEYS.

MEASURES.npz has one row for each photo, n in all, and belongs to no repository: it is data of people.

    person        (n,) id; the folds follow the order in which people first appear
    photo         (n,) "neutral" once for each person, "smiling" at most once; any other name is a retake of the neutral
                  photo (nearer, turned, smaller, compressed)
    sex           (n,) "female" or "male"
    group         (n,) origin, such as "east_asian"; may be empty
    studio        (n,) set that the photo is from
    keys          (24,) measures that hand marks show, and "L-M" for log(lower / middle zone)
    extra_keys    (6,) FW FH TP NR CF U, which nobody marks
    measured      (n, 24) by models that had not seen the person, all on one scale
    error         (n, 24) their declared errors
    hand          (n, 24) of the person's hand marks on the neutral photo
    extras        (n, 6) measured values of the extra keys
    mesh          (n, 24), optional: measured by the vertices of the mesh alone; read in neutral rows
    mesh_extras   (n, 6), with `mesh`: the same of the extra keys

GROUPS.npz has mean faces of groups, for evaluation only: names (g,), keys (24,), measured (g, 24), extra_keys (6,),
extras (g, 6), all of the vertices alone.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gwansang.reading.hand_marks import LOWER_TO_MIDDLE
from gwansang.reading.measurements import MEASURES_BY_KEY

Table = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]

KEYS = tuple(MEASURES_BY_KEY)
INDEX = {key: index for index, key in enumerate(KEYS)}
UNMARKED = ("FW", "FH", "TP", "NR", "CF", "U")
UNMARKED_COLUMNS = [INDEX[key] for key in UNMARKED]
SCORED = tuple(key for key in KEYS if key not in (*UNMARKED, "CJ", "M"))
"""Measures that a weight may rest on: those that hand marks show; L stands for M as well, and CJ is 1 / JW."""
SCORED_COLUMNS = [INDEX[key] for key in SCORED]
_REQUIRED = ("person", "photo", "sex", "group", "studio", "keys", "extra_keys", "measured", "error", "hand", "extras")


class SampleError(ValueError):
    """MEASURES.npz or info.csv does not have the documented content."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Measures of n people, (n, 31) each; NaN without such a photo.

    mesh: NaN if the file has none; errors: declared, in units of the measure; reference: people of the studio with most
    groups, the only one in which groups are compared.
    """

    measured: Table
    smiling: Table
    hand: Table
    mesh: Table
    measured_error: Table
    smiling_error: Table
    retakes: Mapping[str, Table]
    women: Mask
    group: NDArray[np.str_]
    reference: Mask

    def __len__(self) -> int:
        return len(self.measured)

    @property
    def twice(self) -> Mask:
        """People with a smiling photo."""
        return np.isfinite(self.smiling[:, 0])

    def take(self, rows: Rows) -> "Sample":
        """Return some of the people."""
        return Sample(
            self.measured[rows],
            self.smiling[rows],
            self.hand[rows],
            self.mesh[rows],
            self.measured_error[rows],
            self.smiling_error[rows],
            {name: table[rows] for name, table in self.retakes.items()},
            self.women[rows],
            self.group[rows],
            self.reference[rows],
        )


def load_sample(path: Path, info: Path | None = None) -> Sample:
    """Load MEASURES.npz; info: a table whose sexes and origins replace those of the file. Raises SampleError."""
    with np.load(path) as file:
        data: dict[str, NDArray[np.generic]] = {name: file[name] for name in file.files}
    missing = [name for name in _REQUIRED if name not in data]
    if missing:
        raise SampleError(f"{path} lacks {', '.join(missing)}")
    if info is not None:
        _replace_groups(data, info)
    return build_sample(data)


def build_sample(data: Mapping[str, NDArray[np.generic]]) -> Sample:
    """Return the sample of the arrays of MEASURES.npz; raise SampleError if a person has no neutral photo."""
    person, photo = data["person"].astype(str), data["photo"].astype(str)
    people = list(dict.fromkeys(person.tolist()))
    rows = {(who, name): row for row, (who, name) in enumerate(zip(person.tolist(), photo.tolist(), strict=True))}
    if any((who, "neutral") not in rows for who in people):
        raise SampleError("each person needs a neutral photo")
    if len(rows) < len(person):
        raise SampleError("a person has two photos of one name")
    first = np.array([rows[who, "neutral"] for who in people])
    names = sorted(set(photo.tolist()) - {"neutral"})
    tables = {name: _photo_table(data, [rows.get((who, name)) for who in people]) for name in ["neutral", *names]}
    smiling = tables.pop("smiling", np.full((len(people), len(KEYS)), np.nan))
    measured = tables.pop("neutral")
    smiling_rows = [rows.get((who, "smiling")) for who in people]
    extras = _numbers(data, "extras")[first]
    usual = np.broadcast_to(np.median(extras, axis=0), extras.shape)
    errors = [_pick(_numbers(data, "error"), row) for row in (list(first), smiling_rows)]
    return Sample(
        measured=measured,
        smiling=smiling,
        hand=_table(data, _numbers(data, "hand")[first], usual),
        mesh=_mesh(data, first),
        measured_error=_spread_errors(errors[0], data, measured, smiling),
        smiling_error=_spread_errors(errors[1], data, measured, smiling),
        retakes=tables,
        women=data["sex"].astype(str)[first] == "female",
        group=np.array([name.strip().lower().replace(" ", "_") for name in data["group"].astype(str)[first]]),
        reference=_reference(data["studio"].astype(str)[first], data["group"].astype(str)[first]),
    )


def load_groups(path: Path) -> tuple[tuple[str, ...], Table]:
    """Return the names of the groups of GROUPS.npz and the measures of their mean faces, (g, 31)."""
    with np.load(path) as file:
        data: dict[str, NDArray[np.generic]] = {name: file[name] for name in file.files}
    return tuple(data["names"].astype(str)), _table(data, _numbers(data, "measured"), _numbers(data, "extras"))


def zones(lower_to_middle: Table, upper: Table) -> tuple[Table, Table, Table]:
    """Return the logarithms U, M, L of the shares of three zones from log(lower / middle) and that of the upper one."""
    rest, both = np.log1p(-np.exp(upper)), np.log1p(np.exp(lower_to_middle))
    return upper, rest - both, rest + lower_to_middle - both


def _numbers(data: Mapping[str, NDArray[np.generic]], name: str) -> Table:
    return np.asarray(data[name], dtype=np.float64)


def _keys(data: Mapping[str, NDArray[np.generic]], name: str) -> list[str]:
    keys: list[str] = data[name].astype(str).tolist()
    return keys


def _table(data: Mapping[str, NDArray[np.generic]], values: Table, extras: Table) -> Table:
    columns = dict(zip(_keys(data, "keys"), values.T, strict=True))
    columns |= dict(zip(_keys(data, "extra_keys"), extras.T, strict=True))
    columns |= dict(zip("UML", zones(columns[LOWER_TO_MIDDLE], columns["U"]), strict=True))
    return np.stack([columns[key] for key in KEYS], axis=1)


def _pick(values: Table, rows: list[int | None]) -> Table:
    """Return the rows of a table, NaN for None."""
    return np.array([np.full(values.shape[1], np.nan) if row is None else values[row] for row in rows])


def _photo_table(data: Mapping[str, NDArray[np.generic]], rows: list[int | None]) -> Table:
    return _table(data, _pick(_numbers(data, "measured"), rows), _pick(_numbers(data, "extras"), rows))


def _mesh(data: Mapping[str, NDArray[np.generic]], first: Rows) -> Table:
    if "mesh" not in data:
        return np.full((len(first), len(KEYS)), np.nan)
    return _table(data, _numbers(data, "mesh")[first], _numbers(data, "mesh_extras")[first])


def _spread_errors(marked: Table, data: Mapping[str, NDArray[np.generic]], measured: Table, smiling: Table) -> Table:
    """Return errors of all measures: M and L by their share in that of L-M, unmarked ones from pairs of photos."""
    keys = _keys(data, "keys")
    ratio = measured[:, INDEX["L"]] - measured[:, INDEX["M"]]
    pairs = (smiling - measured)[np.isfinite(smiling[:, 0])]
    errors = np.empty((len(marked), len(KEYS)))
    for column, key in enumerate(KEYS):
        if key in keys:
            errors[:, column] = marked[:, keys.index(key)]
        elif key in "ML":
            errors[:, column] = marked[:, keys.index(LOWER_TO_MIDDLE)] * measured[:, column].std() / ratio.std()
        else:
            errors[:, column] = pairs[:, column].std() / np.sqrt(2)
    return errors


def _reference(studio: NDArray[np.str_], group: NDArray[np.str_]) -> Mask:
    most = max(np.unique(studio), key=lambda name: len(np.unique(group[studio == name])))
    reference: Mask = studio == most
    return reference


def _replace_groups(data: dict[str, NDArray[np.generic]], info: Path) -> None:
    """Replace sex and group by those of a table with the columns face_id, face_gender and face_eth."""
    with info.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["face_id"]: row for row in csv.DictReader(file)}
    people = data["person"].astype(str).tolist()
    for name, column in (("sex", "face_gender"), ("group", "face_eth")):
        own = data[name].astype(str).tolist()
        data[name] = np.array([rows.get(who, {}).get(column) or old for who, old in zip(people, own, strict=True)])
