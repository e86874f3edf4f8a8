"""`gwansang calibrate`: norms of one's own, from photos of the people whom the product is for."""

from pathlib import Path
from typing import Annotated

import typer

from gwansang.cli.failure import CommandError, unusable
from gwansang.cli.options import settings as read_settings
from gwansang.cli.photo_set import Looked, Measured, look, photos_in, refusal_lines
from gwansang.reading.norming import Neighbour, TooFewPeopleError, norms_among
from gwansang.reading.norms_file import norms_text

_FROM = (
    "{people} people ({photos} photos measured, {refused} refused, the best one of each person taken) from the folder "
    "{folder}. Aggregate figures only."
)


def calibrate(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="Photos of adults, near-frontal and sharp: one folder a person, or one photo a person side by side.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="The norms file to write; NORMS_PATH then names it.")],
    name: Annotated[str | None, typer.Option("--id", help="What the norms are called [the folder's name].")] = None,
) -> None:
    """Make norms and scales from your own photos.

    Whom the photos show is yours to see to: adults, one face a photo, near-frontal, good light, with their consent.
    The file holds aggregate figures only; no photo and no person can be told from it.
    """
    settings = read_settings()
    looked = look(_people(folder), settings.model_path, settings.inference_workers)
    chosen = [_neighbour(max(photos, key=lambda one: one.quality)) for photos in looked.people.values() if photos]
    for line in refusal_lines(looked):
        typer.echo(line, err=True)
    provenance = _provenance(folder, looked, len(chosen))
    try:
        norms = norms_among(chosen, name or folder.resolve().name, provenance)
        out.write_text(norms_text(norms), encoding="utf-8")
    except TooFewPeopleError as error:
        raise CommandError(f"Nothing can be calibrated from {folder}: {error}; add photos.") from error
    except OSError as error:
        raise CommandError(f"{out}: {unusable(error)}") from error
    typer.echo(f"{out}: norms of {norms.n} people; set NORMS_PATH={out} to use them")


def _people(folder: Path) -> dict[str, list[Path]]:
    """One folder a person; photos that lie in the folder itself are of one person each."""
    if not folder.is_dir():
        raise CommandError(f"{folder} is no folder; name one that holds photos of adults.")
    people = {place.name: photos_in(place) for place in sorted(folder.iterdir()) if place.is_dir()}
    alone = {photo.name: [photo] for photo in photos_in(folder) if photo.parent == folder}
    return people | alone


def _neighbour(photo: Measured) -> Neighbour:
    values = {key: measured.value for key, measured in photo.measures.values.items()}
    return Neighbour(values, photo.measures.asymmetry)


def _provenance(folder: Path, looked: Looked, people: int) -> str:
    refused = sum(looked.refused.values())
    return _FROM.format(people=people, photos=looked.photos, refused=refused, folder=folder.resolve().name)
