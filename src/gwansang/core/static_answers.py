"""Bodies that never change while the process runs: each read and packed once, and sent to who lacks it."""

import gzip
import hashlib
from functools import partial
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from gwansang.core.lazy import Lazy

_NOT_MODIFIED = 304
REVALIDATE = "public, no-cache"
"""May be kept, and is asked for again with its ETag."""
IMMUTABLE = "public, max-age=31536000, immutable"
"""Never changes under its URL, which has a digest in it: a browser that has it does not ask again."""


def accepts_gzip(request: Request) -> bool:
    """Return whether the client takes answers packed by gzip."""
    return "gzip" in request.headers.get("Accept-Encoding", "")


class StaticAnswer:
    """A body that never changes while the process runs, packed at its first use."""

    def __init__(self, body: bytes, media_type: str, cache_control: str = REVALIDATE) -> None:
        self._body = body
        self._media_type = media_type
        self._cache_control = cache_control
        self._etag = etag_of(body)
        self._packed = Lazy(partial(gzip.compress, body, mtime=0))

    async def to(self, request: Request) -> Response:
        """Return the answer to a request: a 304 if it has the body already, packed if it takes gzip."""
        headers = {"Cache-Control": self._cache_control, "Vary": "Accept-Encoding"}
        if accepts_gzip(request):
            body, headers["Content-Encoding"] = await self._packed.get(), "gzip"
        else:
            body = self._body
        return unless_known(request, Response(body, headers=headers, media_type=self._media_type), self._etag)


class PackedFiles(StaticFiles):
    """Files of a folder, each read and packed at its first use."""

    def __init__(self, directory: Path, cache_control: str = REVALIDATE) -> None:
        super().__init__(directory=directory)
        self._cache_control = cache_control
        self._answers: dict[str, Lazy[StaticAnswer]] = {}

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file; raises HTTPException if there is none."""
        if path not in self._answers:
            found = await super().get_response(path, {**scope, "headers": []})  # checks the path
            full, _ = await run_in_threadpool(self.lookup_path, path)
            media_type = found.media_type or "application/octet-stream"
            self._answers.setdefault(path, Lazy(partial(self._read, Path(full), media_type)))
        return await (await self._answers[path].get()).to(Request(scope))

    def _read(self, file: Path, media_type: str) -> StaticAnswer:
        return StaticAnswer(file.read_bytes(), media_type, self._cache_control)


def etag_of(body: bytes) -> str:
    """Return the weak ETag of a body, the same whether it is packed or not."""
    return f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def unless_known(request: Request, answer: Response, etag: str) -> Response:
    """Return the answer with its ETag, or a 304 without a body if the client has it already."""
    answer.headers["ETag"] = etag
    known = [tag.strip() for tag in request.headers.get("If-None-Match", "").split(",")]
    if etag not in known and known != ["*"]:
        return answer
    kept = ("etag", "cache-control", "vary", "content-language")
    headers = {name: answer.headers[name] for name in kept if name in answer.headers}
    return Response(status_code=_NOT_MODIFIED, headers=headers)
