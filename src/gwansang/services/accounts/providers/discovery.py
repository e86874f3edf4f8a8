"""Endpoints and signing keys that an OpenID provider publishes, cached."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

from gwansang.core.clock import Clock
from gwansang.services.accounts.providers.cached_fetch import CachedFetch
from gwansang.services.accounts.providers.errors import ProviderUnavailableError, provider_error
from gwansang.services.accounts.providers.provider_http import ProviderHttp

_LIFETIME: Final = timedelta(hours=1)
_STALE_LIFETIME: Final = timedelta(days=1)  # of what can't be fetched anew
_REFETCH_PAUSE: Final = timedelta(minutes=1)  # between fetches for key ids that are unknown
_MAX_KEYS: Final = 50
SigningKey = RSAKey | ECKey


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    """What a provider publishes about itself."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None


class Discovery:
    """Metadata and keys of one provider; a rotated key is fetched when a token names it, once a minute at most. While
    the provider can't be reached, what was fetched within a day is used."""

    def __init__(self, http: ProviderHttp, url: str, issuers: frozenset[str], *, clock: Clock) -> None:
        self._http = http
        self._url = url
        self._issuers = issuers
        self._metadata = CachedFetch(self._fetch_metadata, clock=clock)
        self._keys = CachedFetch(self._fetch_keys, clock=clock)

    async def metadata(self) -> ProviderMetadata:
        """Return the metadata; raises ProviderUnavailableError."""
        return await self._metadata.get(_LIFETIME, _STALE_LIFETIME)

    async def key(self, key_id: str) -> SigningKey | None:
        """Return the signing key of this id, None if the provider has none; raises ProviderUnavailableError."""
        key = (await self._keys.get(_LIFETIME, _STALE_LIFETIME)).get(key_id)
        return key or (await self._keys.get(_REFETCH_PAUSE, _REFETCH_PAUSE)).get(key_id)

    async def _fetch_keys(self) -> Mapping[str, SigningKey]:
        return _signing_keys(await self._http.get_json((await self.metadata()).jwks_uri))

    async def _fetch_metadata(self) -> ProviderMetadata:
        """Return the metadata of the document, whose issuer has to be one that is accepted."""
        document = await self._http.get_json(self._url)
        userinfo, issuer = document.get("userinfo_endpoint"), document.get("issuer")
        if not isinstance(issuer, str) or issuer not in self._issuers:
            raise provider_error(ProviderUnavailableError)
        return ProviderMetadata(
            self._checked(document.get("authorization_endpoint")),
            self._checked(document.get("token_endpoint")),
            self._checked(document.get("jwks_uri")),
            None if userinfo is None else self._checked(userinfo),
        )

    def _checked(self, url: object) -> str:
        """Return an address of the metadata; raises ProviderUnavailableError unless it is HTTPS or of the host that the
        setting names."""
        own = urlsplit(self._url)
        try:
            parts = urlsplit(url) if isinstance(url, str) else None
        except ValueError:
            parts = None
        if parts is None or not parts.netloc or (parts.scheme != "https" and parts[:2] != own[:2]):
            raise provider_error(ProviderUnavailableError)
        return parts.geturl()


def _signing_keys(document: Mapping[str, Any]) -> Mapping[str, SigningKey]:
    """Return the public keys for signatures by their ids; others, and those that can't be read, are left out."""
    found: dict[str, SigningKey] = {}
    listed = document.get("keys")
    for entry in listed[:_MAX_KEYS] if isinstance(listed, list) else ():
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig" or not isinstance(entry.get("kid"), str):
            continue
        try:
            key = import_key(entry)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if isinstance(key, RSAKey | ECKey):
            found[entry["kid"]] = key
    return found
