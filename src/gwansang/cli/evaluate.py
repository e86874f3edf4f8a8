"""`gwansang evaluate`: does the same face get the same reading?"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gwansang.cli.evaluate_lookalike import evaluate_lookalike
from gwansang.cli.failure import CommandError, unusable
from gwansang.cli.options import norms as read_norms
from gwansang.cli.options import settings as read_settings
from gwansang.cli.photo_set import Looked, MeasuredPhoto, look, people_in, refusal_lines
from gwansang.reading.measurements import MEASURES_BY_KEY
from gwansang.reading.norms import Norms
from gwansang.reading.stability import PartStability, Stability, measure_stability, sample_photo
from gwansang.reading.texts import measures_text
from gwansang.texts import OPERATOR_LOCALE

app = typer.Typer(no_args_is_help=True)


@app.callback()
def evaluate() -> None:
    """Measure the product on photos of your own."""


app.command("lookalike")(evaluate_lookalike)


@app.command("stability")
def stability_of(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="One folder a person with two photos or more; or portraits of the same people in neutral/ and "
            "smiling/, told apart by the name before the underscore.",
        ),
    ],
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", help="Write every figure to a file.")
    ] = None,
    norms_file: Annotated[
        Path | None, typer.Option("--norms", metavar="FILE", help="Norms of `gwansang calibrate` [NORMS_PATH].")
    ] = None,
) -> None:
    """Compare the readings of several photos of the same people; exit code 1 where nothing can be compared."""
    settings = read_settings()
    norms = read_norms(norms_file or settings.norms_path)
    looked = look(people_in(folder), settings.model_path, settings.inference_workers)
    found = _compared(folder, looked, norms)
    console = Console(soft_wrap=True, highlight=False)
    for table in (_measures(found), _parts(found), _scores(found), _classes(found)):
        console.print(table, "")
    console.print(_summary(found, norms))
    for line in refusal_lines(looked):
        console.print(line, markup=False)
    if json_file is not None:
        _write(json_file, found, looked, norms)


def _compared(folder: Path, looked: Looked[MeasuredPhoto], norms: Norms) -> Stability:
    people = [[sample_photo(photo.measures, norms) for photo in photos] for photos in looked.people.values()]
    try:
        return measure_stability(people)
    except ValueError as error:
        several = sum(len(photos) >= 2 for photos in people)
        why = "; ".join(refusal_lines(looked))
        raise CommandError(
            f"Nothing can be compared in {folder}: {several} people have two photos or more that could be measured, "
            f"and it takes two; give every person a folder with at least two photos{f' ({why})' if why else ''}."
        ) from error


def _measures(found: Stability) -> Table:
    table = Table("measure", "", "ICC", title="Measures", title_justify="left", box=None)
    for key, value in sorted(found.icc.items(), key=lambda entry: -entry[1]):
        table.add_row(key, measures_text(OPERATOR_LOCALE)[MEASURES_BY_KEY[key].name], f"{value:.2f}")
    return table


def _parts(found: Stability) -> Table:
    heads = ("part", "agreement", "by chance", "kappa", "in top two", "largest class", "classes used")
    table = Table(*heads, title="Shapes of the parts", title_justify="left", box=None)
    for name, part in found.parts.items():
        largest = max(part.shares, key=part.shares.__getitem__)
        figures = (part.agreement, part.chance, part.kappa, part.top_two)
        used = sum(share > 0 for share in part.shares.values())
        cells = (*(f"{figure:.2f}" for figure in figures), f"{largest} {part.shares[largest]:.0%}")
        table.add_row(name, *cells, f"{used} of {len(part.shares)}")
    return table


def _scores(found: Stability) -> Table:
    table = Table("score", "r between photos", title="Scores", title_justify="left", box=None)
    for name, r in found.scores.items():
        table.add_row(name, f"{r:.2f}")
    return table


def _classes(found: Stability) -> Table:
    table = Table("part", "share of every class", title="Classes", title_justify="left", box=None)
    for name, part in found.parts.items():
        shares = sorted(part.shares.items(), key=lambda entry: -entry[1])
        table.add_row(name, ", ".join(f"{shape} {share:.0%}" for shape, share in shares))
    return table


def _summary(found: Stability, norms: Norms) -> str:
    worst = min(found.icc, key=found.icc.__getitem__)
    return (
        f"[bold]{found.people} people, {found.photos} photos[/]; norms {norms.id}\n"
        f"labels: agreement {found.mean_agreement:.3f}, by chance {found.mean_chance:.3f}, "
        f"[bold]kappa {found.mean_kappa:.3f}[/], in the other's top two {found.mean_top_two:.3f}\n"
        f"measures: [bold]median ICC {found.median_icc:.3f}[/], worst {found.icc[worst]:.3f} ({worst})\n"
        f"classes: largest {found.largest_share:.0%}, {found.shapes_used:.0%} used"
    )


def _write(path: Path, found: Stability, looked: Looked[MeasuredPhoto], norms: Norms) -> None:
    try:
        path.write_text(json.dumps(_figures(found, looked, norms), indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path}: {unusable(error)}") from error


def _figures(found: Stability, looked: Looked[MeasuredPhoto], norms: Norms) -> Mapping[str, object]:
    return {
        "norms": norms.id,
        "people": found.people,
        "photos": found.photos,
        "refused": dict(looked.refused),
        "summary": {
            "agreement": found.mean_agreement,
            "chance": found.mean_chance,
            "kappa": found.mean_kappa,
            "top_two": found.mean_top_two,
            "median_icc": found.median_icc,
            "worst_icc": min(found.icc.values()),
            "largest_share": found.largest_share,
            "classes_used": found.shapes_used,
        },
        "icc": dict(found.icc),
        "parts": {name: _part(part) for name, part in found.parts.items()},
        "scores": dict(found.scores),
    }


def _part(part: PartStability) -> Mapping[str, object]:
    return {
        "agreement": part.agreement,
        "chance": part.chance,
        "kappa": part.kappa,
        "top_two": part.top_two,
        "shares": dict(part.shares),
    }
