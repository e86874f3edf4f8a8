"""Folder of hand-marked portraits: photos, marks and people."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from gwansang.cli.people_info import PersonInfo, read_people_info
from gwansang.reading.hand_marks import POINT_COUNT, parse_marks
from gwansang.vision.decode import Pixels
from gwansang.vision.face import Points

NEUTRAL, SMILING = "neutral", "smiling"
_CANADA = "c"  # before the ids of the second set, which would otherwise collide


@dataclass(frozen=True, slots=True)
class Portrait:
    """One photo; template: its `.tem`, None for smiling photos."""

    person: str
    kind: str
    photo: Path
    template: Path | None

    def read_picture(self) -> Pixels:
        """Return the photo as RGB (h, w, 3)."""
        return read_picture(self.photo)

    def read_marks(self) -> Points:
        """Return the (189, 2) marks in pixels; NaN without a template."""
        if self.template is None:
            return np.full((POINT_COUNT, 2), np.nan)
        return parse_marks(self.template.read_text(encoding="utf-8"))


def read_picture(photo: Path) -> Pixels:
    """Return a photo as RGB (h, w, 3)."""
    image = cv2.imread(str(photo))
    if image is None:
        raise ValueError(f"{photo} can't be read")
    return np.ascontiguousarray(image[..., ::-1].astype(np.uint8, copy=False))


def find_portraits(folder: Path) -> list[Portrait]:
    """Return the portraits of `london/neutral`, `london/smiling` and `canada`; only smiling ones may lack a `.tem`."""
    neutral = sorted((folder / "london" / NEUTRAL).glob("*.jpg"))
    smiling = sorted((folder / "london" / SMILING).glob("*.jpg"))
    canada = sorted((folder / "canada").glob("*.jpg"))
    return [
        *(Portrait(path.stem.split("_")[0], NEUTRAL, path, path.with_suffix(".tem")) for path in neutral),
        *(Portrait(path.stem.split("_")[0], SMILING, path, None) for path in smiling),
        *(Portrait(_CANADA + path.stem, NEUTRAL, path, path.with_suffix(".tem")) for path in canada),
    ]


def read_people(folder: Path) -> dict[str, PersonInfo]:
    """Return sex and origin by person's id, as `info.csv` of both sets reports them."""
    canada = {_CANADA + person: info for person, info in read_people_info(folder / "canada").items()}
    return {**read_people_info(folder / "london"), **canada}


def is_london(person: str) -> bool:
    """Return whether a person is of the first set, in which everyone also has a smiling photo."""
    return not person.startswith(_CANADA)
