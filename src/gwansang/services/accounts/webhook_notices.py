"""Mails about webhooks that the service disabled."""

from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.accounts.email_proof_service import EmailProof
from gwansang.services.accounts.mail_service import MailService
from gwansang.services.webhooks.delivery_executor import DisabledWebhook
from gwansang.texts import known_locale


class WebhookNotices:
    """Tells owners that a webhook was disabled."""

    def __init__(self, uow: UnitOfWork, mails: MailService) -> None:
        self._uow = uow
        self._mails = mails

    async def send(self, disabled: DisabledWebhook) -> None:
        """Mail the owner, in the language in which the webhook was created."""
        async with self._uow.read() as tx:
            user = await tx.users.get(disabled.user_id)
        if user is not None:
            self._mails.send(EmailProof("webhook_disabled", user.email), known_locale(disabled.locale))
