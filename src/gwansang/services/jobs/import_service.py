"""Imports into the gallery, submitted as long work: what can be refused at once is refused at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from typing import BinaryIO

from gwansang.services.jobs.import_job import IMPORT, encode_picture
from gwansang.services.lookalike.gallery_archive import (
    MAX_PICTURE_BYTES,
    ArchivePictures,
    GalleryEntry,
    list_entries,
    open_archive,
)
from gwansang.services.tasks.task_service import TaskInfo, TaskService


class ImportService:
    """Takes archives and hands their pictures on, one by one."""

    def __init__(self, tasks: TaskService) -> None:
        self._tasks = tasks

    async def submit(self, user_id: int, archive: BinaryIO, idempotency_key: str | None) -> TaskInfo:
        """A task that looks at every picture; raises InvalidArchiveError, and what TaskService raises."""
        with ExitStack() as stack:
            pictures = await asyncio.to_thread(lambda: stack.enter_context(open_archive(archive)))
            entries = await asyncio.to_thread(list_entries, pictures)
            inputs = _one_by_one(pictures, entries)
            return await self._tasks.submit(user_id, IMPORT, {}, inputs, idempotency_key=idempotency_key)


async def _one_by_one(pictures: ArchivePictures, entries: Sequence[GalleryEntry]) -> AsyncIterator[bytes]:
    """The pictures with whose they are; of one that is too large only so much that this can be seen."""
    for entry in entries:
        yield encode_picture(entry, await asyncio.to_thread(pictures.read, entry.file, MAX_PICTURE_BYTES))
