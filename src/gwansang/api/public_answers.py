"""Answers that are the same for everybody: with an ETag, so that who has one already gets a 304."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from gwansang.core.static_answers import REVALIDATE, etag_of, unless_known

_OK = 200


class PublicRoute(APIRoute):
    """Route whose successful GETs carry an ETag of their body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler with the ETag added."""
        handle = super().get_route_handler()

        async def handle_with_etag(request: Request) -> Response:
            answer = await handle(request)
            if request.method != "GET" or answer.status_code != _OK:
                return answer
            answer.headers["Cache-Control"] = REVALIDATE
            answer.headers["Vary"] = "Accept-Language"
            return unless_known(request, answer, etag_of(bytes(answer.body)))

        return handle_with_etag
