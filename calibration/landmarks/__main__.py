"""Learns landmarks and measures from hand-marked portraits, and evaluates them on people left out.

    python -m calibration.landmarks learn PHOTOS --out src/gwansang/vision/measuring/weights.npz
    python -m calibration.landmarks evaluate PHOTOS [--json OUT]
                                             [--weights FILE] [--measures OUT.npz]
    python -m calibration.landmarks clients PHOTOS --older-models FOLDER --weights FILE --measures MEASURES.npz
                                            --out src/gwansang/vision/client_points.npz [--json OUT]

PHOTOS holds london/neutral (with .tem), london/smiling, canada (with .tem) and an info.csv of each set. --cache FILE
keeps the takes (0.7 GB), so that a second run needs no networks. `evaluate --weights FILE` adds the figures of those
weights on composite/ (with .tem), which learning never reads.

`clients` learns the fields that correct the points of other clients, and prints how alike the readings become; weights
and MEASURES.npz are those that the commands above write. --older-models holds face_landmark.tflite and
face_detection_short_range.tflite; its --cache keeps the pairs of points (0.5 GB).
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from calibration.landmarks.client_fields import save_fields
from calibration.landmarks.client_networks import OlderMeshClient, TasksClient
from calibration.landmarks.client_pairs import Lookers, load_pairs
from calibration.landmarks.client_points import Study, client_lines, fit_reader, learn_and_judge
from calibration.landmarks.composites import measure_composites
from calibration.landmarks.cross_validation import cross_validate
from calibration.landmarks.figures import make_figures
from calibration.landmarks.landmarker import Landmarker
from calibration.landmarks.learn_model import learn_model
from calibration.landmarks.measures_file import save_measures
from calibration.landmarks.portraits import Portrait, find_portraits, read_people
from calibration.landmarks.report import report_lines
from calibration.landmarks.takes import load_takes
from calibration.landmarks.training_set import TrainingSet
from calibration.landmarks.weights_file import save
from calibration.scores.sample import load_sample
from gwansang.vision.errors import ModelsMissingError
from gwansang.vision.measuring.weights import load


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m calibration.landmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    learn = commands.add_parser("learn", help="learn weights from everyone")
    evaluate = commands.add_parser("evaluate", help="nested cross-validation by person")
    clients = commands.add_parser("clients", help="learn the fields that correct the points of other clients")
    for command in (learn, evaluate, clients):
        command.add_argument("photos", type=Path)
        command.add_argument("--models", type=Path, default=Path(".models"), help="folder of `gwansang models fetch`")
        command.add_argument("--cache", type=Path, help="file of the takes or pairs, written by the first run")
    learn.add_argument("--out", type=Path, required=True)
    evaluate.add_argument("--json", type=Path)
    for name in ("older-models", "weights", "measures", "out"):
        clients.add_argument(f"--{name}", type=Path, required=True)
    clients.add_argument("--json", type=Path)
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
        if options.command == "clients":
            _learn_clients(portraits, options)
        else:
            _learn_or_evaluate(portraits, options)
    except (OSError, ValueError, ModelsMissingError) as error:
        sys.exit(str(error))


def _learn_or_evaluate(portraits: list[Portrait], options: argparse.Namespace) -> None:
    takes = load_takes(portraits, options.models, options.cache)
    training = TrainingSet(takes, read_people(options.photos))
    if options.command == "learn":
        save(learn_model(training, np.ones(len(training.people), dtype=bool)), options.out)
        return
    held_out = cross_validate(training)
    if options.measures is not None:
        save_measures(training, held_out, options.measures)
    figures = make_figures(training, held_out)
    if options.weights is not None:
        landmarker = Landmarker(options.models)
        figures["composites"] = measure_composites(options.photos / "composite", landmarker, load(options.weights))
    for line in report_lines(figures):
        print(line)
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def _learn_clients(portraits: list[Portrait], options: argparse.Namespace) -> None:
    """Learn the fields of clients, write them and print their figures."""
    landmarker = Landmarker(options.models)
    lookers = Lookers(landmarker, TasksClient(options.models), OlderMeshClient(options.older_models))
    pairs = load_pairs(portraits, lookers, options.cache)
    reader = fit_reader(load_sample(options.measures))
    study = Study(pairs, read_people(options.photos), load(options.weights), reader)
    fields, figures = learn_and_judge(study, lambda meshes: np.array([landmarker.find_blendshapes(m) for m in meshes]))
    save_fields(fields, options.out)
    for line in client_lines(fields, figures):
        print(line)
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
