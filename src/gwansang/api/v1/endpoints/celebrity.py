"""The gallery, and the look-alikes in it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from gwansang.api.body_limits import body_limit
from gwansang.api.openapi import problem_responses
from gwansang.api.public_answers import PublicRoute
from gwansang.api.v1.error_responses import (
    ADMIN,
    BODY,
    CREATED_ONCE,
    GALLERY_PICTURE,
    IMPORT_TASK,
    PARAMETERS,
    PUBLIC,
    READING_OF_FORM,
    READING_OF_JSON,
)
from gwansang.api.v1.inputs.faces import FormFace, JsonFace
from gwansang.api.v1.inputs.gallery import NewArchive, NewPicture
from gwansang.api.v1.openapi_bodies import ARCHIVE_BODY, FORM_BODY, JSON_BODY, PICTURE_BODY
from gwansang.api.v1.paths import NUMBER
from gwansang.api.v1.presenters import fields_of
from gwansang.api.v1.presenters.lookalike import present_matches
from gwansang.api.v1.presenters.tasks import present_task
from gwansang.dependencies.callers import AddressLimit, AdminUser, MatchCaller
from gwansang.dependencies.idempotency import IdempotencyKey, OnceOnly
from gwansang.dependencies.params import ChosenLocale, PageParams
from gwansang.dependencies.services import Celebrities, Matches, Submissions
from gwansang.schemas.celebrity import (
    CelebrityChange,
    CelebrityDetail,
    CelebrityOut,
    CelebrityPhotoOut,
    CelebrityRequest,
    LookalikeOut,
)
from gwansang.schemas.paging import PageOut
from gwansang.schemas.tasks import TaskOut
from gwansang.services.accounts.idempotency_service import RecordCreation
from gwansang.services.lookalike.celebrities import (
    CelebrityInfo,
    CelebrityNotFoundError,
    CelebrityPhotoNotFoundError,
    InvalidCelebrityError,
    PersonNames,
    PhotoInfo,
)
from gwansang.services.lookalike.celebrity_service import CelebrityExistsError
from gwansang.services.lookalike.match_service import DEFAULT_K, MAX_K
from gwansang.services.ml.embedding_service import PhotoRequiredError
from gwansang.services.tasks.kinds import IMPORT

router = APIRouter(prefix="/api/v1/celebrity", tags=["celebrity"], route_class=PublicRoute)
_PERSON = f"/{{celebrity_id:{NUMBER}}}"  # which "match" and "import" are not
CelebrityId = Annotated[int, Path(ge=1, le=2**31 - 1, examples=[7])]
PhotoId = Annotated[UUID, Path(examples=["0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10"])]
HowMany = Annotated[int, Query(ge=1, le=MAX_K, description="Number of people to return.", examples=[DEFAULT_K])]
WithCard = Annotated[bool, Query(description="Whether to draw a card to share.", examples=[False])]


@router.post("/match", openapi_extra=JSON_BODY, responses=problem_responses(PhotoRequiredError, *READING_OF_JSON))
@body_limit("max_json_bytes")
async def match_face(
    caller: MatchCaller, face: JsonFace, matches: Matches, k: HowMany = DEFAULT_K, card: WithCard = False
) -> LookalikeOut:
    """Find the people of the gallery whom the face in a photo resembles; needs the consent to `lookalike`.

    A photo is needed, landmarks alone are not enough; nothing of it is kept. The percentile compares the likeness with
    that of pairs of people in the gallery; the similarities by region rest on measured shapes.
    """
    return present_matches(await matches.match(face, caller.user_id, k), with_card=card)


@router.post(
    "/match/upload",
    openapi_extra=FORM_BODY,
    responses=problem_responses(PhotoRequiredError, *READING_OF_FORM),
)
@body_limit("max_upload_bytes", "max_form_bytes", form=True)
async def match_uploaded_face(
    caller: MatchCaller, face: FormFace, matches: Matches, k: HowMany = DEFAULT_K, card: WithCard = False
) -> LookalikeOut:
    """Find look-alikes from an uploaded photo, or more reliably from up to five; else as `POST /celebrity/match`."""
    return present_matches(await matches.match(face, caller.user_id, k), with_card=card)


@router.get("/", include_in_schema=False, dependencies=[AddressLimit])
@router.get("", dependencies=[AddressLimit], responses=problem_responses(*PUBLIC, *PARAMETERS))
async def list_celebrities(
    celebrities: Celebrities,
    params: PageParams,
    q: Annotated[str | None, Query(max_length=100, description="Part of a name.", examples=["길동"])] = None,
    category: Annotated[str | None, Query(max_length=40, examples=["actor"])] = None,
) -> PageOut[CelebrityOut]:
    """List the people of the gallery, by their Korean names."""
    page = await celebrities.page(params, text=q, category=category)
    return PageOut[CelebrityOut].model_validate(page, from_attributes=True)


@router.get(
    _PERSON, dependencies=[AddressLimit], responses=problem_responses(CelebrityNotFoundError, *PUBLIC, *PARAMETERS)
)
async def read_celebrity(celebrity_id: CelebrityId, celebrities: Celebrities) -> CelebrityDetail:
    """Return a person of the gallery, with source and licence of each picture."""
    return _detail(*await celebrities.get(celebrity_id))


@router.post("/", status_code=201, include_in_schema=False)
@router.post(
    "",
    status_code=201,
    responses=problem_responses(
        CelebrityExistsError, CelebrityNotFoundError, InvalidCelebrityError, *CREATED_ONCE, *ADMIN, *BODY
    ),
)
async def add_celebrity(
    body: CelebrityRequest, admin: AdminUser, celebrities: Celebrities, once: OnceOnly
) -> CelebrityOut:
    """Add a person; the pictures follow by `POST /celebrity/photos`."""

    async def create(record: RecordCreation | None) -> CelebrityInfo:
        names = PersonNames(body.name_ko, body.name_en)
        return await celebrities.add(names, body.category, body.note, record, by=admin.user_id)

    async def replay(celebrity_id: str) -> CelebrityInfo:
        return (await celebrities.get(int(celebrity_id)))[0]

    content = body.model_dump_json().encode()
    added = await once.run(admin.user_id, lambda: (content,), create, replay)
    return CelebrityOut.model_validate(added, from_attributes=True)


@router.post("/photos", status_code=201, openapi_extra=PICTURE_BODY, responses=problem_responses(*GALLERY_PICTURE))
@body_limit("max_upload_bytes", form=True)
async def add_celebrity_photo(
    admin: AdminUser, picture: NewPicture, celebrities: Celebrities, once: OnceOnly
) -> CelebrityPhotoOut:
    """Add a picture of a person of the gallery. Its embedding is kept, and the picture is not; a picture with an
    embedding of an older release gets a new one."""

    async def create(record: RecordCreation | None) -> PhotoInfo:
        person, content, origin = picture.celebrity_id, picture.content, picture.origin
        return await celebrities.add_photo(person, content, origin, record, by=admin.user_id)

    async def replay(photo_id: str) -> PhotoInfo:
        for photo in (await celebrities.get(picture.celebrity_id))[1]:
            if str(photo.id) == photo_id:
                return photo
        raise CelebrityPhotoNotFoundError("The picture was added and has been removed.")

    added = await once.run(admin.user_id, picture.parts, create, replay)
    return CelebrityPhotoOut.model_validate(added, from_attributes=True)


@router.post(
    "/import",
    status_code=202,
    openapi_extra=ARCHIVE_BODY,
    responses=problem_responses(*IMPORT_TASK),
)
@body_limit(IMPORT.body_limit, form=True, own_budget=True)
async def import_celebrities(
    admin: AdminUser, archive: NewArchive, submissions: Submissions, locale: ChosenLocale, key: IdempotencyKey = None
) -> TaskOut:
    """Add many pictures, as a task: one folder for each person, or a CSV with names and files, in a ZIP.

    `/analysis/tasks/{task_id}` has progress and result, with an outcome for each picture. A picture that is in the
    gallery already, or that can't be used, is reported and does not stop the others.
    """
    return present_task(await submissions.archive(admin.user_id, archive, key), locale)


@router.patch(
    _PERSON,
    responses=problem_responses(CelebrityNotFoundError, CelebrityExistsError, InvalidCelebrityError, *ADMIN, *BODY),
)
async def change_celebrity(
    celebrity_id: CelebrityId, body: CelebrityChange, admin: AdminUser, celebrities: Celebrities
) -> CelebrityOut:
    """Change names, category or note of a person."""
    changed = await celebrities.change(celebrity_id, **body.model_dump(), by=admin.user_id)
    return CelebrityOut.model_validate(changed, from_attributes=True)


@router.delete(_PERSON, status_code=204, responses=problem_responses(CelebrityNotFoundError, *ADMIN, *PARAMETERS))
async def delete_celebrity(celebrity_id: CelebrityId, admin: AdminUser, celebrities: Celebrities) -> None:
    """Remove a person with the data of their pictures."""
    await celebrities.remove(celebrity_id, by=admin.user_id)


@router.delete(
    f"{_PERSON}/photos/{{photo_id:uuid}}",
    status_code=204,
    responses=problem_responses(CelebrityPhotoNotFoundError, *ADMIN, *PARAMETERS),
)
async def delete_celebrity_photo(
    celebrity_id: CelebrityId, photo_id: PhotoId, admin: AdminUser, celebrities: Celebrities
) -> None:
    """Remove the data of a picture."""
    await celebrities.remove_photo(celebrity_id, photo_id, by=admin.user_id)


def _detail(person: CelebrityInfo, photos: tuple[PhotoInfo, ...]) -> CelebrityDetail:
    return CelebrityDetail.model_validate({**fields_of(person), "pictures": photos}, from_attributes=True)
