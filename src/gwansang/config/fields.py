"""Types of settings, with what each of their values has to be."""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from gwansang.core.encryption import MasterKeys
from gwansang.core.usage import UNLIMITED_PLAN

API_PREFIX: Final = "/api/v1"
_PREFIX: Final = re.compile(r"(/[A-Za-z0-9_~][A-Za-z0-9._~-]*)+", re.ASCII)
_OWN_PATHS: Final = frozenset({"admin", "assets", "dev", "docs", "health", "metrics", "problems", "redoc", "s", "web"})


def split_names(value: object) -> object:
    """Return the names of a list that is written with commas, or as JSON."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = ",".join(map(str, json.loads(value)))
        except ValueError as error:
            raise ValueError("it begins as a list in JSON and is none; names with commas between do as well") from error
    if isinstance(value, str):
        return tuple(name.strip().rstrip("/") for name in value.split(",") if name.strip())
    return value


def split_plans(value: object) -> object:
    """Return the readings a month of plans that are written as `free:100,standard:1000`."""
    if not isinstance(value, str):
        return value
    pairs = [pair.partition(":") for pair in value.split(",") if pair.strip()]
    return {name.strip(): number.strip() for name, _, number in pairs}


def check_plans(plans: Mapping[str, int]) -> Mapping[str, int]:
    if any(not re.fullmatch("[a-z][a-z0-9-]{0,19}", name) or name == UNLIMITED_PLAN for name in plans):
        raise ValueError(f"a plan has a name of up to 20 of a-z, 0-9 and -, and is not called {UNLIMITED_PLAN}")
    return plans


def check_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, ZoneInfoNotFoundError, OSError) as error:  # OSError: a folder of zones, such as Asia
        raise ValueError("it is not a time zone name such as Asia/Seoul") from error
    return name


def check_mail_link(link: str) -> str:
    if link and (link.count("{token}") != 1 or link.replace("{purpose}", "").count("{") != 1):
        raise ValueError("it needs {token}, and may have {purpose}, and no other braces")
    return link


def check_api_prefix(prefix: str) -> str:
    prefix = prefix.rstrip("/")
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"it is no path such as {API_PREFIX}")
    if prefix.split("/")[1] in _OWN_PATHS:
        raise ValueError("the service has other paths there; choose another name")
    return prefix


def check_keys(keys: SecretStr | None) -> SecretStr | None:
    if keys is not None:
        MasterKeys.parse(keys.get_secret_value())
    return keys


def check_apple_key(key: SecretStr | None) -> SecretStr | None:
    """Return the key with real line breaks; raises ValueError unless it is a private key for ES256."""
    if key is None:
        return None
    text = key.get_secret_value().replace("\\n", "\n")
    try:
        loaded = load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        loaded = None
    if not isinstance(loaded, EllipticCurvePrivateKey) or loaded.curve.name != "secp256r1":
        raise ValueError("it is not the text of Apple's .p8 file, in one line with \\n for its line breaks")
    return SecretStr(text)


UNSET_IF_EMPTY = BeforeValidator(lambda value: None if value == "" else value)
Text = Annotated[str | None, UNSET_IF_EMPTY]
Secret = Annotated[SecretStr | None, UNSET_IF_EMPTY]
Plans = Annotated[
    Mapping[str, Annotated[int, Field(ge=0, le=10**9)]],
    NoDecode,
    BeforeValidator(split_plans),
    AfterValidator(check_plans),
]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_names)]
ProviderUrl = Annotated[str, Field(pattern=r"^https?://[^/\s]+/\S*$")]
DiscoveryUrl = Annotated[str, Field(pattern=r"^https?://[^/\s]+(/\S*)?/\.well-known/openid-configuration$")]
