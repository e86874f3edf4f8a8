"""`gwansang calibrate`: norms of one's own, from photos or remembered measures of the people the product is for."""

from pathlib import Path
from typing import Annotated

import typer

from gwansang.cli.failure import CommandError, unusable
from gwansang.cli.options import settings as read_settings
from gwansang.cli.photo_set import Looked, MeasuredPhoto, look, photos_in, refusal_lines
from gwansang.cli.users import with_accounts
from gwansang.reading.measurements import Measures
from gwansang.reading.norming import MeasuredPerson, TooFewPeopleError, derive_norms
from gwansang.reading.norms_file import format_norms

_FROM = (
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
    name: Annotated[str | None, typer.Option("--id", help="What the norms are called [the folder's name].")] = None,
    from_history: Annotated[
        bool, typer.Option("--from-history", help="Instead of photos: the remembered faces of users who agreed.")
    ] = False,
) -> None:
    """Make norms and scales from your own photos, or from your users' remembered measures.

    Whom the photos show is yours to see to: adults, one face a photo, near-frontal, good light, with their consent.
    The file holds aggregate figures only; no photo and no person can be told from it.
    """
    if from_history == (folder is not None):
        raise CommandError("Name a folder of photos, or ask for --from-history: one of the two.")
    people, provenance = _from_photos(folder) if folder is not None else _from_history()
    source = folder.resolve().name if folder is not None else "history"
    try:
        norms = derive_norms(people, name or source, provenance)
        out.write_text(format_norms(norms), encoding="utf-8")
    except TooFewPeopleError as error:
        advice = "add photos" if folder is not None else "ask again when more users agree to `improve`"
        raise CommandError(f"Nothing can be calibrated from {source}: {error}; {advice}.") from error
    except OSError as error:
        raise CommandError(f"{out}: {unusable(error)}") from error
    typer.echo(f"{out}: norms of {norms.n} people; set NORMS_PATH={out} to use them")


def _from_history() -> tuple[list[MeasuredPerson], str]:
    known = with_accounts(lambda accounts: accounts.profiles.measures_for_norms())
    return [_neighbour(measures) for measures in known], _FROM_HISTORY.format(people=len(known))


def _from_photos(folder: Path) -> tuple[list[MeasuredPerson], str]:
    settings = read_settings()
    looked = look(_people(folder), settings.model_path, settings.inference_workers)
    best = [max(photos, key=lambda one: one.quality) for photos in looked.people.values() if photos]
    for line in refusal_lines(looked):
        typer.echo(line, err=True)
    return [_neighbour(photo.measures) for photo in best], _provenance(folder, looked, len(best))


def _people(folder: Path) -> dict[str, list[Path]]:
    """One folder a person; photos that lie in the folder itself are of one person each."""
    if not folder.is_dir():
        raise CommandError(f"{folder} is no folder; name one that holds photos of adults.")
    people = {place.name: photos_in(place) for place in sorted(folder.iterdir()) if place.is_dir()}
    alone = {photo.name: [photo] for photo in photos_in(folder) if photo.parent == folder}
    return people | alone


def _neighbour(measures: Measures) -> MeasuredPerson:
    return MeasuredPerson({key: measured.value for key, measured in measures.values.items()}, measures.asymmetry)


def _provenance(folder: Path, looked: Looked[MeasuredPhoto], people: int) -> str:
    refused = sum(looked.refused.values())
    return _FROM.format(people=people, photos=looked.photos, refused=refused, folder=folder.resolve().name)
