"""An administrator who works at the admin pages, and a user to act on."""

import io
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx

from gwansang.container import Container
from gwansang.core.paging import PageRequest
from gwansang.models import Task
from gwansang.services.protection.audit import AuditLine
from gwansang.vision.embedding import Embedding
from gwansang.vision.errors import NoFaceError
from gwansang.vision.face import Face
from tests.support.admin_pages import AdminDesk
from tests.support.database import scratch_folder
from tests.support.fakes import NOON, FakeVision
from tests.support.people import ADMIN_PASSWORD, person
from tests.support.serving import application, container_behind

CHIEF = "chief@example.com"
SCRIPT = "<script>alert(1)</script>"
HAND = b"a hand"


class VisionWithoutHands(FakeVision):
    """FakeVision that finds no face in a picture of a hand, and fails while `broken`."""

    broken = False

    def embed_photo(self, photo: bytes) -> tuple[Face, Embedding]:
        if photo == HAND:
            raise NoFaceError("No face was found.")
        if VisionWithoutHands.broken:
            raise RuntimeError("a defect")
        return super().embed_photo(photo)


@dataclass
class Work:
    """An administrator at the pages, the services behind them, and a user to act on."""

    at: AdminDesk
    services: Container
    mails: Path
    user_id: int = 0
    email: str = ""
    done: set[str] = field(default_factory=set)

    async def act(self, route: str, fields: dict[str, str] | None = None, **request: object) -> httpx.Response:
        """Act at a route, whose braces are filled with the user's number."""
        return await self.at.act(route.replace("{user}", str(self.user_id)), fields, **request)

    async def newest(self, count: int = 1) -> list[AuditLine]:
        """Return the newest audit entries, oldest first."""
        page = await self.services.audit.page(PageRequest(size=count))
        return list(reversed(page.items))

    async def pseudonym(self, user_id: int) -> str:
        found = await self.services.audit.pseudonym_of(user_id)
        assert found is not None
        return found

    async def task(self, kind: str, status: str, owner_id: int | None = None, **values: object) -> UUID:
        """Store a task of the user, or of another owner."""
        row = Task(
            id=uuid4(), user_id=owner_id or self.user_id, kind=kind, status=status, progress=0.0, inputs=1, tries=0,
            version=0, request_sha256="0" * 64, params={}, created_at=NOON - timedelta(minutes=7), **values,
        )  # fmt: skip
        async with self.services.uow.write() as tx:
            await tx.tasks.add(row)
        return row.id


@asynccontextmanager
async def at_work(database_url: str) -> AsyncIterator[Work]:
    """Open the application without a worker, and sign its administrator in."""
    mails = scratch_folder() / f"mail-{uuid4().hex}"
    async with application(
        VisionWithoutHands, database_url=database_url, jobs_concurrency=0, mail_folder=mails
    ) as client:
        services = container_behind(client)
        await services.users.register(CHIEF, "chief", ADMIN_PASSWORD, is_admin=True)
        at = AdminDesk(client)
        await at.sign_in(CHIEF, ADMIN_PASSWORD)
        someone = await person(client, proven=False)
        yield Work(at, services, mails, someone.id, someone.email)


def archive(*pictures: tuple[str, bytes]) -> dict[str, tuple[str, bytes, str]]:
    """Return the file field of an import."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as written:
        for name, picture in pictures:
            written.writestr(name, picture)
    return {"file": ("people.zip", content.getvalue(), "application/zip")}
