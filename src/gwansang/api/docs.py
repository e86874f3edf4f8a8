"""The documentation pages; no script, style or font comes from another host."""

import html
import json
from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, Response

from gwansang.core.lazy import Lazy
from gwansang.core.static_answers import PackedFiles, StaticAnswer

_ASSETS = Path(fastapi_offline.__file__).parent / "static"
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="/docs/assets/favicon.png">
{head}
</head>
<body>
{body}
</body>
</html>
"""
_SWAGGER_START = """addEventListener("DOMContentLoaded", () => {
  const page = document.getElementById("swagger-ui");
  SwaggerUIBundle({
    url: page.dataset.openapi,
    domNode: page,
    deepLinking: true,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],
    layout: "BaseLayout",
  });
});
"""


def mount_docs(app: FastAPI, openapi_url: str) -> None:
    """Add the OpenAPI document at `openapi_url`, and /docs and /redoc, which show it."""

    def document() -> StaticAnswer:
        return StaticAnswer(json.dumps(app.openapi(), ensure_ascii=False).encode(), "application/json")

    answer = Lazy(document)

    async def openapi(request: Request) -> Response:
        return await (await answer.get()).to(request)

    app.add_api_route(openapi_url, openapi, include_in_schema=False)
    app.include_router(_pages(html.escape(app.title), openapi_url))
    app.mount("/docs/assets", PackedFiles(_ASSETS), name="docs-assets")


def _pages(title: str, openapi_url: str) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    async def swagger() -> HTMLResponse:
        head = (
            '<link rel="stylesheet" href="/docs/assets/swagger-ui.css">\n'
            '<script src="/docs/assets/swagger-ui-bundle.js"></script>\n<script src="/docs/start.js"></script>'
        )
        body = f'<div id="swagger-ui" data-openapi="{openapi_url}"></div>'
        return HTMLResponse(_PAGE.format(title=title, head=head, body=body))

    @router.get("/docs/start.js")
    async def swagger_start() -> Response:
        return Response(_SWAGGER_START, media_type="text/javascript")

    @router.get("/redoc")
    async def redoc() -> HTMLResponse:
        body = f'<redoc spec-url="{openapi_url}"></redoc>\n<script src="/docs/assets/redoc.standalone.js"></script>'
        return HTMLResponse(_PAGE.format(title=title, head="<style>body{margin:0}</style>", body=body))

    return router
