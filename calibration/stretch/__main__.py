"""Learns how far pictures were stretched from portraits stretched on purpose, and evaluates it on people left out.

    python -m calibration.stretch learn PHOTOS --out src/gwansang/vision/stretch.npz
    python -m calibration.stretch evaluate PHOTOS

PHOTOS holds the sets of `calibration.landmarks`, and composite, distance and selfie, which nothing is learned from.
--cache FILE keeps the looks, so that a second run needs no networks.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.landmarks.portraits import read_people
from calibration.stretch.learning import cross_validate, learn_weights
from calibration.stretch.looks import ASPECTS, OTHERS, PLAIN, RANDOM, Looks, load_looks
from gwansang.vision.face import Points
from gwansang.vision.stretch import SURE, TOLD


def main(arguments: Sequence[str]) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="calibration.stretch", description=__doc__)
    parser.add_argument("command", choices=("learn", "evaluate"))
    parser.add_argument("photos", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--models", type=Path, default=Path(".models"))
    parser.add_argument("--cache", type=Path)
    options = parser.parse_args(arguments)
    looks = load_looks(options.photos, options.models, options.cache)
    if options.command == "learn":
        if options.out is None:
            parser.error("learn needs --out")
        with options.out.open("wb") as file:
            np.savez_compressed(
                file, allow_pickle=False, weights=learn_weights(looks, looks.learned).astype(np.float32)
            )
        return
    for line in report(looks, cross_validate(looks), options.photos):
        print(line)


def report(looks: Looks, found: Points, photos: Path) -> Iterator[str]:
    """Yield lines about log aspects that were found on people left out."""
    error = found - looks.stretch
    plain, bare = looks.name == PLAIN, looks.aspect == 1
    yield "portraits as given: bias, SD, largest; told, put right"
    for aspect in sorted(ASPECTS):
        yield _line(f"{aspect:.2f}", error, found, looks.portraits & plain & (looks.aspect == aspect))
    retaken = looks.portraits & (looks.name == RANDOM)
    yield _line("retaken, not stretched", error, found, retaken & bare)
    yield _line("retaken and stretched", error, found, retaken & ~bare)
    for kind in OTHERS:
        yield _line(f"{kind}, not stretched", error, found, (looks.kind == kind) & bare)
    people = read_people(photos)
    origins = np.array([people[person].origin if person in people else "" for person in looks.person])
    for origin in sorted(set(origins) - {""}):
        yield _line(f"{origin}, not stretched", error, found, (origins == origin) & plain & bare)


def _line(name: str, error: Points, found: Points, rows: NDArray[np.bool_]) -> str:
    some, size = error[rows], np.abs(found[rows])
    told, sure = (size > TOLD).mean(), (size > SURE).mean()
    return (
        f"{name:26} n {rows.sum():4}  {some.mean():+.3f} {some.std():.3f} {np.abs(some).max():.3f}"
        f"  {told:.3f} {sure:.3f}"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
