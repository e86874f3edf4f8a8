"""`gwansang evaluate variety`: how alike readings are, of people, of two photos of a person, and from day to day."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gwansang.cli.failure import CommandError, write_json
from gwansang.cli.options import read_norms, read_settings
from gwansang.cli.photo_set import measure_photos, photos_by_person, rejection_lines
from gwansang.reading.composer import compose
from gwansang.reading.days import measure_days
from gwansang.reading.measurements import Measures
from gwansang.reading.model import CaptureConditions, Reading
from gwansang.reading.norms import Norms
from gwansang.reading.variety import measure_variety, repeated_part_texts, simulate_people
from gwansang.texts import LOCALES, Locale

_FIRST_DAY = date(2026, 1, 1)
_FIRST_YEAR, _YEARS = 1930, 75  # of birth
_PEOPLE = 100
_LABELS = {
    "readings": "people",
    "sentence_share": "readings with the most frequent sentence",
    "ending_share": "sentences with the most frequent last word",
    "worst_ending": "the same within one reading, at most",
    "shared": "part texts that two people share, mean",
    "shared_p95": "the same, 95th percentile of pairs",
    "repeated": "part texts that two photos of a person share, where the shape is the same",
    "story": "longest story, characters",
    "whole": "longest reading, characters",
    "whole_mean": "mean reading, characters",
    "texts_in_a_year": "different fortunes of one person in a year, mean",
    "soonest": "days after which a last sentence returns, at least",
    "texts_on_a_day": "different fortunes of these people on one day",
    "colours_in_a_week": "lucky colours in a week, at least",
}


def evaluate_variety(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            help="One folder a person, or portraits in neutral/ and smiling/; without it 100 faces are simulated.",
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", help="Write every figure to a file.")
    ] = None,
) -> None:
    """Compare readings of different people, of two photos of a person, and of a year of days."""
    settings, console = read_settings(), Console(soft_wrap=True, highlight=False)
    norms = read_norms(settings.norms_path)
    if folder is None:
        people = [[face] for face in simulate_people(_PEOPLE, norms)]
    else:
        result = measure_photos(photos_by_person(folder), settings.model_path, settings.inference_workers)
        people = [[photo.measures for photo in photos] for photos in result.people.values() if photos]
        for line in rejection_lines(result):
            console.print(line, markup=False)
    if len(people) < 2:
        raise CommandError("Nothing can be compared: variety needs at least two people.")
    figures = {locale: _figures(people, norms, locale) for locale in LOCALES}
    console.print(_table(figures))
    for locale, row in figures.items():
        console.print(f"{locale}: most frequent {row['ending']!r} and {row['sentence']!r}", markup=False)
    if json_file is not None:
        write_json(json_file, dict(figures))


def _figures(people: Sequence[Sequence[Measures]], norms: Norms, locale: Locale) -> dict[str, object]:
    """Return the figures of one language; each person is born in another year and read on another day."""
    first: list[Reading] = []
    repeated = shapes = 0
    for number, photos in enumerate(people):
        day, year = _FIRST_DAY + timedelta(days=number), _FIRST_YEAR + number % _YEARS
        readings = [compose(face, CaptureConditions(), day, locale, year, norms) for face in photos]
        first.append(readings[0])
        for other in readings[1:]:
            same, alike = repeated_part_texts(readings[0].parts, other.parts)
            repeated, shapes = repeated + same, shapes + alike
    variety, days = asdict(measure_variety(first)), asdict(measure_days(first, _FIRST_DAY, locale))
    return {**variety, **days, "repeated": repeated / shapes if shapes else None}


def _table(figures: Mapping[Locale, Mapping[str, object]]) -> Table:
    table = Table(title="Variety of readings", title_justify="left", box=None, pad_edge=False)
    table.add_column("")
    for locale in figures:
        table.add_column(locale, justify="right")
    for key, label in _LABELS.items():
        table.add_row(label, *(_number(row[key]) for row in figures.values()))
    return table


def _number(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
