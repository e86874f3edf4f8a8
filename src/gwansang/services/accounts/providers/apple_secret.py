"""The client secret of Apple: a short-lived token, signed with the key of the developer's team."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from joserfc import jwt
from joserfc.jwk import ECKey

from gwansang.core.clock import Clock

_AUDIENCE: Final = "https://appleid.apple.com"
_LIFETIME: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class AppleSecret:
    """Makes client secrets; `private_key` is the PEM text of the .p8 file."""

    client_id: str
    team_id: str
    key_id: str
    private_key: str = field(repr=False)
    clock: Clock

    def __call__(self) -> str:
        """Return a client secret for the next minutes."""
        now = self.clock()
        claims = {"iss": self.team_id, "sub": self.client_id, "aud": _AUDIENCE, "iat": now, "exp": now + _LIFETIME}
        header = {"alg": "ES256", "kid": self.key_id}
        return jwt.encode(header, claims, ECKey.import_key(self.private_key), algorithms=["ES256"])
