"""`gwansang celebrity demo`: the whole way of the look-alike match, with people who don't exist."""

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

from gwansang.cli.options import settings as read_settings
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
_REACH_CM, _STEP_CM = 3.0, 0.55
_CENTRES = 24


def demo() -> None:
    """Show the whole way: drawn people in a ZIP, imported into a gallery of its own, and a face that is matched.

    The people are drawn and nobody's; the gallery of this service is not touched. Pictures of real people are for you
    to bring, with the right to use them: `gwansang celebrity import`.
    """
    configure_logging("WARNING", json=False)
    with tempfile.TemporaryDirectory(prefix="gwansang-demo-") as folder:
        database = SecretStr(f"sqlite:///{Path(folder) / 'demo.sqlite3'}")
        settings = read_settings().model_copy(update={"database_url": database, "storage_folder": Path(folder)})
        became, asked, found = asyncio.run(_shown(settings))
    console = Console(soft_wrap=True, markup=False, highlight=False)
    console.print(f"1. A ZIP with {len(became)} drawn pictures of {len(_NAMES)} people who don't exist.")
    fates = [picture.fate for picture in became]
    console.print(f"2. Imported: {fates.count('added')} added, {fates.count('duplicate')} already there.")
    console.print(f"3. A third picture, of {asked}, is asked for:", "")
    table = Table("", "name", "percentile", *next(iter(found.matches)).similarity, box=None)
    for rank, one in enumerate(found.matches, start=1):
        shares = [str(share) for share in one.similarity.values()]
        table.add_row(str(rank), one.person.name_ko, f"{one.percentile:.1f}", *shares)
    console.print(table, "")
    nearest = ", ".join(f"{region} {one.person.name_ko}" for region, one in found.regions.items())
    console.print(f"4. Region by region the closest: {nearest}.")
    typer.echo(
        f"celebrity: gallery version {found.gallery_version}, {found.gallery_size} people; all of it is gone now"
    )


async def _shown(settings: Settings) -> tuple[list[ImportedPicture], str, Matches]:
    async with open_gallery(settings) as (gallery, search, embeddings):
        with open_archive(BytesIO(_archive())) as pictures:
            became = [
                await import_picture(gallery, entry, pictures.read(entry.file, MAX_PICTURE_BYTES))
                for entry in list_entries(pictures)
            ]
        query = FaceQuery(image=_picture(2, size=0.9, light=0.85))
        known = await search.refresh()
        return (
            became,
            _NAMES[2].split("_")[0],
            await embeddings.compare(lambda: query, lambda face, _: known.match(face, 5)),
        )


def _archive() -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, name in enumerate(_NAMES):
            for view, (size, light) in enumerate(((1.0, 1.0), (1.15, 0.92)), start=1):
                archive.writestr(f"{name}/{view}.jpg", _picture(number, size=size, light=light))
    return packed.getvalue()


def _picture(number: int, *, size: float, light: float) -> bytes:
    """A drawn person as a JPEG; the same number is the same person."""
    drawn = draw_face(face_width=240.0 * size, vertices=_person(number))
    draws = np.random.default_rng(number)
    tint = draws.uniform(0.8, 1.05, 3) * light
    lit = np.clip(drawn * tint, 0, 255).astype(np.uint8)
    return cv2.imencode(".jpg", lit[..., ::-1])[1].tobytes()


def _person(number: int) -> Points:
    """The canonical face with some of its places moved, alike on both sides."""
    mesh = canonical_face()
    draws = np.random.default_rng(1000 + number)
    centres = mesh.vertices[draws.choice(len(mesh.vertices), _CENTRES, replace=False)]
    steps = draws.normal(scale=_STEP_CM, size=(_CENTRES, 3))
    near = np.exp(-((mesh.vertices[:, None] - centres[None]) ** 2).sum(axis=2) / (2 * _REACH_CM**2))
    moved = near @ steps
    both: Points = mesh.vertices + (moved + moved[mesh.mirror] * (-1.0, 1.0, 1.0)) / 2
    return both
