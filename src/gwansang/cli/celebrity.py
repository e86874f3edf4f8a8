"""`gwansang celebrity`: the gallery of people whom a face may resemble."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from gwansang.cli.demo_gallery import demo
from gwansang.cli.failure import CommandError, unusable
from gwansang.cli.options import settings as read_settings
from gwansang.cli.photo_set import progress_bar
from gwansang.container import open_gallery
from gwansang.core.logging import configure_logging
from gwansang.services.jobs.import_job import ImportedPicture, import_picture
from gwansang.services.lookalike.celebrities import PersonNames, Provenance
from gwansang.services.lookalike.celebrity_service import CelebrityService
from gwansang.services.lookalike.gallery_archive import (
    MAX_PICTURE_BYTES,
    FolderPictures,
    GalleryEntry,
    PictureSource,
    list_entries,
    open_archive,
)

app = typer.Typer(no_args_is_help=True)
app.command("demo")(demo)
T = TypeVar("T")
_AT_ONCE = 4  # pictures that wait for the networks, so that none of these is ever idle


@app.command("list")
def list_people(
    text: Annotated[str | None, typer.Argument(help="Part of a name.")] = None,
    category: Annotated[str | None, typer.Option(help="Only these.")] = None,
    page: Annotated[int, typer.Option(min=1, help="Page to show.")] = 1,
    size: Annotated[int, typer.Option(min=1, max=100, help="People on a page.")] = 50,
) -> None:
    """Show the people of the gallery."""
    shown = _run(lambda gallery: gallery.page(page, size, text=text, category=category))
    if not shown.total:
        searched = text is not None or category is not None
        typer.echo(
            "celebrity: nobody fits; leave the search away to see everybody"
            if searched
            else "celebrity: the gallery is empty; `gwansang celebrity import FOLDER` fills it, "
            "`gwansang celebrity demo` shows how"
        )
        return
    table = Table("id", "name", "English", "category", "pictures", "searched", box=None)
    for one in shown.items:
        table.add_row(str(one.id), one.name_ko, one.name_en, one.category, str(one.photos), str(one.usable))
    Console(soft_wrap=True, markup=False).print(table)
    typer.echo(f"celebrity: page {shown.page} of {shown.pages}, {shown.total} in all")


@app.command()
def add(
    name_ko: Annotated[str, typer.Option("--ko", help="Name in Korean.")],
    name_en: Annotated[str, typer.Option("--en", help="Name in English.")],
    photos: Annotated[list[Path], typer.Argument(metavar="PHOTO...", help="Pictures of this person alone.")],
    category: Annotated[str, typer.Option(help="Such as actor, singer, athlete.")] = "celebrity",
    source: Annotated[str, typer.Option(help="Where the pictures are from.")] = "",
    licence: Annotated[str, typer.Option(help="Under which licence they may be used.")] = "",
    attribution: Annotated[str, typer.Option(help="Who is to be named.")] = "",
) -> None:
    """Add pictures of a person; the pictures themselves are not kept."""
    names, origin = PersonNames(name_ko, name_en), Provenance(source, licence, attribution)
    entries = [GalleryEntry(str(photo), names, category, "", origin) for photo in photos]
    became = _taken(_Files(), entries)
    _tell(became)
    if all(picture.fate == "unusable" for picture in became):
        raise typer.Exit(1)


@app.command("import")
def import_people(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER|ZIP",
            help="One folder a person (`홍길동_Hong Gildong`, or one name), or a CSV with file, name_ko, name_en, "
            "category, source, licence, attribution.",
        ),
    ],
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", help="Write what became of every picture to a file.")
    ] = None,
) -> None:
    """Look at many pictures. One that was interrupted goes on when it is called again: nothing is looked at twice."""
    with _opened(path) as pictures:
        became = _taken(pictures, list_entries(pictures))
    if json_file is not None:
        _write(json_file, [picture.model_dump(mode="json") for picture in became])
    _tell(became)


@app.command()
def export(out: Annotated[Path, typer.Argument(metavar="OUT", help="The JSON file to write.")]) -> None:
    """Write down who is in the gallery and where each picture is from; what the network said of faces stays."""
    people = _run(lambda gallery: gallery.list_everyone())
    _write(out, [{**asdict(person), "pictures": [asdict(photo) for photo in photos]} for person, photos in people])
    typer.echo(f"{out}: {len(people)} people")


@app.command()
def remove(celebrity_id: Annotated[int, typer.Argument(metavar="ID", help="The id that `list` shows.")]) -> None:
    """Remove a person with everything known of their pictures."""
    _run(lambda gallery: gallery.remove(celebrity_id))
    typer.echo(f"celebrity: {celebrity_id} is removed")


class _Files:
    """Pictures named one by one."""

    def files(self) -> list[str]:
        return []

    def read(self, file: str, max_bytes: int) -> bytes:
        with Path(file).open("rb") as opened:
            return opened.read(max_bytes + 1)


@contextmanager
def _opened(path: Path) -> Iterator[PictureSource]:
    if path.is_dir():
        yield FolderPictures(path)
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise CommandError(f"{path}: {unusable(error)}") from error
    with file, open_archive(file) as pictures:
        yield pictures


def _taken(pictures: PictureSource, entries: list[GalleryEntry]) -> list[ImportedPicture]:
    async def work(gallery: CelebrityService) -> list[ImportedPicture]:
        with progress_bar(len(entries)) as advance:
            return [became async for became in _in_order(gallery, pictures, entries, advance)]

    return _run(work)


async def _in_order(
    gallery: CelebrityService, pictures: PictureSource, entries: list[GalleryEntry], advance: Callable[[], None]
) -> AsyncIterator[ImportedPicture]:
    async def take(entry: GalleryEntry) -> ImportedPicture:
        try:
            picture = await asyncio.to_thread(pictures.read, entry.file, MAX_PICTURE_BYTES)
        except OSError as error:
            raise CommandError(f"{entry.file}: {unusable(error)}") from error
        became = await import_picture(gallery, entry, picture)
        advance()
        return became

    for first in range(0, len(entries), _AT_ONCE):
        async with asyncio.TaskGroup() as group:
            some = [group.create_task(take(entry)) for entry in entries[first : first + _AT_ONCE]]
        for task in some:
            yield task.result()


def _tell(became: list[ImportedPicture]) -> None:
    for picture in became:
        if picture.fate != "added":
            why = f" ({picture.failure.code}: {picture.failure.message})" if picture.failure else ""
            typer.echo(f"{picture.file}: {picture.fate}{why}")
    fates = [picture.fate for picture in became]
    told = ", ".join(f"{fates.count(fate)} {fate}" for fate in ("added", "renewed", "duplicate", "unusable"))
    typer.echo(f"celebrity: {told}")


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _write(path: Path, content: object) -> None:
    try:
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1, default=_plain) + "\n", encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path}: {unusable(error)}") from error


def _run(work: Callable[[CelebrityService], Awaitable[T]]) -> T:
    configure_logging("WARNING", json=False)

    async def run() -> T:
        async with open_gallery(read_settings()) as (gallery, _, _):
            return await work(gallery)

    return asyncio.run(run())
