"""The generated part of the Python client out of the API document: `python -m tools.python_client`."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tools.python_client_operations import Operation, documented, operations_of
from tools.python_client_types import Schema, field_type, inline_models

REPOSITORY: Final = Path(__file__).parents[1]
DOCUMENT: Final = REPOSITORY / "clients" / "openapi.json"
TARGET: Final = REPOSITORY / "clients" / "python" / "src" / "gwansang_client" / "generated"
_HEAD: Final = '"""{subject}; written by `make openapi` from clients/openapi.json, do not edit."""\n\n'
_MODELS_HEAD: Final = """\
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal, TypeAlias
from uuid import UUID

JsonValue: TypeAlias = Any
"""
_CALLS_HEAD: Final = """\
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal
from uuid import UUID

from gwansang_client.calls import Call, given_json, idempotency, path_with
from gwansang_client.decoding import as_bytes, as_list, as_model, as_nothing
from gwansang_client.generated import models
from gwansang_client.uploads import Upload, Uploads, upload_list
"""
_METHODS_HEAD: Final = """\
from abc import ABC, abstractmethod
from collections.abc import {iterator}, Mapping, Sequence
from datetime import date
from typing import Literal, TypeVar
from uuid import UUID

from gwansang_client._core import Page
from gwansang_client.calls import Call
from gwansang_client.generated import calls, models
from gwansang_client.uploads import Upload, Uploads

T = TypeVar("T")


class {name}(ABC):
    \"\"\"The operations of the API as methods{how}.\"\"\"

    @abstractmethod
    {keyword}def send(self, call: Call[T]) -> T:
        \"\"\"Send a call and return its answer.\"\"\"

    @abstractmethod
    def _items(self, call: Call[Page[T]]) -> {iterator}[T]:
        \"\"\"Yield the items of all pages from this one on.\"\"\"
"""
_OF_THE_SIGN_IN: Final = ("login", "logout", "refresh_tokens")
"""Operations that only the client itself sends, because they change the tokens it keeps."""


def generated_files(document: Schema) -> dict[str, str]:
    """Return the text of each generated module by its name, formatted."""
    operations = list(operations_of(document))
    texts = {
        "__init__.py": '"""What `make openapi` writes from the API document."""\n',
        "models.py": _HEAD.format(subject="The models of the API") + _MODELS_HEAD + "\n\n" + _models(document),
        "calls.py": _HEAD.format(subject="The calls of the API")
        + _CALLS_HEAD
        + "".join(f"\n\n{operation.call_function()}" for operation in operations),
        "sync_methods.py": _HEAD.format(subject="The methods of the client") + _methods(operations, is_async=False),
        "async_methods.py": _HEAD.format(subject="The methods of the client") + _methods(operations, is_async=True),
    }
    return {name: _formatted(text) for name, text in texts.items()}


def _models(document: Schema) -> str:
    named: dict[str, Schema] = {**document["components"]["schemas"], **inline_models(document)}
    aliases = {name: schema for name, schema in named.items() if name != "JsonValue" and "oneOf" in schema}
    classes = [_model(name, schema) for name, schema in sorted(named.items()) if name not in (*aliases, "JsonValue")]
    return "\n\n".join([*classes, *(_alias(name, schema) for name, schema in aliases.items())])


def _model(name: str, schema: Schema) -> str:
    if "enum" in schema:
        values = "".join(f"    {value} = {value!r}\n" for value in schema["enum"])
        return f"class {name}(StrEnum):\n{_docstring(schema, name)}{values}"
    required = schema.get("required", ())
    properties: Mapping[str, Schema] = schema.get("properties", {})
    fields = "".join(_field(key, value, key in required) for key, value in properties.items())
    return f"@dataclass(frozen=True, slots=True, kw_only=True)\nclass {name}:\n{_docstring(schema, name)}{fields}"


def _field(name: str, schema: Schema, is_required: bool) -> str:
    annotation = field_type(schema)
    if is_required:
        return f"    {name}: {annotation}\n"
    optional = annotation if annotation.endswith("| None") else f"{annotation} | None"
    return f"    {name}: {optional} = None\n"


def _alias(name: str, schema: Schema) -> str:
    return f"{name}: TypeAlias = {field_type(schema)}\n"


def _docstring(schema: Schema, name: str) -> str:
    paragraph = str(schema.get("description") or f"{name} of the API.").split("\n\n")[0]
    return documented(paragraph, "    ") + "\n"


def _methods(operations: list[Operation], *, is_async: bool) -> str:
    name, how = ("AsyncMethods", " to await") if is_async else ("SyncMethods", "")
    iterator = "AsyncIterator" if is_async else "Iterator"
    keyword = "async " if is_async else ""
    head = _METHODS_HEAD.format(name=name, how=how, iterator=iterator, keyword=keyword)
    return head + "".join(f"\n{method}" for method in _each_method(operations, is_async=is_async))


def _each_method(operations: list[Operation], *, is_async: bool) -> Iterator[str]:
    for operation in operations:
        if operation.name in _OF_THE_SIGN_IN:
            continue
        yield operation.method(is_async=is_async)
        if operation.item is not None:
            yield operation.iterating_method(is_async=is_async)


def _formatted(text: str) -> str:
    ruff = str(Path(sys.executable).with_name("ruff"))
    for command in (
        ["check", "--fix-only", "--quiet", "--select", "F401,I", "--isolated"],
        ["format", "--quiet", "--line-length", "120", "--isolated"],
    ):
        arguments = [ruff, *command, "--stdin-filename", "generated.py", "-"]
        text = subprocess.run(arguments, input=text, capture_output=True, text=True, check=True).stdout  # noqa: S603  # ruff of this environment
    return text


if __name__ == "__main__":
    for file, content in generated_files(json.loads(DOCUMENT.read_text(encoding="utf-8"))).items():
        (TARGET / file).write_text(content, encoding="utf-8")
