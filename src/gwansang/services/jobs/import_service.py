"""Submission of imports into the gallery; an invalid archive is refused at once."""

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
    """Takes archives and submits their pictures one by one."""

    def __init__(self, tasks: TaskService) -> None:
        self._tasks = tasks

    async def submit(self, user_id: int, archive: BinaryIO, idempotency_key: str | None) -> TaskInfo:
        """Create a task that imports every picture; raises InvalidArchiveError, and the errors of TaskService."""
        with ExitStack() as stack:
            pictures = await asyncio.to_thread(lambda: stack.enter_context(open_archive(archive)))
            entries = await asyncio.to_thread(list_entries, pictures)
            inputs = _read_pictures(pictures, entries)
            return await self._tasks.submit(user_id, IMPORT, {}, inputs, idempotency_key=idempotency_key)


async def _read_pictures(pictures: ArchivePictures, entries: Sequence[GalleryEntry]) -> AsyncIterator[bytes]:
    """Yield pictures with their entries; of one that is too large, one byte more than allowed."""
    for entry in entries:
        yield encode_picture(entry, await asyncio.to_thread(pictures.read, entry.file, MAX_PICTURE_BYTES))
