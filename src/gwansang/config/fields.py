"""Types of settings, with what each of their values has to be."""

import json
import re
from collections.abc import Mapping
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from gwansang.core.encryption import MasterKeys
from gwansang.core.usage import UNLIMITED_PLAN


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


def check_keys(keys: SecretStr | None) -> SecretStr | None:
    if keys is not None:
        MasterKeys.parse(keys.get_secret_value())
    return keys


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
