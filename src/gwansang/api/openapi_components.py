"""Models and parameters of the OpenAPI document as generators of clients like them: named, with whole examples."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from gwansang.schemas.face_input import FaceRequest
from gwansang.schemas.problem import Problem
from gwansang.schemas.reading_example import load_examples
from gwansang.texts import DEFAULT_LOCALE, load

_REFERENCE = "#/components/schemas/"
_NAMES = {"Body_login": "SignInForm"}  # names that FastAPI made up


def finish_components(document: dict[str, Any]) -> None:
    """Add the models that no endpoint declares, the examples, and the codes of errors, which are those of the texts."""
    schemas = document["components"]["schemas"]
    _, definitions = models_json_schema(
        [(Problem, "serialization"), (FaceRequest, "validation")], ref_template=_REFERENCE + "{model}"
    )
    schemas.update(definitions["$defs"])
    codes = sorted(load("problems", DEFAULT_LOCALE, dict[str, str]))
    schemas["ErrorCode"] = {
        "type": "string",
        "enum": codes,
        "title": "ErrorCode",
        "description": "Stable; new codes may be added. The `type` of a problem is the URL of a page about its code.",
    }
    schemas["TaskResult"]["oneOf"] = schemas["TaskResult"].pop("anyOf")  # one of them; for anyOf some mix all fields
    schemas["ErrorEnvelope"]["properties"]["code"] = {"$ref": _REFERENCE + "ErrorCode"}
    for name, example in load_examples().items():
        schemas[name]["examples"] = [example]  # here and not by the model: FastAPI drops every null of an example
    names = {name: better for name in schemas if (better := _name(name)) != name}
    for old, new in names.items():
        schemas[new] = {**schemas.pop(old), "title": new}
    _rename_references(document["paths"], {_REFERENCE + old: _REFERENCE + new for old, new in names.items()})
    for body in _request_bodies(document):
        _remove_defaults(schemas[body["$ref"].removeprefix(_REFERENCE)] if "$ref" in body else body)
    for schema in schemas.values():
        for field in schema.get("properties", {}).values():
            if "enum" in field.get("items", ()):
                field.pop("default", None)  # OpenAPI Generator writes it as `..covered = ;`, which is no Dart


def flatten_parameters(operation: dict[str, Any]) -> None:
    """Remove null from parameters: it can't be sent, and generators make a class of each union."""
    for parameter in operation.get("parameters", ()):
        schema = parameter["schema"]
        branches = [branch for branch in schema.get("anyOf", ()) if branch.get("type") != "null"]
        if len(branches) == 1:
            parameter["schema"] = {**{key: value for key, value in schema.items() if key != "anyOf"}, **branches[0]}


def _name(name: str) -> str:
    """Return the name of a model in clients: `KeyPage` for `PageOut_KeyOut_`, as FastAPI calls `PageOut[KeyOut]`."""
    if page := re.fullmatch(r"PageOut_(\w+?)(?:Out)?_", name):
        return f"{page[1]}Page"
    return _NAMES.get(name, name)


def _request_bodies(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the schemas of request bodies, many of which are references."""
    return (
        content["schema"]
        for path in document["paths"].values()
        for operation in path.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
    )


def _remove_defaults(body: dict[str, Any]) -> None:
    """Remove the defaults of all fields: with one, openapi-typescript requires the field from the client."""
    for field in body.get("properties", {}).values():
        field.pop("default", None)
        _remove_defaults(field)


def _rename_references(part: object, names: Mapping[str, str]) -> None:
    if isinstance(part, dict):
        if part.get("$ref") in names:
            part["$ref"] = names[part["$ref"]]
        for child in part.values():
            _rename_references(child, names)
    elif isinstance(part, list):
        for child in part:
            _rename_references(child, names)
