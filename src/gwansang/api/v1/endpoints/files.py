"""Files of the store, for links that this service signed; not used by a store that serves its own links."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from gwansang.api.openapi import problem_responses
from gwansang.api.v1.error_responses import PARAMETERS, PUBLIC
from gwansang.dependencies.callers import AddressLimit
from gwansang.dependencies.services import Files
from gwansang.services.readings.file_service import ObjectNotFoundError, StorageUnavailableError

router = APIRouter(prefix="/api/v1/files", tags=["files"])
Token = Annotated[str, Path(examples=["k2v9…"])]


@router.get(
    "/{token}",
    dependencies=[AddressLimit],
    response_class=Response,
    responses=problem_responses(ObjectNotFoundError, StorageUnavailableError, *PUBLIC, *PARAMETERS),
)
async def download_file(token: Token, files: Files) -> Response:
    """Return the file of a link until the link expires."""
    file = await files.open(token)
    return Response(file.data, media_type=file.content_type, headers={"Content-Disposition": "attachment"})
