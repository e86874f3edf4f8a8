"""Signing in and out, and the codes that verify an e-mail address."""

from functools import partial

from fastapi import APIRouter, Request

from gwansang.api.body_limits import body_limit
from gwansang.api.openapi import problem_responses
from gwansang.api.v1.error_responses import BODY, PARAMETERS, PUBLIC, SIGNED_IN
from gwansang.api.v1.inputs.bodies import ContentTypeError, FormBody
from gwansang.core.email_address import InvalidEmailError, address_key, normalize_email
from gwansang.core.passwords import CommonPasswordError, HashingBusyError, InvalidPasswordError
from gwansang.core.rate_limit import LimitsUnknownError
from gwansang.dependencies.callers import AddressLimit, CurrentUser, FaceCaller
from gwansang.dependencies.logins import LoginForm, count_sign_in, count_wrong_password
from gwansang.dependencies.params import ChosenLocale
from gwansang.dependencies.services import AddressChanges, Auth, Mails, Proofs, Tickets, Users
from gwansang.schemas.accounts import (
    AcceptedOut,
    AccountOut,
    MailRequest,
    PasswordReset,
    RefreshRequest,
    SignedInOut,
    TokensOut,
    VerificationCode,
)
from gwansang.schemas.sockets import TicketOut
from gwansang.services.accounts.auth_service import (
    InactiveUserError,
    InvalidCredentialsError,
    TokenInvalidError,
    TokenReusedError,
)
from gwansang.services.accounts.email_proof_service import AccountMails, MailTokenInvalidError
from gwansang.services.accounts.mail_service import MailService
from gwansang.services.accounts.user_service import EmailTakenError
from gwansang.texts import Locale

router = APIRouter(prefix="/api/v1/auth", tags=["signing in"])


_LOGIN_BODY = {
    "requestBody": {
        "content": {
            "application/x-www-form-urlencoded": {
                "examples": {
                    "password": {
                        "value": {
                            "grant_type": "password",
                            "username": "minji@example.com",
                            "password": "correct horse battery",
                        }
                    }
                }
            }
        }
    }
}


@router.post(
    "/login",
    openapi_extra=_LOGIN_BODY,
    dependencies=[FormBody],
    responses=problem_responses(
        InvalidCredentialsError,
        InactiveUserError,
        HashingBusyError,
        LimitsUnknownError,
        ContentTypeError,
        *PUBLIC,
        *BODY,
    ),
)
@body_limit(8 * 1024)
async def login(form: LoginForm, request: Request, auth: Auth) -> SignedInOut:
    """Sign in with an e-mail address, in the field `username`, and a password. Keep `device_token` on the device and
    send it with the next sign-in: then wrong passwords that others try don't keep you out."""
    device = await auth.recognise(form.email, form.device_token) if form.device_token else None
    async with count_wrong_password(request, address_key(form.email), device):
        await count_sign_in(request, device)
        signed_in = await auth.login(form.email, form.password, form.device_name, device)
    return SignedInOut.model_validate(signed_in, from_attributes=True)


@router.post(
    "/refresh",
    dependencies=[AddressLimit],
    responses=problem_responses(TokenInvalidError, TokenReusedError, *PUBLIC, *BODY),
)
async def refresh_tokens(body: RefreshRequest, auth: Auth) -> TokensOut:
    """Exchange a refresh token for a new pair, once; the same token gets the same pair again for 20 seconds, and later
    it ends the whole sign-in."""
    return TokensOut.model_validate(await auth.refresh(body.refresh_token), from_attributes=True)


@router.post("/tickets", status_code=201, responses=problem_responses(*SIGNED_IN))
async def issue_ticket(caller: FaceCaller, tickets: Tickets) -> TicketOut:
    """Get a ticket that opens one WebSocket within 30 seconds, as `?ticket=`; browsers can't send headers there."""
    return TicketOut.model_validate(await tickets.issue(caller), from_attributes=True)


@router.post("/logout", status_code=204, responses=problem_responses(*SIGNED_IN))
async def logout(caller: CurrentUser, auth: Auth) -> None:
    """End this sign-in with all its tokens."""
    if caller.family is not None:
        await auth.logout(caller.user_id, caller.family)


@router.post("/verify-email/request", status_code=202, responses=problem_responses(*SIGNED_IN, *PARAMETERS))
async def request_email_verification(
    caller: CurrentUser, users: Users, proofs: Proofs, mails: Mails, locale: ChosenLocale
) -> AcceptedOut:
    """Send another code to one's own address, unless it is verified already; earlier codes stay valid."""
    address = (await users.get(caller.user_id)).email
    await mails.ensure_quota("verify", address)
    mails.post("verify", partial(proofs.start_verification, caller.user_id), locale, address)
    return AcceptedOut()


@router.post(
    "/verify-email",
    dependencies=[AddressLimit],
    responses=problem_responses(MailTokenInvalidError, EmailTakenError, *PUBLIC, *BODY),
)
async def verify_email(code: VerificationCode, proofs: Proofs, mails: Mails, locale: ChosenLocale) -> AccountOut:
    """Verify an address, or complete its change, with the code that was sent to it. After a change the old address gets
    a notice if it was verified; requests for other addresses are cancelled."""
    return _account_after(await proofs.verify(code.token), mails, locale)


@router.post(
    "/undo-email",
    dependencies=[AddressLimit],
    responses=problem_responses(MailTokenInvalidError, EmailTakenError, *PUBLIC, *BODY),
)
async def undo_email_change(
    code: VerificationCode, changes: AddressChanges, mails: Mails, locale: ChosenLocale
) -> AccountOut:
    """Undo a change of the address with the code that was sent to the old one: it counts again, the password, every
    sign-in and API key end, and a code to choose a new password is sent to it."""
    return _account_after(await changes.undo(code.token), mails, locale)


@router.post(
    "/reset-password/request",
    status_code=202,
    dependencies=[AddressLimit],
    responses=problem_responses(InvalidEmailError, *PUBLIC, *BODY),
)
async def request_password_reset(body: MailRequest, proofs: Proofs, mails: Mails, locale: ChosenLocale) -> AcceptedOut:
    """Send a code that allows choosing a new password. The answer is the same for unknown addresses, and if enough
    codes were sent: those stay valid until one of them is used."""
    address = normalize_email(body.email)
    mails.post("reset", partial(proofs.start_reset, address), locale, address)
    return AcceptedOut()


@router.post(
    "/reset-password",
    status_code=204,
    dependencies=[AddressLimit],
    responses=problem_responses(
        MailTokenInvalidError, InvalidPasswordError, CommonPasswordError, HashingBusyError, *PUBLIC, *BODY
    ),
)
async def reset_password(body: PasswordReset, proofs: Proofs, mails: Mails, locale: ChosenLocale) -> None:
    """Choose a new password with the code that was sent; every sign-in and API key ends, and a mail confirms it."""
    mails.send(await proofs.reset(body.token, body.password), locale)


def _account_after(change: AccountMails, mails: MailService, locale: Locale) -> AccountOut:
    for mail in change.mails:
        mails.send(mail, locale)
    return AccountOut.model_validate(change.user, from_attributes=True)
