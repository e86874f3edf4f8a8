"""Settings of providers, and the limits of requests to them."""

from pathlib import Path

import pytest

from gwansang.config import SettingsError, load_settings
from gwansang.services.accounts.providers.errors import ProviderUnavailableError
from gwansang.services.accounts.providers.provider_http import ProviderHttp
from tests.support.oidc_server import Answer, ProviderServer, apple_client_key
from tests.test_api.test_settings import MASTER_KEYS, OWN_KEY

APPLE = {"APPLE_CLIENT_ID": "com.example.web", "APPLE_TEAM_ID": "TEAM", "APPLE_KEY_ID": "KEY"}
PRODUCTION = {"ENVIRONMENT": "production", "SECRET_KEY": OWN_KEY, "ENCRYPTION_KEYS": MASTER_KEYS}
PEM = apple_client_key().as_pem(private=True).decode()


@pytest.fixture(autouse=True)
def empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Read no `.env` of this machine."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"NAVER_CLIENT_ID": "x"}, "NAVER_CLIENT_ID and NAVER_CLIENT_SECRET belong together"),
        ({"GOOGLE_CLIENT_SECRET": "x"}, "GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET belong together"),
        (APPLE, "APPLE_PRIVATE_KEY belong together"),
        ({**APPLE, "APPLE_PRIVATE_KEY": "no key"}, "it is not the text of Apple's .p8 file"),
        ({"GOOGLE_DISCOVERY_URL": "file:///etc/passwd"}, "GOOGLE_DISCOVERY_URL"),
        ({**PRODUCTION, "KAKAO_CLIENT_ID": "x"}, "PUBLIC_URL has to be set, with https"),
        (
            {**PRODUCTION, "KAKAO_CLIENT_ID": "x", "PUBLIC_URL": "http://a.example"},
            "PUBLIC_URL has to be set, with https",
        ),
        (
            {
                **PRODUCTION,
                "KAKAO_CLIENT_ID": "x",
                "PUBLIC_URL": "https://a.example",
                "KAKAO_DISCOVERY_URL": "http://a.example/.well-known/openid-configuration",
            },
            "KAKAO_DISCOVERY_URL has to begin with https",
        ),
    ],
)
def test_settings_that_would_not_work_or_not_be_safe_are_refused(
    settings: dict[str, str], complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert complaint in str(refused.value)
    assert "no key" not in str(refused.value)


def test_a_key_of_apple_is_written_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**APPLE, "APPLE_PRIVATE_KEY": PEM.replace("\n", "\\n")}.items():
        monkeypatch.setenv(name, value)
    key = load_settings().apple_private_key
    assert key is not None
    assert key.get_secret_value() == PEM


@pytest.mark.anyio
async def test_an_answer_that_does_not_end_is_given_up(providers: ProviderServer) -> None:
    """Each byte comes in time, all of them would take half a minute."""
    providers.overrides["/google/jwks"] = lambda: Answer(b'{"keys": []}' + b" " * 300, pause_s=0.1)
    http = ProviderHttp(timeout_s=0.5)
    try:
        with pytest.raises(ProviderUnavailableError):
            await http.get_json(f"{providers.url}/google/jwks")
    finally:
        await http.close()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("size", "accepted"), [(1_000, True), (1_001, False)], ids=["as large as allowed", "one byte more"]
)
async def test_an_answer_is_read_up_to_its_limit(size: int, accepted: bool, providers: ProviderServer) -> None:
    body = b'{"a": "' + b"x" * (size - 9) + b'"}'
    providers.overrides["/google/jwks"] = lambda: Answer(body)
    http = ProviderHttp(max_bytes=1_000)
    try:
        if accepted:
            assert len((await http.get_json(f"{providers.url}/google/jwks"))["a"]) == size - 9
        else:
            with pytest.raises(ProviderUnavailableError):
                await http.get_json(f"{providers.url}/google/jwks")
    finally:
        await http.close()
