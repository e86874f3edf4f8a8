"""Command line of fit, evaluation and tuning: see the package's docstring."""

import argparse
import sys
from pathlib import Path

import numpy as np

import calibration.scores
from calibration.scores.data_files import write_data_files
from calibration.scores.held_out import FOLDS
from calibration.scores.report import evaluate, format_table, write_json
from calibration.scores.rules import apply_rules, load_rules
from calibration.scores.sample import Sample, SampleError, load_sample
from calibration.scores.tuning import tune_rules, write_rules


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m calibration.scores",
        description=calibration.scores.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    fit = commands.add_parser("fit", help="write the data files of the reading")
    judge = commands.add_parser("evaluate", help="print the figures of issue 11")
    tune = commands.add_parser("tune", help="tune the thresholds of the rules on simulated people")
    for command in (fit, judge, tune):
        command.add_argument("measures", type=Path)
        command.add_argument("--info", type=Path, help="table of sex and origin by face_id")
    fit.add_argument("folder", type=Path)
    judge.add_argument("--groups", type=Path, help="GROUPS.npz, mean faces of groups")
    judge.add_argument("--rules", type=Path, nargs="+", default=[], help="one file, or one for each fold")
    judge.add_argument("--json", type=Path, help="also write the figures to this file")
    tune.add_argument("rules", type=Path)
    tune.add_argument("--without-fold", type=int, choices=range(FOLDS), help="leave the people of this fold out")
    tune.add_argument("--tries", type=int, default=12, help="moves that are tried for each threshold")
    return parser


def _fit(sample: Sample, options: argparse.Namespace) -> None:
    write_data_files(sample, options.folder)


def _evaluate(sample: Sample, options: argparse.Namespace) -> None:
    if len(options.rules) not in (0, 1, FOLDS):
        sys.exit(f"--rules takes one file or {FOLDS}")
    rules = [apply_rules(load_rules(path)) for path in options.rules]
    content = evaluate(sample, options.groups, rules * FOLDS if len(rules) == 1 else rules)
    print(format_table(content))
    if options.json is not None:
        write_json(content, options.json)


def _tune(sample: Sample, options: argparse.Namespace) -> None:
    if options.without_fold is not None:
        sample = sample.take(np.flatnonzero(np.arange(len(sample)) % FOLDS != options.without_fold))
    write_rules(
        tune_rules(sample, options.tries), options.rules, f"Tuned on faces simulated from {len(sample)} people."
    )


def main(arguments: list[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    commands = {"fit": _fit, "evaluate": _evaluate, "tune": _tune}
    try:
        commands[options.command](load_sample(options.measures, options.info), options)
    except (OSError, SampleError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
