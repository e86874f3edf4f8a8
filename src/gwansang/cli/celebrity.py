"""`gwansang celebrity`: the gallery of people that faces are compared with."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from gwansang.cli.demo_gallery import demo
from gwansang.cli.failure import naming_file, write_json
from gwansang.cli.options import read_settings
from gwansang.cli.progress import progress_bar
from gwansang.container import open_gallery
from gwansang.core.logging import configure_logging
from gwansang.core.paging import PageRequest
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
_CONCURRENCY = 4  # enough pictures in the queue that no thread of the pool is idle


@app.command("list")
def list_people(
    text: Annotated[str | None, typer.Argument(help="Part of a name.")] = None,
    category: Annotated[str | None, typer.Option(help="Only these.")] = None,
    page: Annotated[int, typer.Option(min=1, help="Page to show.")] = 1,
    size: Annotated[int, typer.Option(min=1, max=100, help="People on a page.")] = 50,
) -> None:
    """Show the people of the gallery."""
    people = _run_with_gallery(lambda gallery: gallery.page(PageRequest(page, size), text=text, category=category))
    if not people.total:
        searched = text is not None or category is not None
        typer.echo(
            "celebrity: nobody fits; leave the search away to see everybody"
            if searched
            else "celebrity: the gallery is empty; `gwansang celebrity import FOLDER` fills it, "
            "`gwansang celebrity demo` shows how"
        )
        return
    table = Table("id", "name", "English", "category", "pictures", "searched", box=None)
    for person in people.items:
        counts = str(person.photos), str(person.usable)
        table.add_row(str(person.id), person.name_ko, person.name_en, person.category, *counts)
    Console(soft_wrap=True, markup=False).print(table)
    typer.echo(f"celebrity: page {people.page} of {people.pages}, {people.total} in all")


@app.command()
def add(
    name_ko: Annotated[str, typer.Option("--ko", help="Name in Korean.")],
    name_en: Annotated[str, typer.Option("--en", help="Name in English.")],
    photos: Annotated[list[Path], typer.Argument(metavar="PHOTO...", help="Pictures of this person alone.")],
    category: Annotated[str, typer.Option(help="Such as actor, singer, athlete.")] = "celebrity",
    source: Annotated[str, typer.Option(help="Origin of the pictures.")] = "",
    licence: Annotated[str, typer.Option(help="Licence of the pictures.")] = "",
    attribution: Annotated[str, typer.Option(help="Name to credit.")] = "",
) -> None:
    """Add pictures of a person; the pictures themselves are not kept."""
    names, provenance = PersonNames(name_ko, name_en), Provenance(source, licence, attribution)
    entries = [GalleryEntry(str(photo), names, category, "", provenance) for photo in photos]
    pictures = _import_entries(_NamedFiles(), entries)
    _print_outcomes(pictures)
    if all(picture.fate == "unusable" for picture in pictures):
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
        Path | None, typer.Option("--json", metavar="OUT", help="Write the outcome of every picture to a file.")
    ] = None,
) -> None:
    """Import many pictures. An interrupted import continues when it is called again: no picture is imported twice."""
    with _open_pictures(path) as source:
        pictures = _import_entries(source, list_entries(source))
    if json_file is not None:
        write_json(json_file, [picture.model_dump(mode="json") for picture in pictures])
    _print_outcomes(pictures)


@app.command()
def export(out: Annotated[Path, typer.Argument(metavar="OUT", help="The JSON file to write.")]) -> None:
    """Write the people of the gallery and the origin of each picture to a file; embeddings are not exported."""
    people = _run_with_gallery(lambda gallery: gallery.list_everyone())
    write_json(out, [{**asdict(person), "pictures": [asdict(photo) for photo in photos]} for person, photos in people])
    typer.echo(f"{out}: {len(people)} people")


@app.command()
def remove(celebrity_id: Annotated[int, typer.Argument(metavar="ID", help="The id that `list` shows.")]) -> None:
    """Remove a person with all data of their pictures."""
    _run_with_gallery(lambda gallery: gallery.remove(celebrity_id))
    typer.echo(f"celebrity: {celebrity_id} is removed")


class _NamedFiles:
    """Pictures that are given one by one."""

    def files(self) -> list[str]:
        return []

    def read(self, file: str, max_bytes: int) -> bytes:
        with Path(file).open("rb") as stream:
            return stream.read(max_bytes + 1)


@contextmanager
def _open_pictures(path: Path) -> Iterator[PictureSource]:
    if path.is_dir():
        yield FolderPictures(path)
        return
    with naming_file(path):
        file = path.open("rb")
    with file, open_archive(file) as pictures:
        yield pictures


def _import_entries(source: PictureSource, entries: list[GalleryEntry]) -> list[ImportedPicture]:
    async def use(gallery: CelebrityService) -> list[ImportedPicture]:
        with progress_bar(len(entries)) as advance:
            return [picture async for picture in _imported_in_order(gallery, source, entries, advance)]

    return _run_with_gallery(use)


async def _imported_in_order(
    gallery: CelebrityService, source: PictureSource, entries: list[GalleryEntry], advance: Callable[[], None]
) -> AsyncIterator[ImportedPicture]:
    async def import_entry(entry: GalleryEntry) -> ImportedPicture:
        with naming_file(entry.file):
            picture = await asyncio.to_thread(source.read, entry.file, MAX_PICTURE_BYTES)
        imported = await import_picture(gallery, entry, picture)
        advance()
        return imported

    for first in range(0, len(entries), _CONCURRENCY):
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(import_entry(entry)) for entry in entries[first : first + _CONCURRENCY]]
        for task in tasks:
            yield task.result()


def _print_outcomes(pictures: list[ImportedPicture]) -> None:
    for picture in pictures:
        if picture.fate != "added":
            why = f" ({picture.failure.code}: {picture.failure.message})" if picture.failure else ""
            typer.echo(f"{picture.file}: {picture.fate}{why}")
    outcomes = [picture.fate for picture in pictures]
    counts = ", ".join(
        f"{outcomes.count(outcome)} {outcome}" for outcome in ("added", "renewed", "duplicate", "unusable")
    )
    typer.echo(f"celebrity: {counts}")


def _run_with_gallery(use: Callable[[CelebrityService], Awaitable[T]]) -> T:
    configure_logging("WARNING", json=False)

    async def run() -> T:
        async with open_gallery(read_settings()) as (gallery, _, _):
            return await use(gallery)

    return asyncio.run(run())
