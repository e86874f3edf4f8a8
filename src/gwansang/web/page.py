"""The built page: `/` and its files, whose names have the digests of their contents."""

from functools import cache
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from gwansang.core.static_answers import IMMUTABLE, PackedFiles, StaticAnswer
from gwansang.web.face_files import face_files_router

STATIC = Path(str(files("gwansang.web"))) / "static"
# scripts and styles come from files of ours alone; WebAssembly runs the networks; blob: is a picture that a user chose
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; media-src 'self' blob:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


def mount_page(app: FastAPI, model_dir: Path) -> None:
    """Add the page at `/`, its files at `/assets`, and what it finds faces with at `/web`."""
    app.add_api_route("/", _page, include_in_schema=False)
    app.mount("/assets", _Assets(STATIC / "assets", IMMUTABLE), name="page-assets")
    app.include_router(face_files_router(model_dir))


class _Assets(PackedFiles):
    """Files with the policy of the page: a worker obeys the one that its own script came with."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file; raises HTTPException if there is none."""
        answer = await super().get_response(path, scope)
        answer.headers["Content-Security-Policy"] = POLICY
        return answer


def _page(request: Request) -> Response:
    answer = _index().to(request)
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


@cache
def _index() -> StaticAnswer:
    return StaticAnswer((STATIC / "index.html").read_bytes(), "text/html")
