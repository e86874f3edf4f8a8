"""Learns what covers a face, from portraits with random drawings on them.

    python -m calibration.covers evaluate PHOTOS --cache FOLDER [--third 0] [--json OUT]
    python -m calibration.covers learn PHOTOS --cache FOLDER --out src/gwansang/vision/covers.npz

PHOTOS is the folder of portraits that `calibration.landmarks` reads, with composite, distance and selfie beside. The
folder of the cache keeps the drawn examples, about a twentieth of a second each. `evaluate` learns without a third of
the people and judges their drawings; `learn` learns from everyone. Both can go on from weights (`--start`); those of
`evaluate` must not know its third. They need the dependency group `calibration`.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.covers.bases import Bases
from calibration.covers.examples import Examples, load_examples
from calibration.covers.judging import judge, report_lines, rows_of
from calibration.covers.network import Course, learn, predict
from calibration.covers.weights_file import load, save

_THIRDS = 3


def main(arguments: list[str]) -> None:
    """Run one command."""
    options = _parse(arguments)
    bases, examples = load_examples(options.photos, options.models, options.cache, options.count, options.processes)
    course = Course(options.passes, rate=options.rate)
    start = None if options.start is None else load(options.start)
    if options.command == "learn":
        save(learn(examples, rows_of(bases, examples, _THIRDS, None), course, start), options.out)
        return
    tested = rows_of(bases, examples, _THIRDS, options.third)
    weights = learn(examples, np.setdiff1d(np.arange(len(examples.base)), tested), course, start)
    judged = examples.pick(np.intersect1d(tested, _photographed(bases, examples)))
    figures = judge(judged, predict(weights, judged.layout))
    print(f"{len(judged.base)} drawings of {len(set(bases.person[judged.base]))} people")
    for line in report_lines(figures):
        print(line)
    if options.json is not None:
        options.json.write_text(json.dumps(asdict(figures), indent=1), encoding="utf-8")


def _photographed(bases: Bases, examples: Examples) -> NDArray[np.intp]:
    """Return the examples whose face is a photographed one."""
    real = np.array([not person.startswith("drawn") for person in bases.person])
    return np.flatnonzero(real[examples.base])


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m calibration.covers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    learning = commands.add_parser("learn", help="learn the weights from everyone")
    evaluation = commands.add_parser("evaluate", help="judge people that were left out")
    for command in (learning, evaluation):
        command.add_argument("photos", type=Path)
        command.add_argument("--models", type=Path, default=Path(".models"), help="folder of `gwansang models fetch`")
        command.add_argument("--cache", type=Path, required=True, help="folder of the examples")
        command.add_argument("--count", type=int, default=16800, help="drawings, in steps of 800")
        command.add_argument("--passes", type=int, default=40, help="over the examples")
        command.add_argument("--rate", type=float, default=Course.rate, help="highest rate of learning")
        command.add_argument("--start", type=Path, help="weights to go on from, instead of random ones")
        command.add_argument("--processes", type=int, default=1, help="that draw at the same time")
    evaluation.add_argument("--third", type=int, choices=range(_THIRDS), default=0, help="of the people, left out")
    evaluation.add_argument("--json", type=Path)
    learning.add_argument("--out", type=Path, required=True)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
