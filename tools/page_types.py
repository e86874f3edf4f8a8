"""The API's models as TypeScript interfaces, for the page: `python -m tools.page_types`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

REPOSITORY: Final = Path(__file__).parents[1]
DOCUMENT: Final = REPOSITORY / "clients" / "openapi.json"
TARGET: Final = REPOSITORY / "web" / "src" / "api" / "types.ts"
USED: Final = (
    *("FaceReading", "FortuneOut", "Problem"),
    *("NoticeOut", "RetentionOut", "ConsentPage", "OwnAccountOut", "SignedInOut", "TokensOut"),
    *("KeptReadingPage", "ComparisonOut", "KeyPage", "NewKeyOut", "SharePage", "NewShareOut"),
    *("CompatibilityOut", "InvitationPage", "NewInvitationOut", "LookalikeOut"),
    *("AuthorizationOut", "IdentitiesOut", "ProviderSignInOut", "ProvidersOut"),
)
"""Models that the page names; what they consist of follows."""
_HEAD: Final = "// Written by `make openapi` from clients/openapi.json; do not edit.\n"
_PRIMITIVES: Final = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
Schema = Mapping[str, Any]


def page_types(document: Schema) -> str:
    """Return the interfaces of the used models and of all that these consist of, by name."""
    schemas: Schema = document["components"]["schemas"]
    return _HEAD + "\n".join(_interface(name, schemas[name]) for name in sorted(_closure(schemas)))


def _closure(schemas: Schema) -> set[str]:
    found: set[str] = set()
    waiting = [*USED]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _references(schemas[name])
    return found


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(reference := schema.get("$ref"), str):
            yield reference.rsplit("/", 1)[-1]
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _interface(name: str, schema: Schema) -> str:
    if "properties" not in schema:
        return f"export type {_plain(name)} = {_type(schema)};"
    fields = " ".join(f"{key}: {_type(value)};" for key, value in schema["properties"].items())
    return f"export interface {_plain(name)} {{ {fields} }}"


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        return _plain(str(schema["$ref"]).rsplit("/", 1)[-1])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(map(_type, schema["anyOf"])))
    if "enum" in schema or "const" in schema:
        return " | ".join(json.dumps(value) for value in schema.get("enum", [schema.get("const")]))
    return _plain_type(schema)


def _plain_type(schema: Schema) -> str:
    kind = str(schema.get("type"))
    if kind == "array":
        item, count = _type(schema.get("items", {})), schema.get("maxItems")
        return f"[{', '.join([item] * count)}]" if count and count == schema.get("minItems") else f"({item})[]"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"Record<string, {_type(values) if isinstance(values, dict) else 'unknown'}>"
    return _PRIMITIVES.get(kind, "unknown")


def _plain(name: str) -> str:
    return name.replace("_", "")


if __name__ == "__main__":
    TARGET.write_text(page_types(json.loads(DOCUMENT.read_text())))
