"""API models of signing in with providers, and of the identities there that are linked to an account."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict

from gwansang.schemas.accounts import Reauthenticated, SignedInOut

Provider = Literal["kakao", "naver", "google", "apple"]
_Code = Annotated[str, Strict(), Field(min_length=1, max_length=200, examples=["q0V6c1J2…"])]
_ReturnTo = Annotated[
    str,
    Strict(),
    Field(
        pattern=r"^([a-z]{1,30}(/[A-Za-z0-9_-]{1,60})?)?$",
        description="Screen of the page to go on with, as in its address after `#/`; nothing else is an address here.",
        examples=["history"],
    ),
]
_BirthYear = Annotated[int, Strict()] | None
_BIRTH_YEAR = "To check the minimum age of a new account; it is not kept."


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProviderSignInStart(_Request):
    """A sign-in with a provider in a browser."""

    return_to: _ReturnTo = ""
    birth_year: _BirthYear = Field(None, description=_BIRTH_YEAR, examples=[1995])


class IdentityLinkStart(Reauthenticated):
    """The linking of an identity in a browser."""

    return_to: _ReturnTo = ""


class ProviderCode(_Request):
    """The code that a provider's return left in the page's address."""

    code: _Code


class ProviderReturn(BaseModel):
    """Query parameters of a provider's redirect: the state, with `code` or `error`."""

    state: str = Field("", max_length=200)
    code: str | None = Field(None, max_length=4096)
    error: str | None = Field(None, max_length=4096)


class _AppProof(BaseModel):
    id_token: Annotated[
        str,
        Strict(),
        Field(min_length=1, max_length=16_384, description="It counts once.", examples=["eyJhbGciOiJSUzI1NiIs…"]),
    ]
    nonce: Annotated[
        str,
        Strict(),
        Field(
            min_length=16,
            max_length=200,
            description="Random text that the app made for this sign-in; the ID token has it, or its SHA-256 in "
            "hexadecimal digits.",
            examples=["n-0S6_WzA2Mj0S6_WzA2Mj"],
        ),
    ]
    access_token: Annotated[str, Strict(), Field(min_length=1, max_length=4096)] | None = Field(
        None,
        description="Of the same sign-in; needed for Kakao, whose ID tokens don't say whether an address is verified.",
        examples=["AAAANopq…"],
    )


class ProviderToken(_AppProof, _Request):
    """Tokens that a provider gave an app, to sign in with."""

    device_name: Annotated[str, Strict(), Field(max_length=200)] | None = Field(
        None, description="Shown among one's sign-ins; else made from the User-Agent.", examples=["민지의 전화기"]
    )
    birth_year: _BirthYear = Field(None, description=_BIRTH_YEAR, examples=[1995])


class IdentityToken(_AppProof, Reauthenticated):
    """Tokens that a provider gave an app, to link that account."""


class ProviderOut(BaseModel):
    """A provider that people can sign in with."""

    provider: Provider = Field(examples=["kakao"])
    app: bool = Field(description="Whether apps can send its ID tokens.", examples=[True])


class ProvidersOut(BaseModel):
    """The configured providers, and what a new account agrees to."""

    items: list[ProviderOut]
    consent_text: str = Field(
        description="A registration, or the first sign-in with a provider, makes an account and consents to this text. "
        "Show it in the language of that call, which is the language of the consent.",
        examples=["사진을 서버의 메모리에서 처리하여 얼굴의 비율을 재고 관상 풀이를 만듭니다. …"],
    )


class AuthorizationOut(BaseModel):
    """The address at which the browser signs in with the provider."""

    authorization_url: str = Field(
        description="The provider's page; open it in this browser within ten minutes.",
        examples=["https://kauth.kakao.com/oauth/authorize?response_type=code&…"],
    )


class ProviderSignInOut(BaseModel):
    """How a sign-in with a provider, or the linking of an identity, has ended."""

    return_to: str = Field(description="Screen of the page to go on with.", examples=["history"])
    tokens: SignedInOut | None = Field(description="Null if an identity was linked.")


class IdentityOut(BaseModel):
    """A provider that one signs in with."""

    provider: Provider = Field(examples=["kakao"])
    created_at: dt.datetime = Field(examples=["2026-11-23T03:00:00Z"])
    last_used_at: dt.datetime | None = Field(
        description="The last sign-in; null if there was none.", examples=["2026-11-23T03:00:00Z"]
    )


class IdentitiesOut(BaseModel):
    """The providers that one signs in with."""

    items: list[IdentityOut]
