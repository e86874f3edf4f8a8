"""Keeps the searchable gallery up to date in this process: every replica sees a change within seconds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import perf_counter
from typing import Final
from uuid import UUID

import structlog

from gwansang.core.exceptions import Unavailable
from gwansang.reading.norms import Norms
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.lookalike.gallery import Gallery, Person, StoredPhoto, gallery_of
from gwansang.services.ml.embedding_service import MODEL

_log = structlog.get_logger("gwansang.gallery")
POLL_S: Final = 2.0
_CHUNK: Final = 2000
_REST: Final = 10.0  # of the time that reading took
_TRIES: Final = 3  # of a gallery that changes while it is read


class GallerySearch:
    """The gallery in memory; nothing is read before somebody asks, or before it was watched for a moment."""

    def __init__(self, uow: UnitOfWork, norms: Norms, *, poll_s: float = POLL_S) -> None:
        self._uow = uow
        self._norms = norms
        self._poll_s = poll_s
        self._gallery: Gallery | None = None
        self._loading = asyncio.Lock()
        self._changed = asyncio.Event()

    async def current(self) -> Gallery:
        """The gallery as this process knows it; read now if it is not there yet."""
        return self._gallery or await self.refresh()

    def changed(self) -> None:
        """To be called after a change of one's own: it is looked for at once."""
        self._changed.set()

    async def refresh(self) -> Gallery:
        """The gallery as it is; read again only where its version is another."""
        async with self._loading:
            known = self._gallery
            async with self._uow.read() as tx:
                version = await tx.gallery_version.get()
            if known is None or known.version != version:
                known = self._gallery = await self._load()
            return known

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Looks for changes every few seconds meanwhile."""
        task = asyncio.create_task(self._watch(), name="gallery")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _watch(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), self._poll_s)
            self._changed.clear()
            started = perf_counter()
            try:
                await self.refresh()
            except Unavailable:
                _log.warning("gallery.postponed")
            except Exception:  # the gallery that is known goes on being searched
                _log.exception("gallery.failed")
            # while much changes, as in an import, a large gallery is not read all the time
            await asyncio.sleep(min(_REST * (perf_counter() - started), self._poll_s))

    async def _load(self) -> Gallery:
        started = perf_counter()
        for _ in range(_TRIES):
            version, people, photos = await self._read()
            async with self._uow.read() as tx:
                if await tx.gallery_version.get() == version:
                    break
        gallery = await asyncio.to_thread(gallery_of, version, people, photos, self._norms)
        _log.info(
            "gallery.loaded",
            version=version,
            people=len(gallery.people),
            photos=len(photos),
            approximate=gallery.index.approximate,
            ms=round((perf_counter() - started) * 1000),
        )
        return gallery

    async def _read(self) -> tuple[int, dict[int, Person], list[StoredPhoto]]:
        async with self._uow.read() as tx:
            version = await tx.gallery_version.get()
            people = await _people(tx)
            photos = await _photos(tx)
        return version, people, photos


async def _people(tx: Transaction) -> dict[int, Person]:
    people: dict[int, Person] = {}
    last = 0
    while rows := await tx.celebrities.list_after(last, _CHUNK):
        people |= {row.id: Person(row.id, row.name_ko, row.name_en, row.category) for row in rows}
        last = rows[-1].id
    return people


async def _photos(tx: Transaction) -> list[StoredPhoto]:
    photos: list[StoredPhoto] = []
    place: tuple[int, UUID | None] = (0, None)
    while rows := await tx.celebrity_photos.list_after(place, MODEL, _CHUNK):
        photos += [StoredPhoto(person, embedding, measures) for _, person, embedding, measures in rows]
        place = (rows[-1][1], rows[-1][0])
    return photos
