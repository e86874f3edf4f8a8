"""What a browser finds a face with: the runtime, the networks and the numbers, each under a name with its digest."""

import gzip
import hashlib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gwansang.core.lazy import Lazy
from gwansang.core.static_answers import IMMUTABLE, REVALIDATE, accepts_gzip
from gwansang.vision.browser_kernel import browser_kernel
from gwansang.vision.models.browser_runtime import LITERT_JS, has_browser_runtime
from gwansang.vision.models.catalog import BUNDLE_MEMBERS, FACE_LANDMARKER, file_digest

FOLDER = "/web/models"
Role = Literal["runtime", "wasm", "detector", "mesh", "kernel"]
_MEDIA_TYPES = {
    ".js": "text/javascript",
    ".wasm": "application/wasm",
    ".tflite": "application/octet-stream",
    ".bin": "application/octet-stream",
}
_DIGEST_DIGITS = 16
# the files hold nothing of anyone, and pages of other sites find faces with them too
_FOR_ALL_SITES = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


@dataclass(frozen=True)
class FaceFiles:
    """The files of a model folder. urls: by their part; None if one is missing or not the pinned one.

    packed: contents by name, packed by gzip; unpacked, none is kept.
    """

    urls: dict[Role, str] | None
    packed: dict[str, bytes]


def load_face_files(model_dir: Path) -> FaceFiles:
    """Return the files of a model folder."""
    bundle = model_dir / FACE_LANDMARKER.file
    is_pinned = bundle.is_file() and file_digest(bundle) == FACE_LANDMARKER.sha256
    if not is_pinned or not has_browser_runtime(model_dir):
        return FaceFiles(None, {})
    sources: dict[Role, tuple[str, Callable[[], bytes]]] = {
        "runtime": (".js", (model_dir / LITERT_JS.script.file).read_bytes),
        "wasm": (".wasm", (model_dir / LITERT_JS.binary.file).read_bytes),
        "detector": (".tflite", partial(_read_member, bundle, BUNDLE_MEMBERS[0])),
        "mesh": (".tflite", partial(_read_member, bundle, BUNDLE_MEMBERS[1])),
        "kernel": (".bin", browser_kernel),
    }
    urls: dict[Role, str] = {}
    packed: dict[str, bytes] = {}
    for role, (suffix, read) in sources.items():
        content = read()
        name = hashlib.sha256(content).hexdigest()[:_DIGEST_DIGITS] + suffix
        packed[name] = gzip.compress(content, 6, mtime=0)
        urls[role] = f"{FOLDER}/{name}"
    return FaceFiles(urls, packed)


def _read_member(bundle: Path, member: str) -> bytes:
    with zipfile.ZipFile(bundle) as archive:
        return archive.read(member)


def face_files_router(model_dir: Path) -> APIRouter:
    """Return the routes of the files; the list says null if the service lacks any, and the page then sends photos."""
    router = APIRouter(include_in_schema=False)
    face_files = Lazy(partial(load_face_files, model_dir))

    @router.get("/web/face.json")
    async def listed() -> Response:
        headers = {"Cache-Control": REVALIDATE, **_FOR_ALL_SITES}
        return JSONResponse({"files": (await face_files.get()).urls}, headers=headers)

    @router.get(FOLDER + "/{name}")
    async def file(name: str, request: Request) -> Response:
        packed = (await face_files.get()).packed.get(name)
        if packed is None:
            return Response(status_code=404)
        headers = {"Cache-Control": IMMUTABLE, "Vary": "Accept-Encoding", **_FOR_ALL_SITES}
        media_type = _MEDIA_TYPES[Path(name).suffix]
        if not accepts_gzip(request):
            content = await run_in_threadpool(gzip.decompress, packed)
            return Response(content, headers=headers, media_type=media_type)
        return Response(packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=media_type)

    return router
