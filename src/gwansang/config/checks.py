"""Checks of valid settings against each other, and for production."""

from collections.abc import Iterator
from dataclasses import dataclass

from gwansang.config.values import DEFAULT_SECRET_KEY, SettingValues
from gwansang.core.entropy import entropy_bits
from gwansang.core.usage import UNLIMITED_PLAN

_MIN_KEY_BITS = 64  # by `entropy_bits`; of 3,000 random keys of 32 hexadecimal digits, the least had 88
_MIN_SECRET_LENGTH = 32
_MIN_BCRYPT_ROUNDS = 10
_GUESSABLE = "repeats itself and can be guessed, which production refuses; `openssl rand -hex 32` makes one"
_MIN_TOKEN_BITS = 20  # of 5,000 random tokens of 16 hexadecimal digits, the least had 34


@dataclass(frozen=True, slots=True)
class SettingFault:
    """A fault of a setting, by its field; the message names it as people write it."""

    name: str
    message: str


def faults_together(values: SettingValues) -> Iterator[SettingFault]:
    """Yield what is wrong with valid settings beside each other, or in production."""
    if (values.s3_access_key_id is None) != (values.s3_secret_access_key is None):
        yield SettingFault("s3_access_key_id", "S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY belong together; set both")
    if "*" in values.cors_origins and values.cors_credentials:
        message = "CORS_ORIGINS=* and CORS_CREDENTIALS=true together would open every account to every site"
        yield SettingFault("cors_origins", message)
    elif "*" in values.cors_origins and values.production:
        yield SettingFault("cors_origins", "CORS_ORIGINS=* is refused in production; name the sites that call the API")
    yield from _incomplete_providers(values)
    if values.default_plan not in (UNLIMITED_PLAN, *values.plans):
        yield SettingFault("default_plan", f"DEFAULT_PLAN is neither `{UNLIMITED_PLAN}` nor one of PLANS")
    if not values.production:
        return
    yield from _open_providers(values)
    if values.password_bcrypt_rounds < _MIN_BCRYPT_ROUNDS:
        message = "PASSWORD_BCRYPT_ROUNDS below 10 is refused in production: such hashes are guessed fast"
        yield SettingFault("password_bcrypt_rounds", message)
    if values.webhook_local_targets:
        message = "WEBHOOK_LOCAL_TARGETS=true is refused in production: users could reach programs of this machine"
        yield SettingFault("webhook_local_targets", message)
    yield from _weak_secrets(values)


def _incomplete_providers(values: SettingValues) -> Iterator[SettingFault]:
    for needed, *others in (
        ("naver_client_id", "naver_client_secret"),
        ("google_client_id", "google_client_secret"),
        ("apple_client_id", "apple_team_id", "apple_key_id", "apple_private_key"),
    ):
        missing = [name for name in (needed, *others) if getattr(values, name) is None]
        if 0 < len(missing) <= len(others):
            together = " and ".join(name.upper() for name in (needed, *others))
            yield SettingFault(missing[0], f"{together} belong together; set all of them")


def _open_providers(values: SettingValues) -> Iterator[SettingFault]:
    """Yield what production refuses of providers: a return to a guessed address, and answers over plain HTTP."""
    used = [name for name in ("kakao", "naver", "google", "apple") if getattr(values, f"{name}_client_id")]
    if used and not (values.public_url or "").startswith("https:"):
        yield SettingFault("public_url", "PUBLIC_URL has to be set, with https, where people sign in with a provider")
    for name in used:
        urls = [field for field in type(values).model_fields if field.startswith(name) and field.endswith("_url")]
        for field in urls:
            if not getattr(values, field).startswith("https:"):
                yield SettingFault(field, f"{field.upper()} has to begin with https in production")


def _weak_secrets(values: SettingValues) -> Iterator[SettingFault]:
    key, token = values.secret_key.get_secret_value(), values.metrics_token
    if key == DEFAULT_SECRET_KEY:
        message = "SECRET_KEY has its default value, which production refuses; set one of your own"
        yield SettingFault("secret_key", message)
    elif len(key) < _MIN_SECRET_LENGTH:
        yield SettingFault("secret_key", "SECRET_KEY is shorter than the 32 characters that production asks for")
    elif entropy_bits(key) < _MIN_KEY_BITS:
        yield SettingFault("secret_key", f"SECRET_KEY {_GUESSABLE}")
    if values.encryption_keys is None:
        message = "ENCRYPTION_KEYS is not set; production asks for a key of your own for stored measures"
        yield SettingFault("encryption_keys", message)
    elif min(map(entropy_bits, values.master_keys.by_id.values())) < _MIN_KEY_BITS:
        message = "ENCRYPTION_KEYS has a key that is not random; `gwansang privacy new-key` makes one"
        yield SettingFault("encryption_keys", message)
    if token is not None and entropy_bits(token.get_secret_value()) < _MIN_TOKEN_BITS:
        yield SettingFault("metrics_token", f"METRICS_TOKEN {_GUESSABLE}")
