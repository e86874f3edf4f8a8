"""The built page: `/` and its files, whose names have the digests of their contents."""

from functools import cache
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from gwansang.core.static_answers import IMMUTABLE, PackedFiles, StaticAnswer

STATIC = Path(str(files("gwansang.web"))) / "static"
# scripts and styles come from files of ours alone; WebAssembly runs the networks; blob: is a picture that a user chose
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; media-src 'self' blob:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


def mount_page(app: FastAPI) -> None:
    """Add the page at `/` and its files at `/assets`."""
    app.add_api_route("/", _page, include_in_schema=False)
    app.mount("/assets", PackedFiles(STATIC / "assets", IMMUTABLE), name="page-assets")


def _page(request: Request) -> Response:
    answer = _index().to(request)
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


@cache
def _index() -> StaticAnswer:
    return StaticAnswer((STATIC / "index.html").read_bytes(), "text/html")
