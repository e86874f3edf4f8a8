"""The OpenAPI document: errors by status with an example for each code, scopes, and size limits."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from gwansang.api.deprecation import is_deprecated
from gwansang.api.errors import problem_type, status_of
from gwansang.api.openapi_components import finish_components, flatten_parameters
from gwansang.core.exceptions import AppError, InvalidRequestError
from gwansang.services.accounts.caller import KEY_SCOPES

OpenApi = dict[str, Any]  # FastAPI's own type for a part of the document
Responses = dict[int | str, OpenApi]  # and for `responses=`


class DocumentedApp(FastAPI):
    """FastAPI whose document shows this API's errors, scopes and size limits.

    sizes: bytes by the name that stands in braces in the description of a form's file.
    """

    def __init__(self, *, sizes: Mapping[str, int], **options: Any) -> None:  # noqa: ANN401 - FastAPI's own
        super().__init__(**options)
        self._sizes = {name: f"{size / 2**20:g} MB" for name, size in sizes.items()}

    def openapi(self) -> OpenApi:
        """Return the OpenAPI document, made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            finish_components(document)
            for path in document["paths"].values():
                for operation in path.values():
                    _show_scope(operation)
                    flatten_parameters(operation)
                    self._show_sizes(operation)
                    if is_deprecated(operation["operationId"]):
                        operation["deprecated"] = True
        return super().openapi()

    def _show_sizes(self, operation: OpenApi) -> None:
        form = operation.get("requestBody", {}).get("content", {}).get("multipart/form-data")
        if form is not None:
            file = form["schema"]["properties"]["file"]
            file["description"] = file["description"].format_map(self._sizes)


def operation_id(route: APIRoute) -> str:
    """Return the name of a call in generated clients: that of its function."""
    return route.name


def _show_scope(operation: OpenApi) -> None:
    """Add the scope to the description of a call, and remove API keys from a call that no key may make."""
    security = operation.setdefault("security", [])
    scopes = sorted({scope for scheme in security for needed in scheme.values() for scope in needed})
    if not scopes:
        return
    operation["description"] += f"\n\nNeeds the scope `{'`, `'.join(scopes)}`."
    for_keys = set(scopes) <= set(KEY_SCOPES)
    operation["security"] = [scheme for scheme in security if for_keys or "ApiKey" not in scheme]
    for scheme in operation["security"]:
        if "ApiKey" in scheme:
            scheme["ApiKey"] = []  # linters and some generators know scopes of OAuth 2 only


def problem_responses(*errors: type[AppError]) -> Responses:
    """Return the `responses=` of an endpoint that can raise these errors."""
    responses: Responses = {}
    for error in sorted({*errors}, key=lambda error: error.code):
        status = status_of(error)
        entry = responses.setdefault(status, _empty())
        entry["content"]["application/problem+json"]["examples"][error.code] = {"value": _example(error, status)}
        codes = entry["content"]["application/problem+json"]["examples"]
        entry["description"] = ", ".join(f"`{code}`" for code in codes)
    return responses


def _empty() -> OpenApi:
    return {
        "description": "",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}},
    }


def _example(error: type[AppError], status: int) -> dict[str, Any]:
    """Return a Problem as a plain dictionary: 670 models were a hundredth of the start."""
    details = [{"field": "image", "message": "…"}] if error is InvalidRequestError else None
    return {
        "type": problem_type(error.code),
        "title": error.title,
        "status": status,
        "detail": "…",
        "instance": "/api/v1/…",
        "request_id": "…",
        "error": {"code": error.code, "message": error.title, "details": details},
    }
