"""The gallery in this process' memory, refreshed within seconds of a change by any replica."""

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
from gwansang.services.lookalike.gallery import Gallery, GalleryPerson, StoredPhoto, build_gallery
from gwansang.services.ml.embedding_service import MODEL

_log = structlog.get_logger("gwansang.gallery")
POLL_S: Final = 2.0
_CHUNK: Final = 2000
_PAUSE: Final = 10.0  # after a refresh, as a multiple of its duration
_TRIES: Final = 3  # to read a gallery that does not change meanwhile


class GallerySearch:
    """Current Gallery of this process, loaded at the first use or the first poll."""

    def __init__(self, uow: UnitOfWork, norms: Norms) -> None:
        self._uow = uow
        self._norms = norms
        self._gallery: Gallery | None = None
        self._loading = asyncio.Lock()
        self._changed = asyncio.Event()

    async def current(self) -> Gallery:
        """Return the gallery as last loaded; loads it if it never was."""
        return self._gallery or await self.refresh()

    def notify_change(self) -> None:
        """Poll at once, after a change by this process."""
        self._changed.set()

    async def refresh(self) -> Gallery:
        """Return the current gallery; loads it if its version has changed."""
        async with self._loading:
            gallery = self._gallery
            async with self._uow.read() as tx:
                version = await tx.gallery_version.get()
            if gallery is None or gallery.version != version:
                gallery = self._gallery = await self._load()
            return gallery

    @asynccontextmanager
    async def polling(self) -> AsyncIterator[None]:
        """Poll for changes every few seconds in the background."""
        task = asyncio.create_task(self._poll(), name="gallery")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _poll(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), POLL_S)
            self._changed.clear()
            started = perf_counter()
            try:
                await self.refresh()
            except Unavailable:
                _log.warning("gallery.refresh_postponed")
            except Exception:  # the gallery as last loaded is still searched
                _log.exception("gallery.refresh_failed")
            # during an import, with its many changes, a large gallery is not reloaded all the time
            await asyncio.sleep(min(_PAUSE * (perf_counter() - started), POLL_S))

    async def _load(self) -> Gallery:
        started = perf_counter()
        for _ in range(_TRIES):
            version, people, photos = await self._read()
            async with self._uow.read() as tx:
                if await tx.gallery_version.get() == version:
                    break
        gallery = await asyncio.to_thread(build_gallery, version, people, photos, self._norms)
        _log.info(
            "gallery.loaded",
            version=version,
            people=len(gallery.people),
            photos=len(photos),
            ms=round((perf_counter() - started) * 1000),
        )
        return gallery

    async def _read(self) -> tuple[int, dict[int, GalleryPerson], list[StoredPhoto]]:
        async with self._uow.read() as tx:
            version = await tx.gallery_version.get()
            people = await _people(tx)
            photos = await _photos(tx)
        return version, people, photos


async def _people(tx: Transaction) -> dict[int, GalleryPerson]:
    people: dict[int, GalleryPerson] = {}
    last_id = 0
    while rows := await tx.celebrities.list_after(last_id, _CHUNK):
        people |= {row.id: GalleryPerson(row.id, row.name_ko, row.name_en, row.category) for row in rows}
        last_id = rows[-1].id
    return people


async def _photos(tx: Transaction) -> list[StoredPhoto]:
    photos: list[StoredPhoto] = []
    cursor: tuple[int, UUID | None] = (0, None)
    while rows := await tx.celebrity_photos.list_after(cursor, MODEL, _CHUNK):
        photos += [StoredPhoto(person, embedding, measures) for _, person, embedding, measures in rows]
        cursor = (rows[-1][1], rows[-1][0])
    return photos
