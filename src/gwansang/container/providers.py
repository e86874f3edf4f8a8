"""The providers that the settings name."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from gwansang.config import ProviderSettings
from gwansang.core.clock import Clock
from gwansang.services.accounts.providers.provider import Provider, ProviderName

if TYPE_CHECKING:
    from pydantic import SecretStr

    from gwansang.services.accounts.providers.provider_http import ProviderHttp

_ISSUERS: Final[Mapping[str, frozenset[str]]] = {
    "kakao": frozenset({"https://kauth.kakao.com"}),
    "google": frozenset({"https://accounts.google.com", "accounts.google.com"}),  # its tokens may have either
    "apple": frozenset({"https://appleid.apple.com", "https://account.apple.com"}),  # its metadata has had either
}


@asynccontextmanager
async def open_providers(settings: ProviderSettings, clock: Clock) -> AsyncIterator[Mapping[ProviderName, Provider]]:
    """Yield the configured providers; without one, no HTTP client is imported."""
    if not any(
        (settings.kakao_client_id, settings.naver_client_id, settings.google_client_id, settings.apple_client_id)
    ):
        yield {}
        return
    from gwansang.services.accounts.providers.provider_http import ProviderHttp  # noqa: PLC0415 - see above

    http = ProviderHttp()
    try:
        yield _openid_providers(settings, http, clock) | _naver(settings, http)
    finally:
        await http.close()


def _openid_providers(settings: ProviderSettings, http: "ProviderHttp", clock: Clock) -> dict[ProviderName, Provider]:
    from gwansang.services.accounts.providers.apple_secret import AppleSecret  # noqa: PLC0415 - see above
    from gwansang.services.accounts.providers.oidc import OidcProvider, OidcSettings  # noqa: PLC0415 - see above

    found: dict[ProviderName, OidcSettings] = {}
    if settings.kakao_client_id is not None:
        found["kakao"] = OidcSettings(
            settings.kakao_discovery_url,
            _ISSUERS["kakao"],
            settings.kakao_client_id,
            lambda: _text(settings.kakao_client_secret),
            frozenset(settings.kakao_app_client_ids),
            "openid account_email profile_nickname",
        )
    if settings.google_client_id is not None:
        found["google"] = OidcSettings(
            settings.google_discovery_url,
            _ISSUERS["google"],
            settings.google_client_id,
            lambda: _text(settings.google_client_secret),
            frozenset(settings.google_app_client_ids),
            "openid email profile",
        )
    if settings.apple_client_id is not None:
        found["apple"] = OidcSettings(
            settings.apple_discovery_url,
            _ISSUERS["apple"],
            settings.apple_client_id,
            AppleSecret(
                settings.apple_client_id,
                settings.apple_team_id or "",
                settings.apple_key_id or "",
                _text(settings.apple_private_key) or "",
                clock,
            ),
            frozenset(settings.apple_app_client_ids),
            "openid email name",
            {"response_mode": "form_post"},  # Apple asks for it where an address is asked for
        )
    return {name: OidcProvider(each, http, clock=clock) for name, each in found.items()}


def _naver(settings: ProviderSettings, http: "ProviderHttp") -> dict[ProviderName, Provider]:
    from gwansang.services.accounts.providers.naver import NaverProvider, NaverSettings  # noqa: PLC0415 - see above

    if settings.naver_client_id is None:
        return {}
    urls = (settings.naver_authorize_url, settings.naver_token_url, settings.naver_profile_url)
    secret = _text(settings.naver_client_secret) or ""
    return {"naver": NaverProvider(NaverSettings(settings.naver_client_id, secret, *urls), http)}


def _text(secret: "SecretStr | None") -> str | None:
    return secret.get_secret_value() if secret else None
