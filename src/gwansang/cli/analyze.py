"""`gwansang analyze`: photos in, readings out - a table for people or the API's JSON."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from gwansang.api.v1.presenters.readings import present
from gwansang.cli.failure import CommandError, envelope, sentence, unusable
from gwansang.cli.options import norms as read_norms
from gwansang.cli.options import settings as read_settings
from gwansang.cli.overlay import draw
from gwansang.cli.report import report
from gwansang.container import open_analysis_service
from gwansang.core.exceptions import AppError
from gwansang.core.logging import configure_logging
from gwansang.schemas.analysis import FaceReading
from gwansang.services.ml.face_analyzer import FaceQuery
from gwansang.services.readings.analysis_service import AnalysisService
from gwansang.texts import DEFAULT_LOCALE, Locale

Outcome = FaceReading | AppError | CommandError


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked about every photo."""

    locale: Locale
    birth_year: int | None
    norms: Path | None


class Show(Protocol):
    """Puts one photo's outcome on stdout."""

    def __call__(self, photo: Path, outcome: Outcome) -> None: ...


def analyze(
    photos: Annotated[list[Path], typer.Argument(help="JPEG, PNG or WebP files.", metavar="PHOTO...")],
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print the API's JSON and nothing else: one line per photo, in order; a photo that can't be read "
            "gives the API's error object.",
        ),
    ] = False,
    locale: Annotated[Locale, typer.Option(help="Language of the reading.")] = DEFAULT_LOCALE,
    overlay: Annotated[
        Path | None, typer.Option(help="Draw the measured lines on the photo (one photo; .png, .jpg or .webp).")
    ] = None,
    birth_year: Annotated[int | None, typer.Option(help="Adds the places on the face for the years of life.")] = None,
    norms: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Norms of `gwansang calibrate` [NORMS_PATH].")
    ] = None,
) -> None:
    """Read the faces on photos; exit code 1 when one of them could not be read."""
    if overlay is not None and len(photos) > 1:
        raise typer.BadParameter("it draws on one photo; name a single one", param_hint="--overlay")
    configure_logging("WARNING", json=False)
    show = _show_json if as_json else _show_table(locale)
    wish = Wish(locale, birth_year, norms)
    bad = asyncio.run(_analyze_all(photos, wish, _with_overlay(show, overlay)))
    if bad:
        raise typer.Exit(1)


async def _analyze_all(photos: list[Path], wish: Wish, show: Show) -> int:
    """Show every photo's outcome in order and return how many could not be read."""
    chosen = read_settings()
    workers = min(chosen.inference_workers, len(photos))
    norms_path = wish.norms or chosen.norms_path
    read_norms(norms_path)  # what is wrong with them is a sentence before anything is loaded
    changed = {"inference_workers": workers, "norms_path": norms_path}
    bad = 0
    async with open_analysis_service(chosen.model_copy(update=changed)) as analyses:
        with _progress(len(photos)) as advance:
            async for photo, outcome in _outcomes(analyses, photos, wish, workers):
                advance()
                show(photo, outcome)
                if not isinstance(outcome, FaceReading):
                    bad += 1
                    typer.echo(f"{photo}: {sentence(outcome, wish.locale)}", err=True)
    return bad


async def _outcomes(
    analyses: AnalysisService, photos: list[Path], wish: Wish, workers: int
) -> AsyncIterator[tuple[Path, Outcome]]:
    running: list[tuple[Path, asyncio.Task[Outcome]]] = []
    waiting = iter(photos)
    while True:
        # One more than there are workers: nobody idles, and no more photos than that are in memory.
        while len(running) <= workers and (photo := next(waiting, None)) is not None:
            running.append((photo, asyncio.create_task(_outcome(analyses, photo, wish))))
        if not running:
            return
        photo, task = running.pop(0)
        yield photo, await task


async def _outcome(analyses: AnalysisService, photo: Path, wish: Wish) -> Outcome:
    def ask() -> FaceQuery:
        return FaceQuery(locale=wish.locale, birth_year=wish.birth_year, image=photo.read_bytes())

    try:
        return present(await analyses.analyze(ask))
    except AppError as error:
        return error
    except OSError as error:
        return unusable(error)


def _show_json(photo: Path, outcome: Outcome) -> None:
    typer.echo(outcome.model_dump_json() if isinstance(outcome, FaceReading) else envelope(outcome))


def _show_table(locale: Locale) -> Show:
    console = Console()

    def show(photo: Path, outcome: Outcome) -> None:
        if isinstance(outcome, FaceReading):
            console.print(report(photo.name, outcome, locale))

    return show


def _with_overlay(show: Show, overlay: Path | None) -> Show:
    def both(photo: Path, outcome: Outcome) -> None:
        show(photo, outcome)
        if overlay is not None and isinstance(outcome, FaceReading):
            _write(overlay, photo, outcome)

    return both


def _write(overlay: Path, photo: Path, reading: FaceReading) -> None:
    image = draw(photo.read_bytes(), reading, overlay.suffix)
    try:
        overlay.write_bytes(image)
    except OSError as error:
        raise CommandError(f"{overlay}: {unusable(error)}") from error


def _progress(total: int) -> AbstractContextManager[Callable[[], None]]:
    if total == 1 or not sys.stderr.isatty():
        return nullcontext(_nothing)
    return _Bar(total)


def _nothing() -> None:
    return None


class _Bar:
    """A bar on stderr that tables and sentences push downwards."""

    def __init__(self, total: int) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task("photos", total=total)

    def __enter__(self) -> Callable[[], None]:
        self._bar.start()
        return lambda: self._bar.advance(self._task)

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
