"""`gwansang analyze`: photos and clips in, readings out, as text or as the JSON of the API."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gwansang.api.v1.presenters.readings import present
from gwansang.cli.failure import CommandError, error_json, error_text, file_error, naming_file
from gwansang.cli.options import locale_of_terminal, read_norms, read_settings
from gwansang.cli.overlay import overlay_file
from gwansang.cli.progress import progress_bar
from gwansang.cli.report import render_reading
from gwansang.cli.report_page import report_page
from gwansang.container import open_file_analyses
from gwansang.core.exceptions import AppError
from gwansang.core.logging import configure_logging
from gwansang.schemas.analysis import FaceReading
from gwansang.services.ml.face_analyzer import FaceQuery
from gwansang.services.readings.analysis_service import AnalysisService
from gwansang.services.readings.clip_analyses import ClipAnalyses
from gwansang.texts import Locale

_PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_CLIP_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".webm"})
Outcome = FaceReading | AppError | CommandError
Printer = Callable[[Path, Outcome], None]  # prints the outcome of one file to stdout
Services = tuple[AnalysisService, ClipAnalyses]


@dataclass(frozen=True, slots=True)
class AnalyzeOptions:
    """Options that apply to every file."""

    locale: Locale
    birth_year: int | None
    norms: Path | None


def analyze(
    photos: Annotated[
        list[Path],
        typer.Argument(help="Photos (JPEG, PNG, WebP), clips (MP4, MOV, WebM), or folders of them.", metavar="FILE..."),
    ],
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print the API's JSON and nothing else: one line per photo, in order; a photo that can't be read "
            "gives the API's error object.",
        ),
    ] = False,
    full: Annotated[
        bool,
        typer.Option("--full", help="Tell every part with its reasons, the zones, the palaces and the years, too."),
    ] = False,
    locale: Annotated[Locale | None, typer.Option(help="Language of the reading [LANG, else ko].")] = None,
    overlay: Annotated[
        Path | None, typer.Option(help="Draw the measured lines on the photo (one photo; .png, .jpg, .webp or .svg).")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write everything as one HTML page, with the drawn photo (one file).")
    ] = None,
    birth_year: Annotated[int | None, typer.Option(help="Adds the places on the face for the years of life.")] = None,
    norms: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Norms of `gwansang calibrate` [NORMS_PATH].")
    ] = None,
) -> None:
    """Read the faces on photos and clips; exit code 1 when one of them could not be read."""
    photos = list(_files_of(photos))
    if overlay is not None and len(photos) > 1:
        raise typer.BadParameter("it draws on one photo; name a single one", param_hint="--overlay")
    if overlay is not None and _is_clip(photos[0]):
        raise typer.BadParameter(f"it draws on a photo; {photos[0].name} is a clip", param_hint="--overlay")
    if report is not None and len(photos) > 1:
        raise typer.BadParameter("it shows one reading; name a single file", param_hint="--report")
    configure_logging("WARNING", json=False)
    locale = locale or locale_of_terminal()
    printer = _print_json if as_json else _panel_printer(locale, full=full)
    if overlay is not None:
        printer = _with_overlay(printer, overlay)
    if report is not None:
        printer = _with_report(printer, report)
    failures = asyncio.run(_analyze_all(photos, AnalyzeOptions(locale, birth_year, norms), printer))
    if failures:
        raise typer.Exit(1)


async def _analyze_all(photos: list[Path], options: AnalyzeOptions, printer: Printer) -> int:
    """Print the outcome of every photo in order and return the number of those that could not be read."""
    settings = read_settings()
    workers = min(settings.inference_workers, len(photos))
    norms_path = options.norms or settings.norms_path
    read_norms(norms_path)  # reports faults before the models are loaded
    changes = {"inference_workers": workers, "norms_path": norms_path}
    failures = 0
    async with open_file_analyses(settings.model_copy(update=changes)) as services:
        with progress_bar(len(photos)) as advance:
            async for photo, outcome in _outcomes(services, photos, options, workers):
                advance()
                printer(photo, outcome)
                if not isinstance(outcome, FaceReading):
                    failures += 1
                    typer.echo(f"{photo}: {error_text(outcome, options.locale)}", err=True)
    return failures


async def _outcomes(
    services: Services, photos: list[Path], options: AnalyzeOptions, workers: int
) -> AsyncIterator[tuple[Path, Outcome]]:
    running: list[tuple[Path, asyncio.Task[Outcome]]] = []
    waiting = iter(photos)
    while True:
        # One more than there are workers: no worker is idle, and no more photos than that are in memory.
        while len(running) <= workers and (photo := next(waiting, None)) is not None:
            running.append((photo, asyncio.create_task(_outcome(services, photo, options))))
        if not running:
            return
        photo, task = running.pop(0)
        yield photo, await task


async def _outcome(services: Services, photo: Path, options: AnalyzeOptions) -> Outcome:
    analyses, clips = services

    def read_query() -> FaceQuery:
        return FaceQuery(locale=options.locale, birth_year=options.birth_year, image=photo.read_bytes())

    try:
        if _is_clip(photo):
            content = await asyncio.to_thread(photo.read_bytes)
            return present(await clips.analyze(content, options.locale, options.birth_year))
        return present(await analyses.analyze(read_query))
    except AppError as error:
        return error
    except OSError as error:
        return file_error(error)


def _print_json(photo: Path, outcome: Outcome) -> None:
    typer.echo(outcome.model_dump_json() if isinstance(outcome, FaceReading) else error_json(outcome))


def _files_of(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files, and those of the folders by name; raises CommandError for a folder without photos and clips."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        photos = sorted(file for file in path.iterdir() if file.suffix.lower() in _PHOTO_SUFFIXES | _CLIP_SUFFIXES)
        if not photos:
            raise CommandError(f"{path} holds no JPEG, PNG or WebP files and no clips.")
        yield from photos


def _is_clip(path: Path) -> bool:
    return path.suffix.lower() in _CLIP_SUFFIXES


def _panel_printer(locale: Locale, *, full: bool) -> Printer:
    console = Console()

    def print_panel(photo: Path, outcome: Outcome) -> None:
        if isinstance(outcome, FaceReading):
            console.print(render_reading(photo.name, outcome, locale, full=full))

    return print_panel


def _with_overlay(printer: Printer, overlay: Path) -> Printer:
    def print_and_draw(photo: Path, outcome: Outcome) -> None:
        printer(photo, outcome)
        if isinstance(outcome, FaceReading):
            image = overlay_file(photo.read_bytes(), outcome, overlay.suffix)
            with naming_file(overlay):
                overlay.write_bytes(image)

    return print_and_draw


def _with_report(printer: Printer, report: Path) -> Printer:
    def print_and_write(file: Path, outcome: Outcome) -> None:
        printer(file, outcome)
        if isinstance(outcome, FaceReading):
            page = report_page(file.name, outcome, None if _is_clip(file) else file.read_bytes())
            with naming_file(report):
                report.write_text(page, encoding="utf-8")

    return print_and_write
