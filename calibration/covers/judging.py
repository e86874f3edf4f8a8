"""Figures of people that the network has not seen, and the limits of the covered shares."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.covers.bases import Bases
from calibration.covers.examples import COVERS, KINDS, Examples
from gwansang.vision.covers import MAX_COVERED, REGIONS, judge_shares
from gwansang.vision.face import FaceRegion
from gwansang.vision.face_layout import region_masks
from gwansang.vision.quality import cover_warnings

Shares = NDArray[np.float32]  # (n, parts)

SURE_COVERED, SURE_FREE = 0.65, 0.3  # truth beyond which a part has to be told, or must not be
LIMITS: dict[str, float] = {**dict.fromkeys(REGIONS, 0.5), "forehead": 0.7, "face": MAX_COVERED}
_NAMES, _MASKS = region_masks()


@dataclass(frozen=True, slots=True)
class Figures:
    """told: by kind of drawing, the share of examples with a warning; right: with all right ones; counts: examples."""

    told: dict[str, float]
    right: dict[str, float]
    counts: dict[str, int]


def fold_of(person: str, folds: int) -> int:
    """Return the fold in which a person is left out, the same on every machine."""
    return sum(person.encode()) * 7919 % 101 % folds


def true_shares(examples: Examples) -> Shares:
    """Return the share of each part that drawings cover, (n, parts)."""
    cells = examples.cover.reshape(len(examples.cover), -1).astype(np.float32) / np.float32(255)
    shares: Shares = cells @ _MASKS.T
    return shares


def judge(examples: Examples, shares: Shares) -> Figures:
    """Return the figures of examples whose shares were found without them."""
    truth = true_shares(examples)
    told: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    right: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    for kind, found_shares, true in zip(examples.kind, shares, truth, strict=True):
        name, found = KINDS[kind], found_regions(found_shares)
        told[name].append(bool(cover_warnings(found)))
        if name not in COVERS or cover_warnings(expected_regions(true)[0]):  # others cover no part far enough
            right[name].append(is_right(found, true))
    return Figures(*({kind: _mean(flags[kind]) for kind in KINDS} for flags in (told, right)), _count(right))


def _mean(flags: Sequence[bool]) -> float:
    return float(np.mean(flags)) if flags else np.nan


def _count(flags: dict[str, list[bool]]) -> dict[str, int]:
    return {kind: len(values) for kind, values in flags.items()}


def found_regions(shares: NDArray[np.float32]) -> set[FaceRegion]:
    """Return the regions that these shares of the parts (parts,) amount to."""
    return set(judge_shares(dict(zip(_NAMES, shares.tolist(), strict=True)), LIMITS).regions)


def is_right(found: set[FaceRegion], truth: NDArray[np.float32]) -> bool:
    """Return whether all warnings that have to be told are told, and none that must not be."""
    needed, allowed = expected_regions(truth)
    warnings = set(cover_warnings(found))
    return set(cover_warnings(needed)) <= warnings <= set(cover_warnings(allowed | needed))


def expected_regions(truth: NDArray[np.float32]) -> tuple[set[FaceRegion], set[FaceRegion]]:
    """Return the regions that have to be told, and those that may be, by the true shares of the parts (parts,)."""
    needed, allowed = set[FaceRegion](), set[FaceRegion]()
    for name, share in zip(_NAMES, truth, strict=True):
        region = name.split("-")[0]
        if region in REGIONS and share >= SURE_COVERED:
            needed.add(region)
        if region in REGIONS and share > SURE_FREE:
            allowed.add(region)
    return needed, allowed


def rows_of(bases: Bases, examples: Examples, folds: int, fold: int | None) -> NDArray[np.intp]:
    """Return the examples of the people in a fold; of everyone for None."""
    if fold is None:
        return np.arange(len(examples.base))
    of_person: Sequence[int] = [fold_of(person, folds) for person in bases.person]
    return np.flatnonzero(np.array(of_person)[examples.base] == fold)


def report_lines(figures: Figures) -> list[str]:
    """Return the figures as text."""
    return [
        f"{kind:14} {figures.counts[kind]:5} examples: told {100 * figures.told[kind]:5.1f} %, "
        f"right {100 * figures.right[kind]:5.1f} %"
        for kind in KINDS
    ]
