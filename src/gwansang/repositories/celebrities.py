"""People of the gallery, their pictures, and the gallery's version."""

from collections.abc import Sequence
from typing import ClassVar, Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ColumnElement, func, select, update

from gwansang.core.exceptions import Conflict
from gwansang.core.paging import Page, PageRequest
from gwansang.models import Celebrity, CelebrityPhoto, GalleryVersion
from gwansang.repositories.base import Repository
from gwansang.repositories.keyset import Order

_VERSION_ID: Final = 1  # of the only row of gallery_version
PhotoRow = tuple[UUID, int, bytes, dict[str, JsonValue]]


class CelebrityExistsError(Conflict):
    code = "CELEBRITY_EXISTS"
    title = "This person is in the gallery already"


class PhotoExistsError(Conflict):
    code = "CELEBRITY_PHOTO_EXISTS"
    title = "This picture is in the gallery already"


class Celebrities(Repository[Celebrity]):
    model = Celebrity
    conflicts: ClassVar = {
        "uq_celebrities_name_ko_name_en": (CelebrityExistsError, "Somebody of these names is in the gallery already.")
    }

    async def get(self, celebrity_id: int) -> Celebrity | None:
        """Return the person."""
        return await self._one(select(Celebrity).where(Celebrity.id == celebrity_id))

    async def get_for_update(self, celebrity_id: int) -> Celebrity | None:
        """Return the person and lock the row until the transaction ends."""
        return await self._one(select(Celebrity).where(Celebrity.id == celebrity_id).with_for_update())

    async def get_by_names(self, name_ko: str, name_en: str) -> Celebrity | None:
        """Return the person with exactly these names."""
        return await self._one(select(Celebrity).where(Celebrity.name_ko == name_ko, Celebrity.name_en == name_en))

    async def page(self, request: PageRequest, *, folded: str | None, category: str | None) -> Page[Celebrity]:
        """Return a page of people by Korean name, filtered by a folded part of a name and by category."""
        conditions: list[ColumnElement[bool]] = []
        if folded:
            conditions.append(Celebrity.found_by.contains(folded, autoescape=True))
        if category:
            conditions.append(Celebrity.category == category)
        return await self._page(request, (Order(Celebrity.name_ko), Order(Celebrity.id)), *conditions)

    async def list_after(self, celebrity_id: int, limit: int) -> tuple[Celebrity, ...]:
        """Return the next people by id."""
        return await self._all(select(Celebrity).where(Celebrity.id > celebrity_id).order_by(Celebrity.id).limit(limit))

    async def count_photos(self, ids: Sequence[int], model: str) -> dict[int, tuple[int, int]]:
        """Return, by person, the number of pictures and of those that the given network has processed."""
        processed = func.count().filter(CelebrityPhoto.model == model)
        query = (
            select(CelebrityPhoto.celebrity_id, func.count(), processed)
            .where(CelebrityPhoto.celebrity_id.in_(ids))
            .group_by(CelebrityPhoto.celebrity_id)
        )
        return {person: (count, usable) for person, count, usable in await self._session.execute(query)}

    async def delete(self, celebrity_id: int) -> bool:
        """Delete the person, and by cascade every picture of theirs."""
        return await self._delete(Celebrity.id == celebrity_id) > 0


class CelebrityPhotos(Repository[CelebrityPhoto]):
    model = CelebrityPhoto
    conflicts: ClassVar = {
        "uq_celebrity_photos_sha256": (PhotoExistsError, "This very picture is in the gallery already.")
    }

    async def get_by_digest(self, sha256: str) -> CelebrityPhoto | None:
        """Return the picture with these bytes."""
        return await self._one(select(CelebrityPhoto).where(CelebrityPhoto.sha256 == sha256))

    async def list_for_people(self, celebrity_ids: Sequence[int]) -> tuple[CelebrityPhoto, ...]:
        """Return the pictures of these people, oldest first."""
        query = select(CelebrityPhoto).where(CelebrityPhoto.celebrity_id.in_(celebrity_ids))
        return await self._all(query.order_by(CelebrityPhoto.created_at, CelebrityPhoto.id))

    async def delete(self, celebrity_id: int, photo_id: UUID) -> bool:
        """Delete a picture of this person; return False if there is none."""
        return await self._delete(CelebrityPhoto.id == photo_id, CelebrityPhoto.celebrity_id == celebrity_id) > 0

    async def count(self, model: str) -> int:
        """Return the number of pictures that this network has processed."""
        return await self._count(CelebrityPhoto.model == model)

    async def list_after(self, cursor: tuple[int, UUID | None], model: str, limit: int) -> list[PhotoRow]:
        """Return the next pictures that this network has processed, by person and id: id, person, embedding,
        measures."""
        person, photo = cursor
        later = CelebrityPhoto.celebrity_id > person
        if photo is not None:
            later |= (CelebrityPhoto.celebrity_id == person) & (CelebrityPhoto.id > photo)
        query = (
            select(CelebrityPhoto.id, CelebrityPhoto.celebrity_id, CelebrityPhoto.embedding, CelebrityPhoto.measures)
            .where(CelebrityPhoto.model == model, later)
            .order_by(CelebrityPhoto.celebrity_id, CelebrityPhoto.id)
            .limit(limit)
        )
        rows = await self._session.execute(query)
        return [(photo, person, embedding, measures) for photo, person, embedding, measures in rows]


class GalleryVersions(Repository[GalleryVersion]):
    model = GalleryVersion

    async def get(self) -> int:
        """Return the number of changes that the gallery has had."""
        query = select(GalleryVersion.version).where(GalleryVersion.id == _VERSION_ID)
        return (await self._session.execute(query)).scalar_one()

    async def bump(self) -> None:
        """Increment the version, in the transaction that changes the gallery."""
        statement = update(GalleryVersion).where(GalleryVersion.id == _VERSION_ID)
        await self._execute(statement.values(version=GalleryVersion.version + 1))
