"""The route that a provider sends a browser to: an error there is shown on the page, never as JSON."""

from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from gwansang.api.v1.provider_paths import page_address
from gwansang.core.exceptions import AppError, RateLimited, Unavailable

_log = structlog.get_logger("gwansang.auth")


class ReturnRoute(APIRoute):
    """Sends the browser to the page for every expected error, also those of the route's dependencies."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, which answers an AppError with a redirect to the page."""
        handle = super().get_route_handler()

        async def handle_or_redirect(request: Request) -> Response:
            try:
                return await handle(request)
            except (AppError, HTTPException) as raised:
                error = (
                    raised.__cause__ if isinstance(raised, HTTPException) else raised
                )  # FastAPI wraps those of a body
                if not isinstance(error, AppError):
                    raise
            _log.info("auth.provider_return_failed", code=error.code)
            target = "later" if isinstance(error, RateLimited | Unavailable) else "expired"
            return RedirectResponse(page_address(target), status_code=303)

        return handle_or_redirect
