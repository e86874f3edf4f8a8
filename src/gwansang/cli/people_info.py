"""Sex and origin of the people on evaluation photos, as an `info.csv` beside the photos reports them."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gwansang.cli.failure import CommandError, naming_file
from gwansang.cli.photo_set import portrait_folder

_ID, _SEX, _ORIGIN = "face_id", "face_gender", "face_eth"  # columns of the Face Research Lab's sets


@dataclass(frozen=True, slots=True)
class PersonInfo:
    """Sex and origin of one person as reported; empty if unknown."""

    sex: str = ""
    origin: str = ""


def read_people_info(folder: Path) -> Mapping[str, PersonInfo]:
    """Return what `info.csv` in the folder of the photos reports by person's id; nothing without that file.

    Raises CommandError if the file can't be read or has no column `face_id`.
    """
    path = portrait_folder(folder) / "info.csv"
    if not path.is_file():
        return {}
    try:
        with naming_file(path), path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{path} can't be read as a table; save it as CSV in UTF-8.") from error
    if rows and _ID not in rows[0]:
        raise CommandError(f"{path} has no column {_ID}; its columns are {_ID}, {_SEX} and {_ORIGIN}.")
    return {row[_ID]: PersonInfo(row.get(_SEX) or "", row.get(_ORIGIN) or "") for row in rows}
