"""What a browser finds a face with: the runtime, the networks and the numbers, each under a name with its digest."""

import gzip
import hashlib
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

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


class FaceFiles:
    """The files of a model folder, each read and packed at its first use; unpacked, none is kept."""

    def __init__(self, model_dir: Path) -> None:
        self._model_dir = model_dir
        self._lock = Lock()
        self._packed: dict[str, bytes] | None = None
        self._urls: dict[Role, str] = {}

    def urls(self) -> dict[Role, str] | None:
        """Return the URL of each file, or None if a file is missing or not the pinned one."""
        with self._lock:
            if self._packed is None:
                self._load()
            return self._urls or None

    def packed(self, name: str) -> bytes | None:
        """Return a file, packed by gzip, or None if there is none of that name."""
        self.urls()
        return (self._packed or {}).get(name)

    def _load(self) -> None:
        self._packed = {}
        bundle = self._model_dir / FACE_LANDMARKER.file
        is_pinned = bundle.is_file() and file_digest(bundle) == FACE_LANDMARKER.sha256
        if not is_pinned or not has_browser_runtime(self._model_dir):
            return
        sources: dict[Role, tuple[str, Callable[[], bytes]]] = {
            "runtime": (".js", (self._model_dir / LITERT_JS.script.file).read_bytes),
            "wasm": (".wasm", (self._model_dir / LITERT_JS.binary.file).read_bytes),
            "detector": (".tflite", partial(_read_member, bundle, BUNDLE_MEMBERS[0])),
            "mesh": (".tflite", partial(_read_member, bundle, BUNDLE_MEMBERS[1])),
            "kernel": (".bin", browser_kernel),
        }
        for role, (suffix, read) in sources.items():
            content = read()
            name = hashlib.sha256(content).hexdigest()[:_DIGEST_DIGITS] + suffix
            self._packed[name] = gzip.compress(content, 6, mtime=0)
            self._urls[role] = f"{FOLDER}/{name}"


def _read_member(bundle: Path, member: str) -> bytes:
    with zipfile.ZipFile(bundle) as archive:
        return archive.read(member)


def face_files_router(model_dir: Path) -> APIRouter:
    """Return the routes of the files; the list says null if the service lacks any, and the page then sends photos."""
    router = APIRouter(include_in_schema=False)
    face_files = FaceFiles(model_dir)

    @router.get("/web/face.json")
    def listed() -> Response:
        headers = {"Cache-Control": REVALIDATE, **_FOR_ALL_SITES}
        return JSONResponse({"files": face_files.urls()}, headers=headers)

    @router.get(FOLDER + "/{name}")
    def file(name: str, request: Request) -> Response:
        packed = face_files.packed(name)
        if packed is None:
            return Response(status_code=404)
        headers = {"Cache-Control": IMMUTABLE, "Vary": "Accept-Encoding", **_FOR_ALL_SITES}
        media_type = _MEDIA_TYPES[Path(name).suffix]
        if not accepts_gzip(request):
            return Response(gzip.decompress(packed), headers=headers, media_type=media_type)
        return Response(packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=media_type)

    return router
