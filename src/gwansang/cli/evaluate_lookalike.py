"""`gwansang evaluate lookalike`: are people known again, and does another photo name the same look-alikes?"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from gwansang.cli.failure import CommandError, unusable
from gwansang.cli.options import settings as read_settings
from gwansang.cli.photo_set import Looked, people_in, people_named_in, refusal_lines, see_all
from gwansang.services.lookalike.recognition import Recognition, Trial, measure_recognition
from gwansang.vision.embedding import Embedding, embed_face
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo_with_image

Photos = Mapping[str, Sequence[Path]]
_ROWS = {
    "rank_1": "the person comes first (rank-1)",
    "rank_5": "the person is among the first five (rank-5)",
    "auc": "same person above another (AUC)",
    "same_top_1": "two photos of one person name the same look-alike",
    "top_1_in_5": "one photo's look-alike is among the other's five",
    "shares_top_5": "the two photos' fives have someone in common",
    "common_of_5": "how much of the fives is common",
}


def evaluate_lookalike(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="One folder a person: the first photo stands in the gallery, the others are queries. Or portraits of "
            "the same people in neutral/ (the gallery) and smiling/ (the queries). With --queries: the gallery.",
        ),
    ],
    queries: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Photos to ask with: one folder a person, or named alike before the underscore."
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", help="Write every figure to a file.")
    ] = None,
) -> None:
    """Measure the look-alike match on labelled photos; exit code 1 where nothing can be compared."""
    settings = read_settings()
    gallery, asked = _split(people_in(folder)) if queries is None else _two(folder, queries)
    photos = {**{("gallery", name): paths for name, paths in gallery.items()}, **_keyed("query", asked)}
    by_key = {f"{kind}/{name}": paths for (kind, name), paths in photos.items()}
    looked = see_all(by_key, settings.model_path, settings.inference_workers, _embedding)
    found = _found(_trial(looked), folder, looked)
    console = Console(soft_wrap=True, highlight=False)
    console.print(_table(found), "")
    console.print(_summary(looked), markup=False)
    for line in refusal_lines(looked):
        console.print(line, markup=False)
    if json_file is not None:
        _write(json_file, found, looked)


def _embedding(photo: bytes, engine: Networks) -> Embedding:
    face, picture = read_photo_with_image(photo, engine)
    return embed_face(engine, picture, face.points)


def _split(people: Photos) -> tuple[Photos, Photos]:
    """The first photo of each person for the gallery; people with one photo are nobody's, to be told from."""
    return {name: paths[:1] for name, paths in people.items()}, {name: paths[1:] for name, paths in people.items()}


def _two(gallery: Path, queries: Path) -> tuple[Photos, Photos]:
    return people_named_in(gallery), people_named_in(queries)


def _keyed(kind: str, people: Photos) -> Mapping[tuple[str, str], Sequence[Path]]:
    return {(kind, name): paths for name, paths in people.items()}


def _trial(looked: Looked[Embedding]) -> Trial:
    """People of whom no gallery photo could be used are not asked for."""
    found = {tuple(key.split("/", 1)): photos for key, photos in looked.people.items()}
    names = [name for kind, name in found if kind == "gallery" and found[kind, name]]
    places = {name: place for place, name in enumerate(names)}
    return Trial(
        gallery=[np.array(found["gallery", name]) for name in names],
        queries=[
            (vector, places[name])
            for (kind, name), vectors in found.items()
            if kind == "query" and name in places
            for vector in vectors
        ],
    )


def _found(trial: Trial, folder: Path, looked: Looked[Embedding]) -> Mapping[str, Recognition]:
    try:
        return {
            "centred": measure_recognition(trial, centre=True),
            "plain": measure_recognition(trial, centre=False),
        }
    except ValueError as error:
        why = "; ".join(refusal_lines(looked))
        raise CommandError(
            f"Nothing can be compared in {folder}: {error}; give every person a folder with two photos or more"
            f"{f' ({why})' if why else ''}."
        ) from error


def _table(found: Mapping[str, Recognition]) -> Table:
    table = Table("", *found, title="Look-alikes", title_justify="left", box=None)
    figures = {name: asdict(one) for name, one in found.items()}
    for key, label in _ROWS.items():
        table.add_row(label, *(f"{figures[name][key]:.4f}" for name in found))
    return table


def _counts(looked: Looked[Embedding]) -> Mapping[str, int]:
    used = [(key.split("/")[0], len(photos)) for key, photos in looked.people.items()]
    return {
        "people": sum(kind == "gallery" and count > 0 for kind, count in used),
        "gallery_photos": sum(count for kind, count in used if kind == "gallery"),
        "queries": sum(count for kind, count in used if kind == "query"),
    }


def _summary(looked: Looked[Embedding]) -> str:
    counts = _counts(looked)
    return f"{counts['people']} people, {counts['gallery_photos']} gallery photos, {counts['queries']} queries"


def _write(path: Path, found: Mapping[str, Recognition], looked: Looked[Embedding]) -> None:
    figures = {**_counts(looked), "refused": dict(looked.refused)} | {name: asdict(one) for name, one in found.items()}
    try:
        path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path}: {unusable(error)}") from error
