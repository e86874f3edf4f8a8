"""Command line of the fit and the evaluation: see the package's docstring."""

import argparse
import sys
from pathlib import Path

import calibration.scores
from calibration.scores.data_files import write_data_files
from calibration.scores.report import evaluate, format_table, write_json
from calibration.scores.sample import SampleError, load_sample


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m calibration.scores",
        description=calibration.scores.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    fit = commands.add_parser("fit", help="write the data files of the reading")
    fit.add_argument("measures", type=Path)
    fit.add_argument("folder", type=Path)
    judge = commands.add_parser("evaluate", help="print the figures of issue 11")
    judge.add_argument("measures", type=Path)
    judge.add_argument("--groups", type=Path, help="GROUPS.npz, mean faces of groups")
    judge.add_argument("--json", type=Path, help="also write the figures to this file")
    for command in (fit, judge):
        command.add_argument("--info", type=Path, help="table of sex and origin by face_id")
    options = parser.parse_args(arguments)
    try:
        sample = load_sample(options.measures, options.info)
    except (OSError, SampleError) as error:
        sys.exit(str(error))
    if options.command == "fit":
        write_data_files(sample, options.folder)
        return
    content = evaluate(sample, options.groups)
    print(format_table(content))
    if options.json is not None:
        write_json(content, options.json)


if __name__ == "__main__":
    main()
