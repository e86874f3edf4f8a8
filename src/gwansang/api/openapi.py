"""How errors are shown in OpenAPI: by status, with an example for each code, and all codes in one list."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from gwansang.api.errors import InvalidRequestError, problem_type, status_of
from gwansang.core.exceptions import AppError
from gwansang.schemas.problem import Problem
from gwansang.services.accounts.caller import KEY_SCOPES

Responses = dict[int | str, dict[str, Any]]  # FastAPI's own type for `responses=`


class DocumentedApp(FastAPI):
    """FastAPI, with the shape of our errors in its schema instead of its own."""

    def openapi(self) -> dict[str, Any]:  # FastAPI's own type
        """The OpenAPI document, made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            _, definitions = models_json_schema(
                [(Problem, "serialization")], ref_template="#/components/schemas/{model}"
            )
            schemas = document["components"]["schemas"]
            schemas.update(definitions["$defs"])
            schemas["ErrorEnvelope"]["properties"]["code"]["enum"] = sorted({error.code for error in every_error()})
            for path in document["paths"].values():
                for operation in path.values():
                    _tell_scope(operation)
        return super().openapi()


def operation_id(route: APIRoute) -> str:
    """The name of a call in generated clients: that of its function."""
    return route.name


def _tell_scope(operation: dict[str, Any]) -> None:
    """Says which scope a call needs, and offers no API key for what no key may do."""
    asked = operation.get("security", [])
    scopes = sorted({scope for one in asked for needed in one.values() for scope in needed})
    if not scopes:
        return
    operation["description"] += f"\n\nNeeds the scope `{'`, `'.join(scopes)}`."
    if not set(scopes) <= set(KEY_SCOPES):
        operation["security"] = [one for one in asked if "ApiKey" not in one]


def every_error(family: type[AppError] = AppError) -> Iterator[type[AppError]]:
    """The whole error tree, as far as it is imported."""
    yield family
    for error in family.__subclasses__():
        yield from every_error(error)


def problem_responses(*errors: type[AppError]) -> Responses:
    """The `responses=` of an endpoint that may raise these."""
    responses: Responses = {}
    for error in sorted({*errors}, key=lambda one: one.code):
        status = status_of(error)
        entry = responses.setdefault(status, _empty())
        entry["content"]["application/problem+json"]["examples"][error.code] = {"value": _example(error, status)}
        codes = entry["content"]["application/problem+json"]["examples"]
        entry["description"] = ", ".join(f"`{code}`" for code in codes)
    return responses


def _empty() -> dict[str, Any]:  # the shape is OpenAPI's
    return {
        "description": "",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}},
    }


def _example(error: type[AppError], status: int) -> dict[str, Any]:  # the shape is Problem's
    details = [{"field": "image", "message": "…"}] if error is InvalidRequestError else None
    return Problem(
        type=problem_type(error),
        title=error.title,
        status=status,
        detail="…",
        instance="/api/v1/…",
        request_id="…",
        error={"code": error.code, "message": error.title, "details": details},
    ).model_dump()
