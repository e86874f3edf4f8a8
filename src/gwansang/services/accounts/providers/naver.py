"""Naver: plain OAuth 2, whose profile says who has signed in."""

from dataclasses import dataclass, field
from typing import Any, Final

from gwansang.services.accounts.providers.errors import (
    IdTokenUnsupportedError,
    ProviderProofError,
    ProviderUnavailableError,
    provider_error,
)
from gwansang.services.accounts.providers.provider import FlowSecrets, ProviderAccount
from gwansang.services.accounts.providers.provider_http import ProviderHttp, fetch_token

_SUCCESS: Final = "00"
_MAX_SUBJECT: Final = 255


@dataclass(frozen=True, slots=True)
class NaverSettings:
    """Settings of Naver."""

    client_id: str
    client_secret: str = field(repr=False)
    authorize_url: str
    token_url: str
    profile_url: str


class NaverProvider:
    """Sign-in with Naver, for browsers alone: an access token from an app does not say for which app it was issued."""

    has_id_tokens = False

    def __init__(self, settings: NaverSettings, http: ProviderHttp) -> None:
        self._settings = settings
        self._http = http

    async def authorization_url(self, secrets: FlowSecrets) -> str:
        """Return the address of Naver's page."""
        client = self._http.oauth_client(self._settings.client_id, None)
        url, _ = client.create_authorization_url(
            self._settings.authorize_url,
            state=secrets.state,
            code_verifier=secrets.code_verifier,
            redirect_uri=secrets.redirect_uri,
        )
        return str(url)

    async def redeem(self, code: str, secrets: FlowSecrets) -> ProviderAccount:
        """Exchange a code for an access token, and read the profile with it."""
        client = self._http.oauth_client(self._settings.client_id, self._settings.client_secret)
        fields = {"code": code, "code_verifier": secrets.code_verifier, "redirect_uri": secrets.redirect_uri}
        tokens = await fetch_token(client, self._settings.token_url, body=f"state={secrets.state}", **fields)
        access_token = tokens.get("access_token")
        if not isinstance(access_token, str):
            raise provider_error(ProviderProofError)
        answer = await self._http.get_json(self._settings.profile_url, access_token)
        profile: Any = answer.get("response")
        if answer.get("resultcode") != _SUCCESS or not isinstance(profile, dict):
            raise provider_error(ProviderUnavailableError)
        subject, email, name = (profile.get(field) for field in ("id", "email", "nickname"))
        if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT:
            raise provider_error(ProviderProofError)
        address, shown = (value if isinstance(value, str) else None for value in (email, name))
        return ProviderAccount(subject, address, shown, email_verified=False)  # Naver does not say whether it is

    async def verify(self, id_token: str, nonce: str, access_token: str | None) -> ProviderAccount:
        """Raise IdTokenUnsupportedError."""
        raise provider_error(IdTokenUnsupportedError)
