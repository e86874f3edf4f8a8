"""The built page: `/` and its files, whose names have the digests of their contents."""

import mimetypes
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from gwansang.core.lazy import Lazy
from gwansang.core.static_answers import IMMUTABLE, PackedFiles, StaticAnswer
from gwansang.web.face_files import face_files_router
from gwansang.web.page_texts import PageOptions, page_files

STATIC = Path(str(files("gwansang.web"))) / "static"
_INDEX = "index.html"
_NOT_FOUND = 404
# scripts and styles come from files of ours alone; WebAssembly runs the networks; blob: is a picture that a user chose
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; media-src 'self' blob:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


def mount_page(app: FastAPI, model_dir: Path, options: PageOptions) -> None:
    """Add the page at `/`, its files at `/assets`, those with a fixed name, and at `/web` its texts and networks."""
    app.add_api_route("/", _of_page(Lazy(_index)), include_in_schema=False)
    app.mount("/assets", _Assets(STATIC / "assets", IMMUTABLE), name="page-assets")
    for path in sorted(STATIC.iterdir()):
        if path.is_file() and path.name != _INDEX:
            app.add_api_route(f"/{path.name}", _of_page(Lazy(partial(_named_file, path))), include_in_schema=False)
    app.include_router(face_files_router(model_dir))
    files = Lazy(partial(page_files, options))
    for address in ("/web/settings.json", "/web/manifest.json", "/web/texts/{name}"):
        app.add_api_route(address, _of_files(files), include_in_schema=False)


def _of_page(file: Lazy[StaticAnswer]) -> Callable[[Request], Awaitable[Response]]:
    """Return the route of a file with the policy of the page, which the service worker needs for what it fetches."""

    async def answer(request: Request) -> Response:
        response = await (await file.get()).to(request)
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return answer


def _of_files(files: Lazy[Mapping[str, StaticAnswer]]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        found = (await files.get()).get(request.url.path)
        if found is None:
            raise HTTPException(_NOT_FOUND)
        return await found.to(request)

    return answer


class _Assets(PackedFiles):
    """Files with the policy of the page: a worker obeys the one that its own script came with."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file; raises HTTPException if there is none."""
        answer = await super().get_response(path, scope)
        answer.headers["Content-Security-Policy"] = POLICY
        return answer


def _index() -> StaticAnswer:
    return StaticAnswer((STATIC / _INDEX).read_bytes(), "text/html")


def _named_file(path: Path) -> StaticAnswer:
    media_type, _ = mimetypes.guess_type(path.name)
    return StaticAnswer(path.read_bytes(), media_type or "application/octet-stream")
