"""`gwansang calibrate`: norms from photos, or from remembered measures, of the people that the product is for."""

from pathlib import Path
from typing import Annotated

import typer

from gwansang.cli.failure import CommandError, naming_file
from gwansang.cli.options import read_settings
from gwansang.cli.photo_set import MeasuredPhoto, PhotoSetResult, list_photos, measure_photos, rejection_lines
from gwansang.cli.users import run_with_accounts
from gwansang.reading.measurements import Measures
from gwansang.reading.norming import TooFewPeopleError, derive_norms
from gwansang.reading.norms_file import format_norms

_FROM_PHOTOS = (
    "{people} people ({photos} photos measured, {refused} refused, the best one of each person taken) from the folder "
    "{folder}. Aggregate figures only."
)
_FROM_HISTORY = (
    "{people} users who agreed that their measures improve the measuring; each the mean of their photos, apart from "
    "their accounts. Aggregate figures only."
)


def calibrate(
    out: Annotated[Path, typer.Option("--out", help="The norms file to write; NORMS_PATH then names it.")],
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            help="Photos of adults, near-frontal and sharp: one folder a person, or one photo a person side by side.",
        ),
    ] = None,
    name: Annotated[str | None, typer.Option("--id", help="Name of the norms [the folder's name].")] = None,
    from_history: Annotated[
        bool, typer.Option("--from-history", help="Instead of photos: the remembered faces of users who agreed.")
    ] = False,
) -> None:
    """Make norms and scales from your own photos, or from your users' remembered measures.

    You have to make sure that the photos show consenting adults, one face a photo, near-frontal, in good light.
    The file holds aggregate figures only; no photo and no person can be identified from it.
    """
    if from_history == (folder is not None):
        raise CommandError("Name a folder of photos, or ask for --from-history: one of the two.")
    people, provenance = _measure_folder(folder) if folder is not None else _measures_of_users()
    source = folder.resolve().name if folder is not None else "history"
    try:
        norms = derive_norms(people, name or source, provenance)
        with naming_file(out):
            out.write_text(format_norms(norms), encoding="utf-8")
    except TooFewPeopleError as error:
        advice = "add photos" if folder is not None else "ask again when more users agree to `improve`"
        raise CommandError(f"Nothing can be calibrated from {source}: {error}; {advice}.") from error
    typer.echo(f"{out}: norms of {norms.n} people; set NORMS_PATH={out} to use them")


def _measures_of_users() -> tuple[list[dict[str, float]], str]:
    profiles = run_with_accounts(lambda accounts: accounts.profiles.measures_for_norms())
    return [_values_of(measures) for measures in profiles], _FROM_HISTORY.format(people=len(profiles))


def _measure_folder(folder: Path) -> tuple[list[dict[str, float]], str]:
    settings = read_settings()
    result = measure_photos(_photos_of_people(folder), settings.model_path, settings.inference_workers)
    bare = [[photo for photo in photos if not photo.measures.unseen] for photos in result.people.values()]
    best = [max(photos, key=lambda photo: photo.quality) for photos in bare if photos]
    for line in rejection_lines(result):
        typer.echo(line, err=True)
    return [_values_of(photo.measures) for photo in best], _provenance(folder, result, len(best))


def _photos_of_people(folder: Path) -> dict[str, list[Path]]:
    """List photos by person: one folder a person, and one person for each photo that is in the folder itself."""
    if not folder.is_dir():
        raise CommandError(f"{folder} is no folder; name one that holds photos of adults.")
    people = {person.name: list_photos(person) for person in sorted(folder.iterdir()) if person.is_dir()}
    single = {photo.name: [photo] for photo in list_photos(folder) if photo.parent == folder}
    return people | single


def _values_of(measures: Measures) -> dict[str, float]:
    return {key: measured.value for key, measured in measures.values.items()}


def _provenance(folder: Path, result: PhotoSetResult[str, MeasuredPhoto], people: int) -> str:
    refused = sum(result.rejected.values())
    return _FROM_PHOTOS.format(people=people, photos=result.photos, refused=refused, folder=folder.resolve().name)
