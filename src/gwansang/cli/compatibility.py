"""`gwansang compatibility`: what tradition says of the faces of two people together."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from gwansang.cli.failure import CommandError, error_json, error_text, file_error
from gwansang.cli.options import locale_of_terminal, read_norms, read_settings
from gwansang.container import open_analysis_service
from gwansang.core.exceptions import AppError
from gwansang.core.logging import configure_logging
from gwansang.reading.compatibility import FaceTraits, match_faces, traits_of
from gwansang.reading.minors import may_be_minor
from gwansang.reading.texts import compatibility_text
from gwansang.schemas.compatibility import CompatibilityOut
from gwansang.services.ml.face_analyzer import FaceQuery
from gwansang.services.readings.analysis_service import AnalysisService
from gwansang.texts import Locale


def compatibility(
    one: Annotated[Path, typer.Argument(help="A photo of one person: JPEG, PNG or WebP.", metavar="PHOTO")],
    other: Annotated[Path, typer.Argument(help="A photo of the other person, who agrees to it.", metavar="OTHER")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the API's JSON and nothing else.")] = False,
    locale: Annotated[Locale | None, typer.Option(help="Language of the texts [LANG, else ko].")] = None,
    birth_year: Annotated[int | None, typer.Option(help="Of the person on the first photo.")] = None,
    other_birth_year: Annotated[int | None, typer.Option(help="Of the person on the second photo.")] = None,
    norms: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Norms of `gwansang calibrate` [NORMS_PATH].")
    ] = None,
) -> None:
    """Compare the faces on two photos (궁합), without a grade; exit code 1 when one of them can't be read."""
    configure_logging("WARNING", json=False)
    locale = locale or locale_of_terminal()
    outcomes = asyncio.run(_read_both(((one, birth_year), (other, other_birth_year)), norms))
    faces = [outcome for outcome in outcomes if isinstance(outcome, FaceTraits)]
    if len(faces) == len(outcomes):
        match = CompatibilityOut.model_validate(match_faces(faces[0], faces[1], locale), from_attributes=True)
        if as_json:
            typer.echo(match.model_dump_json())
        else:
            Console().print(_panel(match, locale))
        return
    for photo, outcome in zip((one, other), outcomes, strict=True):
        if not isinstance(outcome, FaceTraits):
            typer.echo(f"{photo}: {error_text(outcome, locale)}", err=True)
            if as_json:
                typer.echo(error_json(outcome))
    raise typer.Exit(1)


async def _read_both(
    photos: tuple[tuple[Path, int | None], ...], norms: Path | None
) -> list[FaceTraits | AppError | CommandError]:
    settings = read_settings()
    norms_path = norms or settings.norms_path
    read_norms(norms_path)  # reports faults before the models are loaded
    changes = {"inference_workers": 1, "norms_path": norms_path}
    async with open_analysis_service(settings.model_copy(update=changes)) as analyses:
        return [await _traits(analyses, photo, birth_year) for photo, birth_year in photos]


async def _traits(
    analyses: AnalysisService, photo: Path, birth_year: int | None
) -> FaceTraits | AppError | CommandError:
    try:
        result = await analyses.analyze(lambda: FaceQuery(birth_year=birth_year, image=photo.read_bytes()))
    except AppError as error:
        return error
    except OSError as error:
        return file_error(error)
    return traits_of(result.reading, is_minor=may_be_minor(birth_year, analyses.today()))


def _panel(match: CompatibilityOut, locale: Locale) -> RenderableType:
    texts = compatibility_text(locale)
    things = Table.grid(padding=(0, 2))
    things.add_row(Text(texts["enjoy"], style="dim"), Text(match.enjoy))
    things.add_row(Text(texts["mind"], style="dim"), Text(match.mind))
    paragraphs = [Text(paragraph.text) for paragraph in match.paragraphs]
    notice = (Text(match.note, style="dim"), Text(match.disclaimer, style="dim"))
    return Panel(Group(Text(match.title, style="bold cyan"), *paragraphs, "", things, "", *notice), padding=(1, 2))
