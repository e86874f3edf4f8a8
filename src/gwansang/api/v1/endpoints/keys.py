"""API keys of the caller."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from gwansang.api.openapi import problem_responses
from gwansang.api.v1.error_responses import BODY, PARAMETERS, REAUTHENTICATED, SHOWN_ONCE, SIGNED_IN
from gwansang.api.v1.presenters import fields_of
from gwansang.dependencies.callers import CurrentUser
from gwansang.dependencies.idempotency import OnceOnly
from gwansang.dependencies.logins import Confirm
from gwansang.dependencies.params import PageParams
from gwansang.dependencies.services import Keys
from gwansang.schemas.keys import KeyOut, KeyRequest, NewKeyOut
from gwansang.schemas.paging import PageOut
from gwansang.services.accounts.idempotency_service import RecordCreation, refuse_second_secret
from gwansang.services.accounts.key_service import InvalidKeyRequestError, KeyLimitError, KeyNotFoundError, NewKey
from gwansang.services.accounts.user_service import EmailUnverifiedError

router = APIRouter(prefix="/api/v1/keys", tags=["API keys"])
KeyId = Annotated[UUID, Path(examples=["0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10"])]


@router.post(
    "",
    status_code=201,
    responses=problem_responses(
        InvalidKeyRequestError, KeyLimitError, EmailUnverifiedError, *SHOWN_ONCE, *REAUTHENTICATED, *SIGNED_IN, *BODY
    ),
)
async def make_key(body: KeyRequest, caller: CurrentUser, keys: Keys, confirm: Confirm, once: OnceOnly) -> NewKeyOut:
    """Create a key, once the address is verified; no later answer shows its secret. This needs `current_password`, or a
    sign-in of the last five minutes."""
    await confirm(caller, body.current_password)

    async def create(record: RecordCreation | None) -> NewKey:
        wanted = (caller.user_id, body.name, body.scopes, body.expires_in_days)
        return await keys.create(*wanted, sign_in=caller.family, record=record)

    content = body.model_dump_json(exclude={"current_password"}).encode()
    created = await once.run(caller.user_id, lambda: (content,), create, refuse_second_secret)
    return NewKeyOut.model_validate({**fields_of(created.info), "key": created.key})


@router.get("", responses=problem_responses(*SIGNED_IN, *PARAMETERS))
async def list_keys(caller: CurrentUser, keys: Keys, params: PageParams) -> PageOut[KeyOut]:
    """List one's own keys, newest first."""
    page = await keys.page(caller.user_id, params)
    return PageOut[KeyOut].model_validate(page, from_attributes=True)


@router.delete(
    "/{key_id:uuid}", status_code=204, responses=problem_responses(KeyNotFoundError, *SIGNED_IN, *PARAMETERS)
)
async def delete_key(key_id: KeyId, caller: CurrentUser, keys: Keys) -> None:
    """Revoke a key at once."""
    await keys.revoke(caller.user_id, key_id)
