"""JSON to the generated dataclasses and back, by their annotations.

Fields that this version does not know are ignored, and so are unknown values of enumerations: within `/api/v1` both are
added without notice.
"""

import dataclasses
import json
import types
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from gwansang_client.errors import UnexpectedAnswerError

T = TypeVar("T")
_Decode = Callable[[Any], Any]


def as_model(kind: type[T]) -> Callable[[bytes], T]:
    """Return a function that reads an answer as this model."""

    def read(body: bytes) -> T:
        model: T = decode(kind, _parsed(body))
        return model

    return read


def as_list(kind: type[T]) -> Callable[[bytes], list[T]]:
    """Return a function that reads an answer as a list of this model."""

    def read(body: bytes) -> list[T]:
        models: list[T] = decode(list[kind], _parsed(body))  # type: ignore[valid-type]  # known at run time only
        return models

    return read


def as_bytes(body: bytes) -> bytes:
    """Return an answer as it is."""
    return body


def as_nothing(body: bytes) -> None:
    """Ignore the body of an answer that has none."""


def decode(kind: Any, value: object) -> Any:  # noqa: ANN401  # the type is a value here
    """Return parsed JSON as this type; raises UnexpectedAnswerError."""
    try:
        return _decoder(kind)(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnexpectedAnswerError(f"the answer is no {getattr(kind, '__name__', kind)}: {error!r}") from error


def encode(value: object) -> Any:  # noqa: ANN401  # any JSON
    """Return a model, or a value of one, as JSON has it; optional fields that are None are left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        named = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {name: encode(item) for name, item in named.items() if item is not None}
    if isinstance(value, Mapping):
        return {str(name): encode(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    return encode_scalar(value)


def encode_scalar(value: object) -> Any:  # noqa: ANN401  # any JSON
    """Return a time, a day or an id as text, anything else as it is."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _parsed(body: bytes) -> object:
    try:
        parsed: object = json.loads(body)
    except ValueError as error:
        raise UnexpectedAnswerError("the answer is no JSON") from error
    return parsed


@cache
def _decoder(kind: Any) -> _Decode:  # noqa: ANN401  # the type is a value here
    if dataclasses.is_dataclass(kind):
        return _dataclass_decoder(kind)
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _union_decoder(get_args(kind))
    if origin is list:
        return _list_decoder(*get_args(kind))
    if origin is dict:
        return _dict_decoder(get_args(kind)[1])
    if origin is tuple:
        return _tuple_decoder(get_args(kind))
    return _scalar_decoder(kind)


def _scalar_decoder(kind: Any) -> _Decode:  # noqa: ANN401  # the type is a value here
    if kind is datetime:
        return datetime.fromisoformat
    if kind is date:
        return date.fromisoformat
    if kind is UUID:
        return UUID
    if kind is float:
        return float
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return lambda value: kind(value) if value in kind.__members__.values() else value
    return _unchanged


def _dataclass_decoder(kind: Any) -> _Decode:  # noqa: ANN401  # the type is a value here
    fields: dict[str, _Decode] | None = None
    required = _required(kind)

    def decode_object(value: Mapping[str, Any]) -> object:
        nonlocal fields
        if fields is None:  # on first use, because models name each other
            fields = {name: _decoder(hint) for name, hint in get_type_hints(kind).items()}
        if missing := required - value.keys():
            raise ValueError(f"{kind.__name__} without {', '.join(sorted(missing))}")
        return kind(**{name: read(value[name]) for name, read in fields.items() if name in value})

    return decode_object


def _required(kind: Any) -> frozenset[str]:  # noqa: ANN401  # the type is a value here
    return frozenset(field.name for field in dataclasses.fields(kind) if field.default is dataclasses.MISSING)


def _union_decoder(kinds: tuple[Any, ...]) -> _Decode:
    models = [kind for kind in kinds if dataclasses.is_dataclass(kind)]
    others = [kind for kind in kinds if kind is not types.NoneType and kind not in models]

    def decode_either(value: Any) -> Any:  # noqa: ANN401  # any JSON
        if value is None:
            return None
        if isinstance(value, dict) and models:
            fitting = [kind for kind in models if _required(kind) <= value.keys()]
            best: Any = max(fitting or models, key=lambda kind: len(_required(kind)))
            return _decoder(best)(value)
        return _decoder(others[0])(value) if others else value

    return decode_either


def _list_decoder(kind: Any) -> _Decode:  # noqa: ANN401  # the type is a value here
    return lambda value: [_decoder(kind)(item) for item in value]


def _dict_decoder(kind: Any) -> _Decode:  # noqa: ANN401  # the type is a value here
    return lambda value: {name: _decoder(kind)(item) for name, item in value.items()}


def _tuple_decoder(kinds: tuple[Any, ...]) -> _Decode:
    return lambda value: tuple(_decoder(kind)(item) for kind, item in zip(kinds, value, strict=True))


def _unchanged(value: Any) -> Any:  # noqa: ANN401  # any JSON
    return value
