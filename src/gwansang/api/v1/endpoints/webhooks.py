"""Webhooks of the caller, and the deliveries of their events."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from gwansang.api.openapi import problem_responses
from gwansang.api.v1.error_responses import BODY, PARAMETERS, SIGNED_IN, Errors
from gwansang.api.v1.presenters import fields_of
from gwansang.core.encryption import EncryptionKeyMissingError, SealBrokenError
from gwansang.dependencies.callers import CurrentUser
from gwansang.dependencies.params import ChosenLocale, PageParams
from gwansang.dependencies.services import WebhookDeliveries, Webhooks
from gwansang.schemas.paging import PageOut
from gwansang.schemas.webhooks import (
    WebhookChange,
    WebhookDeliveryDetailsOut,
    WebhookDeliveryOut,
    WebhookOut,
    WebhookRequest,
    WebhookSecretOut,
)
from gwansang.services.accounts.user_service import EmailUnverifiedError
from gwansang.services.accounts.webhook_service import WebhookLimitError
from gwansang.services.webhooks.delivery_service import (
    WebhookBacklogError,
    WebhookDeliveryNotFoundError,
    WebhookDisabledError,
    WebhookNotFoundError,
)
from gwansang.services.webhooks.targets import InvalidTargetError

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])
WebhookId = Annotated[UUID, Path(examples=["0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a20"])]
DeliveryId = Annotated[UUID, Path(examples=["0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a22"])]
_SEALED: Errors = (EncryptionKeyMissingError, SealBrokenError)
_ONE: Errors = (WebhookNotFoundError, *_SEALED, *SIGNED_IN, *PARAMETERS)


@router.post(
    "",
    status_code=201,
    responses=problem_responses(
        InvalidTargetError, WebhookLimitError, EmailUnverifiedError, *_SEALED, *SIGNED_IN, *BODY
    ),
)
async def create_webhook(
    body: WebhookRequest, caller: CurrentUser, webhooks: Webhooks, locale: ChosenLocale
) -> WebhookSecretOut:
    """Create a webhook, once the address is verified: events are then sent to its URL, signed with its secret, which no
    later answer shows. `?locale=` is the language of mails about it."""
    created = await webhooks.create(caller.user_id, body.url, body.events, locale)
    return WebhookSecretOut.model_validate({**fields_of(created.info), "secret": created.secret})


@router.get("", responses=problem_responses(*_SEALED, *SIGNED_IN, *PARAMETERS))
async def list_webhooks(caller: CurrentUser, webhooks: Webhooks) -> list[WebhookOut]:
    """List one's own webhooks, oldest first."""
    return [WebhookOut.model_validate(webhook) for webhook in await webhooks.list(caller.user_id)]


@router.get("/{webhook_id:uuid}", responses=problem_responses(*_ONE))
async def read_webhook(webhook_id: WebhookId, caller: CurrentUser, webhooks: Webhooks) -> WebhookOut:
    """Return a webhook; `disabled_reason` says why it gets no events."""
    return WebhookOut.model_validate(await webhooks.get(caller.user_id, webhook_id))


@router.patch("/{webhook_id:uuid}", responses=problem_responses(InvalidTargetError, *_ONE, *BODY))
async def change_webhook(
    webhook_id: WebhookId, body: WebhookChange, caller: CurrentUser, webhooks: Webhooks
) -> WebhookOut:
    """Change URL or events of a webhook, disable it, or enable it again; events that wait for it are then delivered."""
    changed = await webhooks.change(
        caller.user_id, webhook_id, url=body.url, events=body.events, enabled=body.is_enabled
    )
    return WebhookOut.model_validate(changed)


@router.delete("/{webhook_id:uuid}", status_code=204, responses=problem_responses(*_ONE))
async def delete_webhook(webhook_id: WebhookId, caller: CurrentUser, webhooks: Webhooks) -> None:
    """Delete a webhook with its deliveries at once."""
    await webhooks.delete(caller.user_id, webhook_id)


@router.post("/{webhook_id:uuid}/secret", responses=problem_responses(*_ONE))
async def rotate_webhook_secret(webhook_id: WebhookId, caller: CurrentUser, webhooks: Webhooks) -> WebhookSecretOut:
    """Make a new secret, which no later answer shows. For 24 hours messages carry two signatures, by it and by the one
    before, which then ends."""
    rotated = await webhooks.rotate_secret(caller.user_id, webhook_id)
    return WebhookSecretOut.model_validate({**fields_of(rotated.info), "secret": rotated.secret})


@router.post(
    "/{webhook_id:uuid}/test",
    status_code=202,
    responses=problem_responses(WebhookDisabledError, WebhookBacklogError, *_ONE),
)
async def send_test_event(
    webhook_id: WebhookId, caller: CurrentUser, deliveries: WebhookDeliveries
) -> WebhookDeliveryOut:
    """Send an event of the type `webhook.test`, whatever the webhook subscribes to. It is refused while 20 deliveries
    wait for the webhook."""
    return WebhookDeliveryOut.model_validate(await deliveries.send_test(caller.user_id, webhook_id))


@router.get("/{webhook_id:uuid}/deliveries", responses=problem_responses(*_ONE))
async def list_webhook_deliveries(
    webhook_id: WebhookId, caller: CurrentUser, deliveries: WebhookDeliveries, params: PageParams
) -> PageOut[WebhookDeliveryOut]:
    """List the deliveries of the last 7 days, newest first."""
    page = await deliveries.page(caller.user_id, webhook_id, params)
    return PageOut[WebhookDeliveryOut].model_validate(page, from_attributes=True)


@router.get(
    "/{webhook_id:uuid}/deliveries/{delivery_id:uuid}",
    responses=problem_responses(WebhookDeliveryNotFoundError, *_ONE),
)
async def read_webhook_delivery(
    webhook_id: WebhookId, delivery_id: DeliveryId, caller: CurrentUser, deliveries: WebhookDeliveries
) -> WebhookDeliveryDetailsOut:
    """Return a delivery with every attempt: the status of the answer, or why there was none."""
    details = await deliveries.get(caller.user_id, webhook_id, delivery_id)
    return WebhookDeliveryDetailsOut.model_validate({**fields_of(details.info), "attempts": details.attempts})


@router.post(
    "/{webhook_id:uuid}/deliveries/{delivery_id:uuid}/redeliver",
    status_code=202,
    responses=problem_responses(WebhookDeliveryNotFoundError, WebhookDisabledError, WebhookBacklogError, *_ONE),
)
async def redeliver_webhook_event(
    webhook_id: WebhookId, delivery_id: DeliveryId, caller: CurrentUser, deliveries: WebhookDeliveries
) -> WebhookDeliveryOut:
    """Deliver an event again, or now if it waits, under the same id. One that has ended is refused while 20 deliveries
    wait for the webhook."""
    return WebhookDeliveryOut.model_validate(await deliveries.redeliver(caller.user_id, webhook_id, delivery_id))
