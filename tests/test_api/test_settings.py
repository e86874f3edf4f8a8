"""Settings from the environment; dangerous ones are refused in one sentence."""

import base64
import secrets
from pathlib import Path

import pytest
from pydantic import ValidationError

from gwansang.config import DEFAULT_SECRET_KEY, Settings, SettingsError, load_settings, name_notes_of_settings
from gwansang.config.other_names import OTHER_NAMES
from tests.support.photos import REPOSITORY
from tests.support.serving import serving

OWN_KEY = "5c1f0a9be47d3862f95e0d7a16cb4283"
MASTER_KEYS = "a:3q2+7wHKm0fYtZl5ZbX8pUe1RkQvJ6nD4sGhC9oLwiM="
SECRETS = ("SECRET_KEY", "ENCRYPTION_KEYS")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (*Settings.model_fields, *OTHER_NAMES, "DEBUG", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name.upper(), raising=False)


def test_plans_are_read_from_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANS", "free: 30, big-one:100000,")
    monkeypatch.setenv("DEFAULT_PLAN", "free")
    assert load_settings().plans == {"free": 30, "big-one": 100_000}
    assert load_settings().default_plan == "free"


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"ENVIRONMENT": "production"}, "SECRET_KEY has its default value"),
        ({"ENVIRONMENT": "production", "SECRET_KEY": DEFAULT_SECRET_KEY}, "SECRET_KEY has its default value"),
        ({"ENVIRONMENT": "production", "SECRET_KEY": "k3y-0f-m1ne"}, "shorter than the 32"),
        ({"ENVIRONMENT": "production", "SECRET_KEY": OWN_KEY, "CORS_ORIGINS": "*"}, "CORS_ORIGINS=* is refused"),
        ({"ENVIRONMENT": "production", "SECRET_KEY": OWN_KEY}, "ENCRYPTION_KEYS is not set"),
        (
            {"ENVIRONMENT": "production", "SECRET_KEY": OWN_KEY, "WEBHOOK_LOCAL_TARGETS": "true"},
            "WEBHOOK_LOCAL_TARGETS=true is refused",
        ),
        ({"ENCRYPTION_KEYS": "a:c2hvcnQ="}, "ENCRYPTION_KEYS: key 1 is not a name, a colon and 32 bytes in base64"),
        ({"ENCRYPTION_KEYS": f"{MASTER_KEYS},a:{'A' * 43}="}, "ENCRYPTION_KEYS: key 2 has the name of an earlier one"),
        ({"CORS_ORIGINS": "*", "CORS_CREDENTIALS": "true"}, "every account to every site"),
        ({"ENVIRONMENT": "staging"}, "ENVIRONMENT: "),
        ({"PORT": "eighty"}, "PORT: "),
        ({"INFERENCE_WORKERS": "0"}, "INFERENCE_WORKERS: "),
        ({"S3_BUCKET": "photos", "S3_ACCESS_KEY_ID": "me"}, "belong together"),
        ({"PLANS": "free"}, "PLANS: "),
        ({"PLANS": "Free Plan:3"}, "PLANS: a plan has a name"),
        ({"PLANS": "unlimited:3"}, "PLANS: a plan has a name"),
        ({"PLANS": "free:-1"}, "PLANS: "),
        ({"PLANS": "free:3", "DEFAULT_PLAN": "standard"}, "DEFAULT_PLAN is neither `unlimited` nor one of PLANS"),
        ({"METRICS_TOKEN": "short"}, "METRICS_TOKEN: "),
        ({"TIMEZONE": "Mars/Olympus"}, "TIMEZONE: it is not a time zone"),
        ({"MAIL_LINK": "https://app.example.org/"}, "MAIL_LINK: it needs {token}"),
        ({"MAIL_LINK": "https://app.example.org/{token}/{0.__class__}"}, "MAIL_LINK: it needs {token}"),
    ],
)
def test_dangerous_or_invalid_settings_are_refused_in_one_sentence(
    environment: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    sentence = str(refused.value)
    assert message in sentence
    assert "\n" not in sentence
    assert not [value for name, value in environment.items() if name in SECRETS and value in sentence]


GUESSABLE = ("a" * 40, "changeme" * 5, "0123456789abcdef" * 2, "abcdefghijklmnopqrstuvwxyz0123456789", "k" * 63 + "y")


@pytest.mark.parametrize("key", GUESSABLE)
def test_production_refuses_a_secret_key_that_can_be_guessed(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ENVIRONMENT": "production", "SECRET_KEY": key, "ENCRYPTION_KEYS": MASTER_KEYS}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match="SECRET_KEY repeats itself") as refused:
        load_settings()
    assert key not in str(refused.value)
    monkeypatch.setenv("ENVIRONMENT", "development")
    load_settings()


@pytest.mark.parametrize(
    "key",
    [bytes(32), b"\xff" * 32, bytes(range(32)), b"secret" * 5 + b"!!", bytes(31) + b"\x01"],
    ids=["zeros", "ones", "a sequence", "words", "nearly zeros"],
)
@pytest.mark.parametrize("first", [True, False])
def test_production_refuses_a_master_key_that_is_not_random(
    key: bytes, first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [f"guessed:{base64.b64encode(key).decode()}", MASTER_KEYS]
    for name, value in {
        "ENVIRONMENT": "production",
        "SECRET_KEY": OWN_KEY,
        "ENCRYPTION_KEYS": ",".join(keys if first else keys[::-1]),
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match="ENCRYPTION_KEYS has a key that is not random"):
        load_settings()


def test_production_refuses_a_token_for_metrics_that_can_be_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {"ENVIRONMENT": "production", "SECRET_KEY": OWN_KEY, "ENCRYPTION_KEYS": MASTER_KEYS}
    for name, value in {**own, "METRICS_TOKEN": "x" * 20}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match="METRICS_TOKEN repeats itself"):
        load_settings()


def test_random_secrets_are_never_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(200):
        own = {"SECRET_KEY": secrets.token_hex(16), "ENCRYPTION_KEYS": f"a:{secrets.token_urlsafe(32)}"}
        for name, value in {"ENVIRONMENT": "production", "METRICS_TOKEN": secrets.token_hex(8), **own}.items():
            monkeypatch.setenv(name, value)
        load_settings()


def test_production_starts_with_a_key_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("SECRET_KEY", OWN_KEY)
    monkeypatch.setenv("ENCRYPTION_KEYS", MASTER_KEYS)
    settings = load_settings()
    assert settings.production
    assert settings.json_logs
    assert OWN_KEY not in repr(settings)


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGINS", "https://a.example/, https://b.example")
    monkeypatch.setenv("TRUSTED_HOSTS", "")
    assert load_settings().cors_origins == ("https://a.example", "https://b.example")
    assert load_settings().trusted_hosts == ()


def test_a_dotenv_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=9001\nHOST=0.0.0.0\n")
    monkeypatch.setenv("PORT", "9002")
    assert (load_settings().port, load_settings().host) == (9002, "0.0.0.0")  # noqa: S104  # only read, not listened on


def test_the_example_file_shows_every_setting_with_its_default(tmp_path: Path) -> None:
    example = (REPOSITORY / ".env.example").read_text()
    (tmp_path / ".env").write_text(example)
    shown = {
        line.lstrip("# ").partition("=")[0]
        for line in example.splitlines()
        if "=" in line and " " not in line.strip("# ")
    }
    assert shown == {name.upper() for name in Settings.model_fields}
    assert load_settings() == Settings(_env_file=None)


def test_an_invalid_value_is_not_repeated_because_it_could_be_a_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PORT", OWN_KEY)
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert OWN_KEY not in str(refused.value)


@pytest.mark.parametrize(
    ("environment", "allowed"),
    [({}, True), ({"ENVIRONMENT": "production"}, False), ({"ENVIRONMENT": "production", "ALLOW_GUESTS": "true"}, True)],
)
def test_guests_are_allowed_in_development_only_unless_configured(
    environment: dict[str, str], allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"SECRET_KEY": OWN_KEY, "ENCRYPTION_KEYS": MASTER_KEYS, **environment}.items():
        monkeypatch.setenv(name, value)
    assert load_settings().guests_allowed is allowed


OTHER = {
    "ACCESS_TOKEN_EXPIRE_MINUTES": "15",
    "REFRESH_TOKEN_EXPIRE_DAYS": "30",
    "MAX_IMAGE_SIZE": "5242880",
    "DATABASE_MAX_OVERFLOW": "10",
    "AWS_ACCESS_KEY_ID": "id-of-aws",
    "AWS_SECRET_ACCESS_KEY": "secret-of-aws",
    "AWS_S3_BUCKET": "faces",
    "AWS_REGION": "ap-northeast-2",
    "PROJECT_NAME": "My Faces",
    "API_V1_PREFIX": "/api/v1",
    "DEBUG": "true",
    "CORS_ORIGINS": '["https://a.example/", "https://b.example"]',
}


@pytest.mark.parametrize("in_file", [True, False], ids=["in .env", "in the environment"])
def test_names_of_older_clients_and_other_programs_work(
    in_file: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if in_file:
        (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in OTHER.items()))
    else:
        for name, value in OTHER.items():
            monkeypatch.setenv(name, value)
    settings = load_settings()
    assert (settings.access_token_minutes, settings.refresh_token_days) == (15, 30)
    assert (settings.max_upload_bytes, settings.database_max_overflow) == (5 * 2**20, 10)
    assert (settings.s3_bucket, settings.s3_region) == ("faces", "ap-northeast-2")
    assert settings.s3_access_key_id is not None
    assert settings.s3_access_key_id.get_secret_value() == "id-of-aws"
    assert (settings.project_name, settings.log_level) == ("My Faces", "DEBUG")
    assert settings.cors_origins == ("https://a.example", "https://b.example")
    assert name_notes_of_settings() == []


def test_a_settings_own_name_wins_over_its_other_names_and_the_environment_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("ACCESS_TOKEN_MINUTES=20\nACCESS_TOKEN_EXPIRE_MINUTES=25\n")
    assert load_settings().access_token_minutes == 20
    monkeypatch.setenv("ACCESS_TOKEN_EXPIRE_MINUTES", "10")
    assert load_settings().access_token_minutes == 10


def test_temporary_keys_of_aws_are_left_to_the_client_of_the_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "temporary")
    assert load_settings().s3_access_key_id is None


def test_a_name_without_effect_is_noted_with_the_setting_that_was_meant(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ACESS_TOKEN_MINUTES=5\nREDIS_HOST_OF_OURS=x\n")
    notes = {note.name: note for note in name_notes_of_settings()}
    assert notes["ACESS_TOKEN_MINUTES"].nearest == "ACCESS_TOKEN_MINUTES"
    assert notes["REDIS_HOST_OF_OURS"].nearest is None


@pytest.mark.parametrize(
    "prefix", ["", "/", "api", "/api v1", "/../api", "/api//v1", "/docs/v1", "/health", "/s", "http://x/y"]
)
def test_a_prefix_of_the_api_that_is_no_path_or_taken_is_refused(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_V1_PREFIX", prefix)
    with pytest.raises(SettingsError, match="API_V1_PREFIX"):
        load_settings()


def test_a_start_warns_of_unknown_names_without_their_values(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ACESS_TOKEN_MINUTES=not-for-the-log\n")
    with serving(tmp_path) as server:
        (warning,) = [event for event in server.events() if event["event"] == "settings.unknown_name"]
    assert (warning["level"], warning["meant"]) == ("warning", "ACCESS_TOKEN_MINUTES")
    assert "not-for-the-log" not in server.log.read_text()


@pytest.mark.parametrize(
    ("values", "origins"),
    [
        ({}, {"http://localhost:3000", "http://localhost:5173", "http://127.0.0.1:3000", "http://127.0.0.1:5173"}),
        ({"CORS_ORIGINS": "https://a.example"}, {"https://a.example"}),
        ({"ENVIRONMENT": "production"}, set()),
    ],
)
def test_local_pages_may_call_a_service_for_development(
    values: dict[str, str], origins: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"SECRET_KEY": OWN_KEY, "ENCRYPTION_KEYS": MASTER_KEYS, **values}.items():
        monkeypatch.setenv(name, value)
    assert set(load_settings().allowed_origins) == origins


def test_a_list_that_is_broken_json_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGINS", '["https://a.example"')
    with pytest.raises(SettingsError, match="CORS_ORIGINS: it begins as a list in JSON"):
        load_settings()
