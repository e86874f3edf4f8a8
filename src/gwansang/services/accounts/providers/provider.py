"""A provider as the use cases see it, and what it proves about a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from gwansang.services.accounts.providers.errors import ProviderNotConfiguredError, provider_error

ProviderName = Literal["kakao", "naver", "google", "apple"]


@dataclass(frozen=True, slots=True, repr=False)
class ProviderAccount:
    """An account at a provider, proven by its owner; `email` is None if the provider says that it is not verified.

    email_verified: False if the provider does not say whether it has verified the address.
    """

    subject: str
    email: str | None
    name: str | None = None
    email_verified: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class FlowSecrets:
    """Secrets of one code flow; `nonce` and `code_verifier` are known to the browser that began it alone."""

    state: str
    nonce: str
    code_verifier: str
    redirect_uri: str


class Provider(Protocol):
    """A configured provider; its methods raise ProviderUnavailableError."""

    @property
    def has_id_tokens(self) -> bool:
        """Whether apps can send an ID token of this provider."""
        ...

    async def authorization_url(self, secrets: FlowSecrets) -> str:
        """Return the address of the provider's page on which a person agrees."""
        ...

    async def redeem(self, code: str, secrets: FlowSecrets) -> ProviderAccount:
        """Exchange the code of a flow; raises ProviderProofError."""
        ...

    async def verify(self, id_token: str, nonce: str, access_token: str | None) -> ProviderAccount:
        """Verify the ID token of an app; raises ProviderProofError, IdTokenUnsupportedError."""
        ...


def require_provider(providers: Mapping[ProviderName, Provider], name: ProviderName) -> Provider:
    """Return a configured provider; raises ProviderNotConfiguredError if there is none of this name."""
    if name not in providers:
        raise provider_error(ProviderNotConfiguredError)
    return providers[name]
