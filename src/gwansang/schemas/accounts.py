"""API models of accounts: registration, signing in, and one's own data."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, Strict

# --- in ---------------------------------------------------------------------------------------------------------------

Email = Annotated[
    str,
    Strict(),
    Field(
        min_length=3,
        max_length=320,
        description="Not case-sensitive; letters before the @ are ASCII.",
        examples=["minji@example.com"],
        json_schema_extra={"format": "email"},
    ),
]
Username = Annotated[str, Strict(), Field(min_length=2, max_length=50, examples=["민지"])]
Password = Annotated[
    str,
    Strict(),
    Field(
        min_length=8,
        max_length=128,
        description="At most 72 bytes as UTF-8.",
        examples=["correct horse battery"],
        json_schema_extra={"format": "password"},
    ),
]
AnyPassword = Annotated[
    str,
    Strict(),
    Field(min_length=1, max_length=128, examples=["the old one"], json_schema_extra={"format": "password"}),
]
Token = Annotated[str, Strict(), Field(min_length=1, max_length=2048, examples=["eyJhbGciOiJIUzI1NiIs…"])]
MailToken = Annotated[str, Strict(), Field(min_length=1, max_length=200, examples=["q0V6c1J2…"])]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Registration(_Request):
    """A new account."""

    email: Email
    username: Username
    password: Password
    birth_year: Annotated[int, Strict()] | None = Field(
        None, description="To check the minimum age; it is not kept.", examples=[1995]
    )


class Reauthenticated(_Request):
    """The password of the caller, for a call that a token alone must not suffice for."""

    current_password: AnyPassword | None = Field(
        None, description="Not needed within five minutes after the sign-in; a refresh does not count."
    )


class OwnChange(Reauthenticated):
    """Changes to one's own account; fields that are left out or null stay."""

    username: Username | None = None
    email: Email | None = None


class AccountChange(OwnChange):
    """Changes by an administrator, with the administrator's own password; fields that are left out or null stay."""

    is_active: Annotated[bool, Strict()] | None = Field(None, examples=[False])
    is_admin: Annotated[bool, Strict()] | None = Field(None, examples=[False])


class PasswordChange(_Request):
    """The current password and the new one."""

    current_password: AnyPassword
    new_password: Password
    keep_access: Annotated[bool, Strict()] = Field(
        False, description="Keep sign-ins and API keys; otherwise all of them end.", examples=[False]
    )


class RefreshRequest(_Request):
    """A refresh token that was not used yet."""

    refresh_token: Token


class MailRequest(_Request):
    """An address to send a code to."""

    email: Email


class VerificationCode(_Request):
    """The code of a verification mail."""

    token: MailToken


class PasswordReset(_Request):
    """The code of a reset mail, and the new password."""

    token: MailToken
    password: Password


# --- out --------------------------------------------------------------------------------------------------------------


class UserOut(BaseModel):
    """An account."""

    id: int = Field(examples=[1])
    email: str = Field(examples=["minji@example.com"])
    username: str = Field(examples=["민지 Kim"])
    is_active: bool = Field(examples=[True])
    created_at: dt.datetime = Field(examples=["2026-11-23T03:00:00Z"])
    updated_at: dt.datetime = Field(examples=["2026-11-23T03:00:00Z"])


class AccountOut(UserOut):
    """An account with its role and verification."""

    is_admin: bool = Field(examples=[False])
    email_verified: bool = Field(examples=[True])


class OwnAccountOut(AccountOut):
    """One's own account."""

    pending_email: str | None = Field(
        description="A new address that is not verified yet; `email` counts until then.", examples=[None]
    )
    has_password: bool = Field(
        description="False for an account that was made by signing in with a provider: it can confirm a call only by "
        "a sign-in of the last five minutes, and gets a password by a mailed code.",
        examples=[True],
    )


class TokensOut(BaseModel):
    """An access token for half an hour, and a refresh token that is exchanged for the next pair, once."""

    access_token: str = Field(examples=["eyJhbGciOiJIUzI1NiIs…"])
    refresh_token: str = Field(examples=["eyJhbGciOiJIUzI1NiIs…"])
    token_type: Literal["bearer"] = "bearer"  # noqa: S105  # the name of a scheme
    expires_in: int = Field(description="Seconds until the access token ends.", examples=[1800])


class SignedInOut(TokensOut):
    """Tokens of a new sign-in, and a token by which this device is known at the next one."""

    device_token: str = Field(description="Opens nothing; valid for half a year.", examples=["eyJhbGciOiJIUzI1NiIs…"])


class OwnDataOut(BaseModel):
    """All own data; `format` grows when the shape changes."""

    format: int = Field(examples=[6])
    exported_at: dt.datetime = Field(examples=["2026-11-23T03:00:00Z"])
    account: dict[str, JsonValue] = Field(examples=[{"id": 1, "email": "minji@example.com"}])
    plan: str | None = Field(description="Of readings a month; null for the default one.", examples=["standard"])
    usage: list[dict[str, JsonValue]] = Field(description="Readings by month and kind.", examples=[[]])
    idempotency: list[dict[str, JsonValue]] = Field(
        description="What calls with an Idempotency-Key created within a day.", examples=[[]]
    )
    consents: list[dict[str, JsonValue]] = Field(examples=[[{"purpose": "reading", "version": 1}]])
    sign_ins: list[dict[str, JsonValue]] = Field(examples=[[]])
    identities: list[dict[str, JsonValue]] = Field(
        description="Providers that one signs in with.", examples=[[{"provider": "kakao"}]]
    )
    api_keys: list[dict[str, JsonValue]] = Field(examples=[[]])
    analyses_count: int = Field(description="How many readings come, as the last field, oldest first.", examples=[0])
    analyses: list[dict[str, JsonValue]] = Field(examples=[[]])
    profile: dict[str, JsonValue] | None = Field(
        description="The remembered face, from several photos.", examples=[{"photos": 2}]
    )
    tasks: list[dict[str, JsonValue]] = Field(description="Long work, with its results.", examples=[[]])
    photos: list[dict[str, JsonValue]] = Field(description="Kept photos; the files are in the ZIP.", examples=[[]])
    audit: list[dict[str, JsonValue]] = Field(description="One's own entries of the audit log.", examples=[[]])


class AcceptedOut(BaseModel):
    """The same answer to everyone, whether or not there is anything to do."""

    status: Literal["accepted"] = "accepted"
