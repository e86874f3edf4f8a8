"""Other names of settings: those of older clients and of other programs, and what unknown names may have meant."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, DotEnvSettingsSource, PydanticBaseSettingsSource

OTHER_NAMES: Mapping[str, str] = {
    "ACCESS_TOKEN_EXPIRE_MINUTES": "access_token_minutes",
    "REFRESH_TOKEN_EXPIRE_DAYS": "refresh_token_days",
    "MAX_IMAGE_SIZE": "max_upload_bytes",
    "BACKEND_CORS_ORIGINS": "cors_origins",
    "AWS_S3_BUCKET": "s3_bucket",
    "AWS_BUCKET_NAME": "s3_bucket",
    "AWS_S3_BUCKET_NAME": "s3_bucket",
    "AWS_STORAGE_BUCKET_NAME": "s3_bucket",
    "AWS_REGION": "s3_region",
    "AWS_DEFAULT_REGION": "s3_region",
    "AWS_ENDPOINT_URL_S3": "s3_endpoint",
    "AWS_ENDPOINT_URL": "s3_endpoint",
    "AWS_S3_ENDPOINT_URL": "s3_endpoint",
    "AWS_ACCESS_KEY_ID": "s3_access_key_id",
    "AWS_SECRET_ACCESS_KEY": "s3_secret_access_key",
}
_AWS_KEYS = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"})
_YES = frozenset({"1", "true", "yes", "on"})
_NEAR, _NEAR_OF_GROUP = 0.88, 0.75  # likeness from which an unknown name is a setting's, and one of the same group's
_PREFIX = "GWANSANG_"
_OF_OPENTELEMETRY = "OTEL_"  # read from the environment by OpenTelemetry itself


class OtherNames(PydanticBaseSettingsSource):
    """Values by the other names of settings; `variables` has names in small letters.

    Temporary keys of AWS, which come with a session token, are left to the client of the bucket.
    """

    def __init__(self, settings: type[BaseSettings], variables: Mapping[str, str | None]) -> None:
        super().__init__(settings)
        self._variables = variables

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return nothing for a single field: `__call__` has the values of all."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the values by the names of their fields; of two other names of a setting the first counts."""
        temporary = bool(self._variables.get("aws_session_token"))
        values: dict[str, Any] = {}
        for name, field in OTHER_NAMES.items():
            value = self._variables.get(name.lower())
            if value and not (temporary and name in _AWS_KEYS):
                values.setdefault(field, value)
        if (self._variables.get("debug") or "").lower() in _YES:
            values["log_level"] = "DEBUG"
        return values


@dataclass(frozen=True, slots=True)
class NameNote:
    """A name that has no effect, with what to do about it; `nearest` is the setting that was probably meant."""

    text: str
    name: str
    nearest: str | None = None


def name_notes(settings: type[BaseSettings]) -> list[NameNote]:
    """Return a note for each name that is no setting: all of `.env`, and those of the environment that look so."""
    names = tuple(name.upper() for name in settings.model_fields)
    file = {name.upper(): value or "" for name, value in DotEnvSettingsSource(settings).env_vars.items()}
    environment = {name.upper(): value for name, value in os.environ.items()}
    return [*_notes(file, ".env", names), *_notes(environment, "the environment", names, in_file=file)]


def _notes(
    variables: Mapping[str, str], place: str, names: tuple[str, ...], in_file: Mapping[str, str] | None = None
) -> Iterator[NameNote]:
    known = {*names, *OTHER_NAMES, "DEBUG", "AWS_SESSION_TOKEN", *(in_file or ())}
    for name in sorted(set(variables) - known):
        if in_file is not None and name.startswith(_OF_OPENTELEMETRY):
            continue
        nearest = nearest_setting(name, names)
        if nearest or in_file is None:
            yield NameNote(f"{name} in {place} is not a setting and has no effect", name, nearest)


def nearest_setting(name: str, names: tuple[str, ...]) -> str | None:
    """Return the setting whose name is nearest, None if none is near."""
    bare = name.removeprefix(_PREFIX)
    if bare in names:
        return bare
    group = bare.partition("_")[0] + "_"
    likeness = {one: SequenceMatcher(None, bare, one).ratio() for one in names}
    nearest = max(likeness, key=lambda one: likeness[one])
    return nearest if likeness[nearest] >= (_NEAR_OF_GROUP if nearest.startswith(group) else _NEAR) else None
