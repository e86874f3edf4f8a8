"""How errors are shown in OpenAPI: by status, with an example for each code."""

from typing import Any

from gwansang.api.errors import InvalidRequestError, problem_type, status_of
from gwansang.core.exceptions import AppError
from gwansang.schemas.problem import Problem

Responses = dict[int | str, dict[str, Any]]  # FastAPI's own type for `responses=`


def problems(*errors: type[AppError]) -> Responses:
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
