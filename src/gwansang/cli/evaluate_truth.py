"""`gwansang evaluate truth`: agreement of measures, classes and probabilities with points that people marked."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gwansang.cli.failure import CommandError, naming_file, write_json
from gwansang.cli.marked_photos import (
    MarkedPhotos,
    MarkedResult,
    find_marked_photos,
    measure_marked_photos,
)
from gwansang.cli.options import read_norms, read_settings
from gwansang.cli.photo_set import rejection_lines
from gwansang.cli.reliability_diagram import reliability_svg
from gwansang.reading.norms import Norms
from gwansang.reading.truth import DECISIVE_R, OF_CLASSES, Truth, measure_truth
from gwansang.reading.truth_sample import MarkedPerson
from gwansang.vision.retakes import RETAKES

_Results = tuple[MarkedResult, ...]
_LABELS = {
    "same_median": "r with the marks, same photo, median",
    "same_within": "  within sex and origin",
    "across_median": "r with the marks, other photo, median",
    "across_within": "  within sex and origin",
    "across_worst": "  worst measure",
    "directions": "directions that both photos share",
    "icc_median": "ICC of both photos, median of all measures",
    "class_truth": "class truth: kappa, other photo against marks",
    "rank_1": "other photo finds its own marks within the sex",
    "ece": "calibration error of the probabilities",
    "brier_skill": "Brier skill of the probabilities",
    "parts_decided": "parts decided, of 15",
    "decided_right": "share of these that agrees with the marks",
}


def evaluate_truth(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="Photos with a .tem of 189 points beside them, alone or with another photo of each person whose name "
            "is the same up to the underscore; or portraits in neutral/ and smiling/.",
        ),
    ],
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", help="Write every figure to a file.")
    ] = None,
    diagram: Annotated[
        Path | None, typer.Option(metavar="OUT.svg", help="Draw the reliability of the probabilities.")
    ] = None,
    norms_file: Annotated[
        Path | None, typer.Option("--norms", metavar="FILE", help="Norms of `gwansang calibrate` [NORMS_PATH].")
    ] = None,
    warps: Annotated[
        bool, typer.Option(help="Also measure each marked photo from nearer, turned, small and compressed.")
    ] = True,
) -> None:
    """Compare what is measured with what people marked on the photos; exit code 1 if nothing can be compared."""
    settings = read_settings()
    norms = read_norms(norms_file or settings.norms_path)
    photos = find_marked_photos(folder)
    people, results = measure_marked_photos(folder, photos, settings, RETAKES if warps else {})
    truth = _measure_truth(folder, people, results, norms)
    console = Console(soft_wrap=True, highlight=False)
    for table in (_measures(truth), _parts(truth), _warps(truth), _summary(truth)):
        if table.row_count:
            console.print(table, "")
    console.print(_norms_line(truth, norms), markup=False)
    for line in (*photos.skipped_lines(), *(line for one in results for line in rejection_lines(one))):
        console.print(line, markup=False)
    if json_file is not None:
        write_json(json_file, _figures(truth, norms, photos, results))
    if diagram is not None:
        title = f"{truth.people} people, ECE {truth.summary['ece']:.3f}"
        with naming_file(diagram):
            diagram.write_text(reliability_svg(truth.bins, title), encoding="utf-8")


def _measure_truth(folder: Path, people: list[MarkedPerson], results: _Results, norms: Norms) -> Truth:
    try:
        return measure_truth(people, norms)
    except ValueError as error:
        why = "; ".join(line for one in results for line in rejection_lines(one))
        raise CommandError(
            f"Nothing can be compared in {folder}: {error} that could be measured{f' ({why})' if why else ''}."
        ) from error


def _measures(truth: Truth) -> Table:
    heads = ("measure", "r same", "within", "r across", "within", "ICC", "r drawn", "drawn off, errors")
    table = _table("Measures against the marks", *heads)
    for key, row in sorted(truth.measures.items(), key=lambda entry: -_known(entry[1].across, entry[1].same)):
        figures = (row.same, row.same_within, row.across, row.across_within, row.icc, row.drawn, row.drawn_difference)
        table.add_row(key, *map(_number, figures))
    return table


def _parts(truth: Truth) -> Table:
    heads = ("part", "kappa same", "kappa across", f"measures of r {DECISIVE_R:.2f} and more across")
    table = _table("Classes against those of the marks", *heads)
    for key, part in truth.parts.items():
        table.add_row(key, _number(part.same), _number(part.across), " ".join(part.decisive) or "-")
    return table


def _warps(truth: Truth) -> Table:
    table = _table("The marked photo changed", "change", "r median", "photos")
    for name, row in truth.retakes.items():
        table.add_row(name, _number(row.median), f"{row.photos} of {truth.people}")
    return table


def _summary(truth: Truth) -> Table:
    table = _table(f"{truth.people} people, {truth.pairs} with another photo", "", "", "90 % interval")
    for name, label in _LABELS.items():
        low, high = truth.intervals[name]
        table.add_row(label, _number(truth.summary[name], 3), f"{_number(low)} to {_number(high)}")
    return table


def _norms_line(truth: Truth, norms: Norms) -> str:
    figures = ", ".join(f"{name} {_number(truth.with_norms[name], 3)}" for name in OF_CLASSES)
    return f"Classes above: mean and SD of these people as norms. With the norms {norms.id}: {figures}."


def _table(title: str, *heads: str) -> Table:
    return Table(*heads, title=title, title_justify="left", box=None)


def _known(*figures: float) -> float:
    return next((figure for figure in figures if math.isfinite(figure)), -1.0)


def _number(figure: float, digits: int = 2) -> str:
    return f"{figure:.{digits}f}" if math.isfinite(figure) else "-"


def _figures(truth: Truth, norms: Norms, photos: MarkedPhotos, results: _Results) -> Mapping[str, object]:
    refused = {code: sum(one.rejected.get(code, 0) for one in results) for one in results for code in one.rejected}
    figures = {
        "people": truth.people,
        "pairs": truth.pairs,
        "refused": refused,
        "templates_left_out": {why: count for why, (count, _) in photos.skipped.items()},
        "summary": truth.summary,
        "intervals_90": truth.intervals,
        "with_norms": {"norms": norms.id, **truth.with_norms},
        "measures": {key: asdict(row) for key, row in truth.measures.items()},
        "icc": truth.icc,
        "parts": {key: asdict(part) for key, part in truth.parts.items()},
        "warps": {name: asdict(row) for name, row in truth.retakes.items()},
        "reliability": [asdict(one) for one in truth.bins],
    }
    return {name: _null_unknown(value) for name, value in figures.items()}


def _null_unknown(value: object) -> object:
    """Return JSON with null for every number that the data can't say."""
    if isinstance(value, Mapping):
        return {key: _null_unknown(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_null_unknown(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
