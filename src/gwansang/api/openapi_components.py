"""Models and parameters of the OpenAPI document as generators of clients like them: named, with whole examples."""

import re
from collections.abc import Mapping
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
    for name in _request_models(document):
        for field in schemas[name]["properties"].values():
            field.pop("default", None)  # with a default, openapi-typescript requires the field from the client


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


def _request_models(document: Mapping[str, Any]) -> set[str]:
    """Return the names of the models of request bodies."""
    contents = (
        content
        for path in document["paths"].values()
        for operation in path.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
    )
    return {content["schema"]["$ref"].removeprefix(_REFERENCE) for content in contents if "$ref" in content["schema"]}


def _rename_references(part: object, names: Mapping[str, str]) -> None:
    if isinstance(part, dict):
        if part.get("$ref") in names:
            part["$ref"] = names[part["$ref"]]
        for child in part.values():
            _rename_references(child, names)
    elif isinstance(part, list):
        for child in part:
            _rename_references(child, names)
