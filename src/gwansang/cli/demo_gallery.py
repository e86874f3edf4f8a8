"""`gwansang celebrity demo`: a gallery of drawn people, and a face that is matched with it."""

import asyncio
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import typer
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from gwansang.cli.options import read_settings
from gwansang.config import Settings
from gwansang.container import open_gallery
from gwansang.core.logging import configure_logging
from gwansang.services.jobs.import_job import ImportedPicture, import_picture
from gwansang.services.lookalike.gallery import Matches
from gwansang.services.lookalike.gallery_archive import MAX_PICTURE_BYTES, list_entries, open_archive
from gwansang.services.ml.face_analyzer import FaceQuery
from gwansang.vision.drawn_face import draw_face
from gwansang.vision.face import Points
from gwansang.vision.mesh import canonical_face

_NAMES = ("가온_Gaon", "나루_Naru", "다솜_Dasom", "라온_Raon", "마루_Maru", "바다_Bada", "새론_Saeron", "아라_Ara")
_RADIUS_CM, _SHIFT_CM = 3.0, 0.55  # of the differences between drawn people
_SHIFTS = 24


def demo() -> None:
    """Show the whole way: drawn people in a ZIP, imported into a gallery of its own, and a face that is matched.

    The people are drawn and nobody's; the gallery of this service is not touched. Pictures of real people are for you
    to bring, with the right to use them: `gwansang celebrity import`.
    """
    configure_logging("WARNING", json=False)
    with tempfile.TemporaryDirectory(prefix="gwansang-demo-") as folder:
        database = SecretStr(f"sqlite:///{Path(folder) / 'demo.sqlite3'}")
        settings = read_settings().model_copy(update={"database_url": database, "storage_folder": Path(folder)})
        pictures, name, matches = asyncio.run(_import_and_match(settings))
    console = Console(soft_wrap=True, markup=False, highlight=False)
    console.print(f"1. A ZIP with {len(pictures)} drawn pictures of {len(_NAMES)} people who don't exist.")
    outcomes = [picture.fate for picture in pictures]
    console.print(f"2. Imported: {outcomes.count('added')} added, {outcomes.count('duplicate')} already there.")
    console.print(f"3. A third picture, of {name}, is asked for:", "")
    table = Table("", "name", "percentile", *next(iter(matches.matches)).similarity, box=None)
    for rank, match in enumerate(matches.matches, start=1):
        similarities = [str(similarity) for similarity in match.similarity.values()]
        table.add_row(str(rank), match.person.name_ko, f"{match.percentile:.1f}", *similarities)
    console.print(table, "")
    nearest = ", ".join(f"{region} {match.person.name_ko}" for region, match in matches.regions.items())
    console.print(f"4. Region by region the closest: {nearest}.")
    typer.echo(
        f"celebrity: gallery version {matches.gallery_version}, {matches.gallery_size} people; all of it is gone now"
    )


async def _import_and_match(settings: Settings) -> tuple[list[ImportedPicture], str, Matches]:
    async with open_gallery(settings) as (gallery, search, embeddings):
        with open_archive(BytesIO(_archive())) as source:
            pictures = [
                await import_picture(gallery, entry, source.read(entry.file, MAX_PICTURE_BYTES))
                for entry in list_entries(source)
            ]
        query = FaceQuery(image=_picture(2, size=0.9, light=0.85))
        snapshot = await search.refresh()
        matches = await embeddings.compare(lambda: query, lambda face, _: snapshot.match(face, 5))
        return pictures, _NAMES[2].split("_")[0], matches


def _archive() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, name in enumerate(_NAMES):
            for view, (size, light) in enumerate(((1.0, 1.0), (1.15, 0.92)), start=1):
                archive.writestr(f"{name}/{view}.jpg", _picture(number, size=size, light=light))
    return buffer.getvalue()


def _picture(number: int, *, size: float, light: float) -> bytes:
    """Draw a person as a JPEG; the same number is the same person."""
    drawing = draw_face(face_width=240.0 * size, vertices=_person(number))
    tint = np.random.default_rng(number).uniform(0.8, 1.05, 3) * light
    lit = np.clip(drawing * tint, 0, 255).astype(np.uint8)
    return cv2.imencode(".jpg", lit[..., ::-1])[1].tobytes()


def _person(number: int) -> Points:
    """Return the canonical face with some of its regions shifted, symmetrically."""
    mesh = canonical_face()
    random = np.random.default_rng(1000 + number)
    centres = mesh.vertices[random.choice(len(mesh.vertices), _SHIFTS, replace=False)]
    shifts = random.normal(scale=_SHIFT_CM, size=(_SHIFTS, 3))
    weights = np.exp(-((mesh.vertices[:, None] - centres[None]) ** 2).sum(axis=2) / (2 * _RADIUS_CM**2))
    moved = weights @ shifts
    person: Points = mesh.vertices + (moved + moved[mesh.mirror] * (-1.0, 1.0, 1.0)) / 2
    return person
