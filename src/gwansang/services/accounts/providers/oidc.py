"""OpenID providers: Kakao, Google and Apple."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gwansang.core.clock import Clock
from gwansang.services.accounts.providers.discovery import Discovery
from gwansang.services.accounts.providers.errors import ProviderProofError, provider_error
from gwansang.services.accounts.providers.id_tokens import IdTokenVerifier
from gwansang.services.accounts.providers.provider import FlowSecrets, ProviderAccount
from gwansang.services.accounts.providers.provider_http import ProviderHttp, fetch_token

_WELL_KNOWN: Final = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """Settings of an OpenID provider; `app_client_ids` are the audiences of ID tokens from apps, beside `client_id`.

    issuers: names that the provider is known to use for itself, in its metadata or its ID tokens.
    """

    discovery_url: str
    issuers: frozenset[str]
    client_id: str
    client_secret: Callable[[], str | None] = field(repr=False)
    app_client_ids: frozenset[str]
    scope: str
    extra: Mapping[str, str] = field(default_factory=dict)  # of the authorization request

    @property
    def accepted_issuers(self) -> frozenset[str]:
        """The known issuers, and the one that the discovery URL belongs to if another one is set."""
        return self.issuers | {self.discovery_url.removesuffix(_WELL_KNOWN)}


class OidcProvider:
    """An OpenID provider with discovery."""

    has_id_tokens = True

    def __init__(self, settings: OidcSettings, http: ProviderHttp, *, clock: Clock) -> None:
        self._settings = settings
        self._http = http
        self._discovery = Discovery(http, settings.discovery_url, settings.accepted_issuers, clock=clock)
        self._tokens = IdTokenVerifier(self._discovery, settings.accepted_issuers, clock=clock)

    async def authorization_url(self, secrets: FlowSecrets) -> str:
        """Return the address of the provider's page, with the challenge of PKCE."""
        endpoint = (await self._discovery.metadata()).authorization_endpoint
        client = self._http.oauth_client(self._settings.client_id, None, scope=self._settings.scope)
        url, _ = client.create_authorization_url(
            endpoint,
            state=secrets.state,
            code_verifier=secrets.code_verifier,
            redirect_uri=secrets.redirect_uri,
            nonce=secrets.nonce,
            **self._settings.extra,
        )
        return str(url)

    async def redeem(self, code: str, secrets: FlowSecrets) -> ProviderAccount:
        """Exchange a code for an ID token, and verify that."""
        endpoint = (await self._discovery.metadata()).token_endpoint
        client = self._http.oauth_client(self._settings.client_id, self._settings.client_secret())
        tokens = await fetch_token(
            client, endpoint, code=code, code_verifier=secrets.code_verifier, redirect_uri=secrets.redirect_uri
        )
        id_token, access_token = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access_token, str):
            raise provider_error(ProviderProofError)
        own = frozenset({self._settings.client_id})
        claims = await self._tokens.verify(id_token, client_ids=own, nonce=secrets.nonce, access_token=access_token)
        return await self._account(claims, access_token)

    async def verify(self, id_token: str, nonce: str, access_token: str | None) -> ProviderAccount:
        """Verify the ID token of an app; the access token is needed if the ID token does not say whether the address is
        verified."""
        allowed = self._settings.app_client_ids | {self._settings.client_id}
        claims = await self._tokens.verify(id_token, client_ids=allowed, nonce=nonce, access_token=access_token)
        return await self._account(claims, access_token)

    async def _account(self, claims: Mapping[str, Any], access_token: str | None) -> ProviderAccount:
        """Return the account of verified claims. Kakao says only at its userinfo endpoint whether an address is
        verified."""
        endpoint = (await self._discovery.metadata()).userinfo_endpoint
        known = claims
        if "email_verified" not in claims and access_token and endpoint:
            known = await self._http.get_json(endpoint, access_token)
            if known.get("sub") != claims["sub"]:  # the access token is somebody else's
                raise provider_error(ProviderProofError)
        return ProviderAccount(claims["sub"], _verified_email(known), _name(claims) or _name(known))


def _verified_email(claims: Mapping[str, Any]) -> str | None:
    """Return the address if the provider has verified it; Apple may send the flag as a text."""
    email, verified = claims.get("email"), claims.get("email_verified")
    return email if isinstance(email, str) and (verified is True or verified == "true") else None


def _name(claims: Mapping[str, Any]) -> str | None:
    names = (claims.get(claim) for claim in ("nickname", "name"))
    return next((name for name in names if isinstance(name, str) and name.strip()), None)
