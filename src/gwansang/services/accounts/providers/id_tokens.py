"""Verification of ID tokens: signature, issuer, audience, times and nonce."""

import hashlib
from collections.abc import Mapping
from hmac import compare_digest
from typing import Any, Final

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError

from gwansang.core.clock import Clock
from gwansang.services.accounts.providers.discovery import Discovery
from gwansang.services.accounts.providers.errors import ProviderProofError, provider_error

_ALGORITHMS: Final = ("RS256", "ES256")  # of a published key: neither none nor a shared secret
_MAX_CHARACTERS: Final = 16 * 1024
_MAX_SUBJECT: Final = 255
_LEEWAY_S: Final = 30  # for differences between the clocks of provider and service
_MAX_AGE_S: Final = 10 * 60
_REFUSED: Final = (JoseError, ValueError, TypeError, KeyError, OverflowError, RecursionError)


class IdTokenVerifier:
    """Verifies ID tokens of one provider."""

    def __init__(self, discovery: Discovery, issuers: frozenset[str], *, clock: Clock) -> None:
        self._discovery = discovery
        self._issuers = issuers
        self._clock = clock

    async def verify(
        self, token: str, *, client_ids: frozenset[str], nonce: str, access_token: str | None = None
    ) -> Mapping[str, Any]:
        """Return the claims of an ID token that was issued for these clients within the last ten minutes.

        nonce: what the sign-in began with; the token may have its SHA-256 in hexadecimal digits instead, as apps for
        Apple's devices send it. Raises ProviderProofError, ProviderUnavailableError.
        """
        key = await self._discovery.key(_key_id(token))
        if key is None:
            raise provider_error(ProviderProofError)
        try:
            decoded = jwt.decode(token, key, algorithms=_ALGORITHMS)
            self._check(decoded, client_ids, nonce, access_token)
        except _REFUSED:
            raise provider_error(ProviderProofError) from None
        return decoded.claims

    def _check(self, token: jwt.Token, client_ids: frozenset[str], nonce: str, access_token: str | None) -> None:
        """Raise ValueError, JoseError or another of the refused errors if a claim is wrong or missing."""
        claims, now = token.claims, int(self._clock().timestamp())
        if claims["iss"] not in self._issuers:
            raise ValueError("another issuer")
        audiences = [claims["aud"]] if isinstance(claims["aud"], str) else list(claims["aud"])
        if not audiences or not client_ids.issuperset(audiences):
            raise ValueError("for another client")
        party = claims.get("azp")
        CodeIDToken(
            claims,
            token.header,
            options={"sub": {"essential": True}},
            # an app's token may name the service's client as its audience, and the app's own as authorized party
            params={"client_id": party if party in client_ids else audiences[0], "access_token": access_token},
        ).validate(now, _LEEWAY_S)
        if now - claims["iat"] > _MAX_AGE_S + _LEEWAY_S:
            raise ValueError("too old")
        if not 0 < len(claims["sub"]) <= _MAX_SUBJECT:
            raise ValueError("no subject")
        _check_nonce(claims["nonce"], nonce)


def _key_id(token: str) -> str:
    """Return the id of the key that a token says it is signed with; raises ProviderProofError."""
    try:
        if len(token) > _MAX_CHARACTERS:
            raise ValueError("too long")
        header = jws.extract_compact(token.encode()).headers()
        key_id, algorithm = header["kid"], header["alg"]
    except _REFUSED:
        raise provider_error(ProviderProofError) from None
    if algorithm not in _ALGORITHMS or not isinstance(key_id, str):
        raise provider_error(ProviderProofError)
    return key_id


def _check_nonce(found: object, sent: str) -> None:
    if not isinstance(found, str) or not sent:
        raise ValueError("no nonce")
    digest = hashlib.sha256(sent.encode()).hexdigest()
    if not any(compare_digest(found.encode(), expected.encode()) for expected in (sent, digest)):
        raise ValueError("another nonce")
