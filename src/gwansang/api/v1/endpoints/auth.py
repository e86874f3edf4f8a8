"""Signing in and out, and the codes that verify an e-mail address."""

from functools import partial

from fastapi import APIRouter, Request

from gwansang.api.body_limits import body_limit
from gwansang.api.openapi import problem_responses
from gwansang.api.v1.error_responses import BODY, PARAMETERS, PUBLIC, SIGNED_IN
from gwansang.core.email_address import InvalidEmailError, normalize_email
from gwansang.core.passwords import HashingBusyError, InvalidPasswordError
from gwansang.core.rate_limit import Bucket, LimitsUnknownError
from gwansang.dependencies.callers import AddressLimit, CurrentUser, FaceCaller, LoginForm, account_key, spend
from gwansang.dependencies.params import ChosenLocale
from gwansang.dependencies.services import Auth, Mails, Proofs, Tickets
from gwansang.schemas.accounts import (
    AcceptedOut,
    AccountOut,
    MailRequest,
    PasswordReset,
    RefreshRequest,
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
from gwansang.services.accounts.email_proof_service import MailTokenInvalidError

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
    responses=problem_responses(
        InvalidCredentialsError, InactiveUserError, HashingBusyError, LimitsUnknownError, *PUBLIC, *BODY
    ),
)
@body_limit(8 * 1024)
async def login(form: LoginForm, auth: Auth) -> TokensOut:
    """Sign in with an e-mail address, in the field `username`, and a password."""
    return TokensOut.model_validate(await auth.login(form.username, form.password), from_attributes=True)


@router.post(
    "/refresh",
    dependencies=[AddressLimit],
    responses=problem_responses(TokenInvalidError, TokenReusedError, *PUBLIC, *BODY),
)
async def refresh(body: RefreshRequest, auth: Auth) -> TokensOut:
    """Exchange a refresh token for a new pair, once; using it again ends the whole sign-in."""
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
async def request_verification(
    caller: CurrentUser, request: Request, proofs: Proofs, mails: Mails, locale: ChosenLocale
) -> AcceptedOut:
    """Send another code to one's own address, unless it is verified already."""
    await spend(request, Bucket.MAIL_ACCOUNT, caller.id)
    mails.post(partial(proofs.start_verification, caller.user_id), locale)
    return AcceptedOut()


@router.post(
    "/verify-email", dependencies=[AddressLimit], responses=problem_responses(MailTokenInvalidError, *PUBLIC, *BODY)
)
async def verify_email(code: VerificationCode, proofs: Proofs) -> AccountOut:
    """Verify an address with the code that was sent to it."""
    return AccountOut.model_validate(await proofs.verify(code.token), from_attributes=True)


@router.post(
    "/reset-password/request",
    status_code=202,
    dependencies=[AddressLimit],
    responses=problem_responses(InvalidEmailError, *PUBLIC, *BODY),
)
async def request_reset(
    body: MailRequest, request: Request, proofs: Proofs, mails: Mails, locale: ChosenLocale
) -> AcceptedOut:
    """Send a code that allows choosing a new password; the answer is the same for unknown addresses."""
    address = normalize_email(body.email)
    await spend(request, Bucket.MAIL_ACCOUNT, account_key(address))
    mails.post(partial(proofs.start_reset, address), locale)
    return AcceptedOut()


@router.post(
    "/reset-password",
    status_code=204,
    dependencies=[AddressLimit],
    responses=problem_responses(MailTokenInvalidError, InvalidPasswordError, HashingBusyError, *PUBLIC, *BODY),
)
async def reset_password(body: PasswordReset, proofs: Proofs) -> None:
    """Choose a new password with the code that was sent; every sign-in ends."""
    await proofs.reset(body.token, body.password)
