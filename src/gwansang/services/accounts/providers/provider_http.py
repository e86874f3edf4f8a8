"""Requests to providers: addresses from the settings alone, answers limited in size and time, no redirects."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
import structlog
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from gwansang.services.accounts.providers.errors import ProviderProofError, ProviderUnavailableError, provider_error
from gwansang.services.accounts.providers.oauth_errors import loggable_code

_log = structlog.get_logger("gwansang.auth")
_MAX_BYTES: Final = 256 * 1024
_TIMEOUT_S: Final = 10.0
_OK: Final = 200
_FAULTS: Final = (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, ValueError, TypeError, RecursionError)


class _LimitedTransport(httpx2.AsyncBaseTransport):
    """Reads every answer whole, within a time and a size; another transport sends the requests and is not closed."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, max_bytes: int, timeout_s: float) -> None:
        self._inner = inner
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return the answer with its body; raises a TransportError."""
        request.headers["Accept-Encoding"] = "identity"
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._inner.handle_async_request(request)
                try:
                    body = await self._read(answer)
                finally:
                    await answer.aclose()
        except TimeoutError:
            raise httpx2.ReadTimeout("the answer takes too long") from None
        return httpx2.Response(answer.status_code, headers=answer.headers, content=body, request=request)

    async def _read(self, answer: httpx2.Response) -> bytes:
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise httpx2.DecodingError("a packed answer was not asked for")
        body = bytearray()
        async for piece in answer.aiter_raw():
            body += piece
            if len(body) > self._max_bytes:
                raise httpx2.ReadError("the answer is too large")
        return bytes(body)


class ProviderHttp:
    """Sends the requests of all providers."""

    def __init__(self, *, max_bytes: int = _MAX_BYTES, timeout_s: float = _TIMEOUT_S) -> None:
        self._sender = httpx2.AsyncHTTPTransport(trust_env=False)
        self._transport = _LimitedTransport(self._sender, max_bytes, timeout_s)
        self._timeout_s = timeout_s

    async def get_json(self, url: str, access_token: str | None = None) -> Mapping[str, Any]:
        """Return the JSON object at an address. Raises ProviderProofError if the access token is refused, and
        ProviderUnavailableError for any other answer."""
        headers = {} if access_token is None else {"Authorization": f"Bearer {access_token}"}
        client = httpx2.AsyncClient(transport=self._transport, timeout=self._timeout_s, trust_env=False)
        try:
            answer = await client.get(url, headers=headers)
            content = answer.json() if answer.status_code == _OK else None
        except _FAULTS:
            raise provider_error(ProviderUnavailableError) from None
        if access_token is not None and answer.status_code in (401, 403):
            raise provider_error(ProviderProofError)
        if not isinstance(content, dict):
            raise provider_error(ProviderUnavailableError)
        return content

    def oauth_client(self, client_id: str, client_secret: str | None, scope: str | None = None) -> AsyncOAuth2Client:
        """Return an OAuth 2 client of authlib that sends its requests within the limits."""
        return AsyncOAuth2Client(
            client_id,
            client_secret,
            token_endpoint_auth_method="client_secret_post" if client_secret else "none",
            code_challenge_method="S256",
            transport=self._transport,
            timeout=self._timeout_s,
            trust_env=False,
            scope=scope,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._sender.aclose()


async def fetch_token(client: AsyncOAuth2Client, url: str, **fields: str) -> Mapping[str, Any]:
    """Exchange an authorization code. Raises ProviderProofError if the code is refused, and ProviderUnavailableError
    for any other error, such as one about this service's own settings."""
    try:
        tokens = await client.fetch_token(url, grant_type="authorization_code", **fields)
    except OAuthError as error:
        if error.error == "invalid_grant":
            raise provider_error(ProviderProofError) from None
        _log.warning("auth.provider_failed", host=urlsplit(url).hostname, error=loggable_code(error.error))
        raise provider_error(ProviderUnavailableError) from None
    except (*_FAULTS, KeyError):
        raise provider_error(ProviderUnavailableError) from None
    if not isinstance(tokens, dict):
        raise provider_error(ProviderUnavailableError)
    return tokens
