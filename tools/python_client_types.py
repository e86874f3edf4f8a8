"""Python types of the schemas of the API document."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

Schema = Mapping[str, Any]
_PRIMITIVES: Final = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_FORMATS: Final = {"date-time": "datetime", "date": "date", "uuid": "UUID", "binary": "bytes"}
_LONGEST_TUPLE: Final = 4
_INLINE_NAMES: Final = {"compare_faces.first": "ComparedFace", "compare_faces.second": "ComparedFace"}
"""Models that the document has no name for, by operation and field."""


def field_type(schema: Schema, *, prefix: str = "") -> str:
    """Return the annotation of a schema; prefix: of the names of models, such as `models.`."""
    if "$ref" in schema:
        name = _referenced(schema)
        return f"{prefix}{name} | str" if name == "ErrorCode" else f"{prefix}{name}"
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            kinds = dict.fromkeys(field_type(option, prefix=prefix) for option in schema[choice])
            return " | ".join(sorted(kinds, key=lambda kind: kind == "None"))
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return f"Literal[{', '.join(map(repr, values))}]"
    return _plain_type(schema, prefix)


def _plain_type(schema: Schema, prefix: str) -> str:
    kind = str(schema.get("type"))
    if kind == "array":
        item, count = field_type(schema.get("items", {}), prefix=prefix), schema.get("maxItems")
        if count and count == schema.get("minItems") and count <= _LONGEST_TUPLE:
            return f"tuple[{', '.join([item] * count)}]"
        return f"list[{item}]"
    if kind == "object":
        values = schema.get("additionalProperties")
        item = field_type(values, prefix=prefix) if isinstance(values, dict) and values else f"{prefix}JsonValue"
        return f"dict[str, {item}]"
    return _FORMATS.get(str(schema.get("format")), _PRIMITIVES.get(kind, f"{prefix}JsonValue"))


def parameter_type(schema: Schema) -> str:
    """Return the annotation of a parameter, which takes more than what answers have: texts of ids, any sequence."""
    annotation = field_type(schema, prefix="models.")
    annotation = re.sub(r"\bUUID\b", "UUID | str", annotation)
    return re.sub(r"\bdict\[", "Mapping[", re.sub(r"\blist\[", "Sequence[", annotation))


def inline_name(operation: str, field: str, schema: Schema) -> str | None:
    """Return the name of a model that stands in a body without one, None if the schema is no such model."""
    if "properties" not in schema:
        return None
    made_up = re.sub(r"(?:^|_)([a-z0-9])", lambda match: match[1].upper(), f"{operation}_{field}")
    return _INLINE_NAMES.get(f"{operation}.{field}", made_up)


def inline_models(document: Schema) -> dict[str, Schema]:
    """Return the models without a name of the bodies of requests."""
    models = {}
    for operation in _operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            for field, schema in content["schema"].get("properties", {}).items():
                if name := inline_name(operation["operationId"], field, schema):
                    models[name] = schema
    return models


def resolved(document: Schema, schema: Schema) -> Schema:
    """Return the object of a body that is a reference, or one that may be left out."""
    for option in schema.get("anyOf", ()):
        if "$ref" in option:
            return resolved(document, option)
    if "$ref" in schema:
        found: Schema = document["components"]["schemas"][_referenced(schema)]
        return found
    return schema


def _referenced(schema: Schema) -> str:
    return str(schema["$ref"]).rsplit("/", 1)[-1]


def _operations(document: Schema) -> Iterator[Schema]:
    for methods in document["paths"].values():
        yield from methods.values()
