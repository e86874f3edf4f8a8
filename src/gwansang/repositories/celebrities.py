"""The gallery's people and what is known of their pictures."""

from collections.abc import Sequence
from typing import ClassVar, Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ColumnElement, delete, func, select, update

from gwansang.core.exceptions import Conflict
from gwansang.core.paging import Page, PageRequest
from gwansang.models import Celebrity, CelebrityPhoto, GalleryVersion
from gwansang.repositories.base import Repository

_ONLY: Final = 1  # the version's one row
PhotoRow = tuple[UUID, int, bytes, dict[str, JsonValue]]


class CelebrityExistsError(Conflict):
    code = "CELEBRITY_EXISTS"
    title = "This person is in the gallery already"


class PhotoExistsError(Conflict):
    code = "CELEBRITY_PHOTO_EXISTS"
    title = "This picture is in the gallery already"


class Celebrities(Repository[Celebrity]):
    model = Celebrity
    clashes: ClassVar = {
        "uq_celebrities_name_ko_name_en": (CelebrityExistsError, "Somebody of these names is in the gallery already.")
    }

    async def get(self, celebrity_id: int) -> Celebrity | None:
        """The person."""
        return await self._one(select(Celebrity).where(Celebrity.id == celebrity_id))

    async def locked(self, celebrity_id: int) -> Celebrity | None:
        """The person, whom no other transaction changes before this one ends."""
        return await self._one(select(Celebrity).where(Celebrity.id == celebrity_id).with_for_update())

    async def named(self, name_ko: str, name_en: str) -> Celebrity | None:
        """The person of exactly these names."""
        return await self._one(select(Celebrity).where(Celebrity.name_ko == name_ko, Celebrity.name_en == name_en))

    async def page(self, asked: PageRequest, *, folded: str | None, category: str | None) -> Page[Celebrity]:
        """People by their Korean names, whose names hold this folded text and who are of this category."""
        conditions: list[ColumnElement[bool]] = []
        if folded:
            conditions.append(Celebrity.found_by.contains(folded, autoescape=True))
        if category:
            conditions.append(Celebrity.category == category)
        return await self._page(select(Celebrity).order_by(Celebrity.name_ko, Celebrity.id), asked, *conditions)

    async def after(self, celebrity_id: int, count: int) -> tuple[Celebrity, ...]:
        """The next people by id."""
        return await self._all(select(Celebrity).where(Celebrity.id > celebrity_id).order_by(Celebrity.id).limit(count))

    async def photo_counts(self, ids: Sequence[int], model: str) -> dict[int, tuple[int, int]]:
        """How many pictures each person has, and how many of them the given network has seen."""
        seen = func.count().filter(CelebrityPhoto.model == model)
        query = (
            select(CelebrityPhoto.celebrity_id, func.count(), seen)
            .where(CelebrityPhoto.celebrity_id.in_(ids))
            .group_by(CelebrityPhoto.celebrity_id)
        )
        return {person: (count, usable) for person, count, usable in await self._session.execute(query)}

    async def erase(self, celebrity_id: int) -> bool:
        """Deletes the person; the database deletes with it every picture of theirs."""
        return await self._changed(delete(Celebrity).where(Celebrity.id == celebrity_id)) > 0


class CelebrityPhotos(Repository[CelebrityPhoto]):
    model = CelebrityPhoto
    clashes: ClassVar = {
        "uq_celebrity_photos_sha256": (PhotoExistsError, "This very picture is in the gallery already.")
    }

    async def by_digest(self, sha256: str) -> CelebrityPhoto | None:
        """The picture with these bytes."""
        return await self._one(select(CelebrityPhoto).where(CelebrityPhoto.sha256 == sha256))

    async def of_each(self, celebrity_ids: Sequence[int]) -> tuple[CelebrityPhoto, ...]:
        """The pictures of these people, oldest first."""
        query = select(CelebrityPhoto).where(CelebrityPhoto.celebrity_id.in_(celebrity_ids))
        return await self._all(query.order_by(CelebrityPhoto.created_at, CelebrityPhoto.id))

    async def remove(self, celebrity_id: int, photo_id: UUID) -> bool:
        """Deletes a picture of this person; False where there is none."""
        mine = (CelebrityPhoto.id == photo_id, CelebrityPhoto.celebrity_id == celebrity_id)
        return await self._delete(*mine) > 0

    async def count(self, model: str) -> int:
        """How many pictures this network has seen."""
        return await self._count(CelebrityPhoto.model == model)

    async def after(self, place: tuple[int, UUID | None], model: str, count: int) -> list[PhotoRow]:
        """The next pictures that this network has seen, by person and id: id, person, embedding, measures."""
        person, photo = place
        later = CelebrityPhoto.celebrity_id > person
        if photo is not None:
            later |= (CelebrityPhoto.celebrity_id == person) & (CelebrityPhoto.id > photo)
        query = (
            select(CelebrityPhoto.id, CelebrityPhoto.celebrity_id, CelebrityPhoto.embedding, CelebrityPhoto.measures)
            .where(CelebrityPhoto.model == model, later)
            .order_by(CelebrityPhoto.celebrity_id, CelebrityPhoto.id)
            .limit(count)
        )
        rows = await self._session.execute(query)
        return [(photo, person, embedding, measures) for photo, person, embedding, measures in rows]


class GalleryVersions(Repository[GalleryVersion]):
    model = GalleryVersion

    async def current(self) -> int:
        """How often the gallery was changed."""
        query = select(GalleryVersion.version).where(GalleryVersion.id == _ONLY)
        return (await self._session.execute(query)).scalar_one()

    async def bump(self) -> None:
        """Notes that the gallery is changed by this transaction."""
        await self._changed(
            update(GalleryVersion).where(GalleryVersion.id == _ONLY).values(version=GalleryVersion.version + 1)
        )
