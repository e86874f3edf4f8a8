"""Endpoints and signing keys that an OpenID provider publishes, cached."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

from gwansang.core.clock import Clock
from gwansang.services.accounts.providers.errors import ProviderUnavailableError, provider_error
from gwansang.services.accounts.providers.provider_http import ProviderHttp

_WELL_KNOWN: Final = "/.well-known/openid-configuration"
_LIFETIME: Final = timedelta(hours=1)
_REFETCH_PAUSE: Final = timedelta(minutes=1)  # between fetches for key ids that are unknown
_MAX_KEYS: Final = 50
SigningKey = RSAKey | ECKey


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    """What a provider publishes about itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None


class Discovery:
    """Metadata and keys of one provider; a rotated key is fetched when a token names it, once a minute at most."""

    def __init__(self, http: ProviderHttp, url: str, *, clock: Clock) -> None:
        self._http = http
        self._url = url
        self._clock = clock
        self._lock = asyncio.Lock()
        self._metadata: tuple[datetime, ProviderMetadata] | None = None  # with the time of their fetch
        self._keys: tuple[datetime, Mapping[str, SigningKey]] | None = None

    async def metadata(self) -> ProviderMetadata:
        """Return the metadata; raises ProviderUnavailableError."""
        async with self._lock:
            now = self._clock()
            if self._metadata is None or now - self._metadata[0] >= _LIFETIME:
                self._metadata = now, self._parse(await self._http.get_json(self._url))
            return self._metadata[1]

    async def key(self, key_id: str) -> SigningKey | None:
        """Return the signing key of this id, None if the provider has none; raises ProviderUnavailableError."""
        metadata = await self.metadata()
        async with self._lock:
            now = self._clock()
            if self._keys is None or now - self._keys[0] >= self._key_lifetime(key_id):
                self._keys = now, _signing_keys(await self._http.get_json(metadata.jwks_uri))
            return self._keys[1].get(key_id)

    def _key_lifetime(self, key_id: str) -> timedelta:
        """Return how old the keys may be to answer for a key id."""
        return _LIFETIME if self._keys and key_id in self._keys[1] else _REFETCH_PAUSE

    def _parse(self, document: Mapping[str, Any]) -> ProviderMetadata:
        """Return the metadata of a document, whose issuer has to be where it was found."""
        userinfo = document.get("userinfo_endpoint")
        if document.get("issuer") != self._url.removesuffix(_WELL_KNOWN):
            raise provider_error(ProviderUnavailableError)
        return ProviderMetadata(
            document["issuer"],
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
