"""`gwansang evaluate lookalike`: recognition of people, and stability of their look-alikes, on labelled photos."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from gwansang.cli.failure import CommandError, write_json
from gwansang.cli.options import read_settings
from gwansang.cli.photo_set import (
    PhotoSetResult,
    photos_by_name,
    photos_by_person,
    process_photos,
    rejection_lines,
)
from gwansang.services.lookalike.recognition import Recognition, Trial, measure_recognition
from gwansang.vision.embedding import Embedding, embed_face
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo_with_image

Photos = Mapping[str, Sequence[Path]]
Embeddings = PhotoSetResult[tuple[str, str], Embedding]  # by kind of photo and person
_GALLERY, _QUERY = "gallery", "query"
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
            help="One folder a person: the first photo is in the gallery, the others are queries. Or portraits of "
            "the same people in neutral/ (the gallery) and smiling/ (the queries). With --queries: the gallery.",
        ),
    ],
    queries: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Query photos: one folder a person, or the same name before the underscore."),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", help="Write every figure to a file.")
    ] = None,
) -> None:
    """Measure the look-alike match on labelled photos; exit code 1 if nothing can be compared."""
    settings = read_settings()
    if queries is None:
        gallery_photos, query_photos = _split_photos(photos_by_person(folder))
    else:
        gallery_photos, query_photos = photos_by_name(folder), photos_by_name(queries)
    photos = {(_GALLERY, name): paths for name, paths in gallery_photos.items()}
    photos |= {(_QUERY, name): paths for name, paths in query_photos.items()}
    result = process_photos(photos, settings.model_path, settings.inference_workers, _embed)
    recognitions = _measure(_trial(result), folder, result)
    console = Console(soft_wrap=True, highlight=False)
    console.print(_table(recognitions), "")
    console.print(_summary(result), markup=False)
    for line in rejection_lines(result):
        console.print(line, markup=False)
    if json_file is not None:
        figures = {name: asdict(recognition) for name, recognition in recognitions.items()}
        write_json(json_file, {**_counts(result), "refused": dict(result.rejected), **figures})


def _embed(photo: bytes, networks: Networks) -> Embedding:
    face, picture = read_photo_with_image(photo, networks)
    return embed_face(networks, picture, face.points)


def _split_photos(people: Photos) -> tuple[Photos, Photos]:
    """Return the first photo of each person for the gallery, and the others as queries."""
    return {name: paths[:1] for name, paths in people.items()}, {name: paths[1:] for name, paths in people.items()}


def _trial(result: Embeddings) -> Trial:
    """Return the trial of all people of whom the gallery has a photo."""
    names = [name for (kind, name), vectors in result.people.items() if kind == _GALLERY and vectors]
    index_of = {name: index for index, name in enumerate(names)}
    return Trial(
        gallery=[np.array(result.people[_GALLERY, name]) for name in names],
        queries=[
            (vector, index_of[name])
            for (kind, name), vectors in result.people.items()
            if kind == _QUERY and name in index_of
            for vector in vectors
        ],
    )


def _measure(trial: Trial, folder: Path, result: Embeddings) -> Mapping[str, Recognition]:
    try:
        return {
            "centred": measure_recognition(trial, centre=True),
            "plain": measure_recognition(trial, centre=False),
        }
    except ValueError as error:
        why = "; ".join(rejection_lines(result))
        raise CommandError(
            f"Nothing can be compared in {folder}: {error}; give every person a folder with two photos or more"
            f"{f' ({why})' if why else ''}."
        ) from error


def _table(recognitions: Mapping[str, Recognition]) -> Table:
    table = Table("", *recognitions, title="Look-alikes", title_justify="left", box=None)
    figures = [asdict(recognition) for recognition in recognitions.values()]
    for key, label in _ROWS.items():
        table.add_row(label, *(f"{values[key]:.4f}" for values in figures))
    return table


def _counts(result: Embeddings) -> Mapping[str, int]:
    gallery = [len(vectors) for (kind, _), vectors in result.people.items() if kind == _GALLERY]
    queries = [len(vectors) for (kind, _), vectors in result.people.items() if kind == _QUERY]
    return {
        "people": sum(count > 0 for count in gallery),
        "gallery_photos": sum(gallery),
        "queries": sum(queries),
    }


def _summary(result: Embeddings) -> str:
    counts = _counts(result)
    return f"{counts['people']} people, {counts['gallery_photos']} gallery photos, {counts['queries']} queries"
