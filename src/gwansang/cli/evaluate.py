"""`gwansang evaluate`: stability of readings over several photos of the same people."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gwansang.cli.evaluate_feedback import evaluate_feedback
from gwansang.cli.evaluate_groups import group_figures, groups_table, measure_groups
from gwansang.cli.evaluate_lookalike import evaluate_lookalike
from gwansang.cli.evaluate_quality import evaluate_quality
from gwansang.cli.evaluate_truth import evaluate_truth
from gwansang.cli.evaluate_variety import evaluate_variety
from gwansang.cli.failure import CommandError, write_json
from gwansang.cli.options import read_norms, read_settings
from gwansang.cli.people_info import read_people_info
from gwansang.cli.photo_set import MeasuredPhoto, PhotoSetResult, measure_photos, photos_by_person, rejection_lines
from gwansang.reading.measurements import MEASURES_BY_KEY
from gwansang.reading.norms import Norms
from gwansang.reading.stability import PartStability, PhotoSample, Stability, measure_stability, sample_photo
from gwansang.reading.texts import measures_text
from gwansang.texts import OPERATOR_LOCALE

app = typer.Typer(no_args_is_help=True)


@app.callback()
def evaluate() -> None:
    """Measure stability and accuracy on labelled photos."""


app.command("feedback")(evaluate_feedback)
app.command("lookalike")(evaluate_lookalike)
app.command("quality")(evaluate_quality)
app.command("truth")(evaluate_truth)
app.command("variety")(evaluate_variety)


@app.command("stability")
def evaluate_stability(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="One folder a person with two photos or more; or portraits of the same people in neutral/ and "
            "smiling/, matched by the name before the underscore.",
        ),
    ],
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", help="Write every figure to a file.")
    ] = None,
    norms_file: Annotated[
        Path | None, typer.Option("--norms", metavar="FILE", help="Norms of `gwansang calibrate` [NORMS_PATH].")
    ] = None,
) -> None:
    """Compare the readings of several photos of the same people; exit code 1 if nothing can be compared."""
    settings = read_settings()
    norms = read_norms(norms_file or settings.norms_path)
    info = read_people_info(folder)
    result = measure_photos(photos_by_person(folder), settings.model_path, settings.inference_workers)
    people = {name: [sample_photo(photo.measures, norms) for photo in photos] for name, photos in result.people.items()}
    stability = _stability(folder, result, people)
    groups = measure_groups(people, info)
    console = Console(soft_wrap=True, highlight=False)
    tables = (_measures_table(stability), _parts_table(stability), _scores_table(stability), _classes_table(stability))
    for table in tables:
        console.print(table, "")
    if groups:
        console.print(groups_table(groups), "")
    console.print(_summary(stability, norms))
    for line in rejection_lines(result):
        console.print(line, markup=False)
    if json_file is not None:
        write_json(json_file, {**_figures(stability, result, norms), "groups": group_figures(groups)})


def _stability(
    folder: Path, result: PhotoSetResult[str, MeasuredPhoto], people: Mapping[str, Sequence[PhotoSample]]
) -> Stability:
    try:
        return measure_stability(list(people.values()))
    except ValueError as error:
        several = sum(len(photos) >= 2 for photos in people.values())
        why = "; ".join(rejection_lines(result))
        raise CommandError(
            f"Nothing can be compared in {folder}: {several} people have two photos or more that could be measured, "
            f"and it takes two; give every person a folder with at least two photos{f' ({why})' if why else ''}."
        ) from error


def _measures_table(stability: Stability) -> Table:
    table = Table("measure", "", "ICC", title="Measures", title_justify="left", box=None)
    for key, value in sorted(stability.icc.items(), key=lambda entry: -entry[1]):
        table.add_row(key, measures_text(OPERATOR_LOCALE)[MEASURES_BY_KEY[key].name], f"{value:.2f}")
    return table


def _parts_table(stability: Stability) -> Table:
    heads = ("part", "agreement", "by chance", "kappa", "in top two", "largest class", "classes used")
    table = Table(*heads, title="Shapes of the parts", title_justify="left", box=None)
    for name, part in stability.parts.items():
        largest = max(part.shares, key=part.shares.__getitem__)
        figures = (part.agreement, part.chance, part.kappa, part.top_two)
        used = sum(share > 0 for share in part.shares.values())
        cells = (*(f"{figure:.2f}" for figure in figures), f"{largest} {part.shares[largest]:.0%}")
        table.add_row(name, *cells, f"{used} of {len(part.shares)}")
    return table


def _scores_table(stability: Stability) -> Table:
    table = Table("score", "r between photos", title="Scores", title_justify="left", box=None)
    for name, r in stability.scores.items():
        table.add_row(name, f"{r:.2f}")
    return table


def _classes_table(stability: Stability) -> Table:
    table = Table("part", "share of every class", title="Classes", title_justify="left", box=None)
    for name, part in stability.parts.items():
        shares = sorted(part.shares.items(), key=lambda entry: -entry[1])
        table.add_row(name, ", ".join(f"{shape} {share:.0%}" for shape, share in shares))
    return table


def _summary(stability: Stability, norms: Norms) -> str:
    worst = min(stability.icc, key=stability.icc.__getitem__)
    return (
        f"[bold]{stability.people} people, {stability.photos} photos[/]; norms {norms.id}\n"
        f"labels: agreement {stability.mean_agreement:.3f}, by chance {stability.mean_chance:.3f}, "
        f"[bold]kappa {stability.mean_kappa:.3f}[/], in the other's top two {stability.mean_top_two:.3f}\n"
        f"measures: [bold]median ICC {stability.median_icc:.3f}[/], worst {stability.icc[worst]:.3f} ({worst})\n"
        f"classes: largest {stability.largest_share:.0%}, {stability.shapes_used:.0%} used"
    )


def _figures(stability: Stability, result: PhotoSetResult[str, MeasuredPhoto], norms: Norms) -> Mapping[str, object]:
    return {
        "norms": norms.id,
        "people": stability.people,
        "photos": stability.photos,
        "refused": dict(result.rejected),
        "summary": {
            "agreement": stability.mean_agreement,
            "chance": stability.mean_chance,
            "kappa": stability.mean_kappa,
            "top_two": stability.mean_top_two,
            "median_icc": stability.median_icc,
            "worst_icc": min(stability.icc.values()),
            "largest_share": stability.largest_share,
            "mean_largest_share": stability.mean_largest_share,
            "classes_used": stability.shapes_used,
        },
        "icc": dict(stability.icc),
        "parts": {name: _part(part) for name, part in stability.parts.items()},
        "scores": dict(stability.scores),
    }


def _part(part: PartStability) -> Mapping[str, object]:
    return {
        "agreement": part.agreement,
        "chance": part.chance,
        "kappa": part.kappa,
        "top_two": part.top_two,
        "shares": dict(part.shares),
    }
