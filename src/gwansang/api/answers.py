"""Large answers, which are made and packed in a thread: the event loop only sends their bytes."""

import gzip
from collections.abc import Callable, Mapping

from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gwansang.core.static_answers import accepts_gzip

_LEVEL = 3  # of 9: half the time of the usual 6, for a tenth more bytes


async def answer_from_thread(
    request: Request,
    make: Callable[[], BaseModel],
    fields: frozenset[str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the JSON of the model that `make` returns, packed if the client takes gzip; fields: None for all."""
    answer = await run_in_threadpool(_answer, make, accepts_gzip(request), fields)
    answer.headers.update(headers or {})
    return answer


def _answer(make: Callable[[], BaseModel], packed: bool, fields: frozenset[str] | None) -> Response:
    answer = make()
    body, headers = (
        answer.model_dump_json(include=None if fields is None else set(fields)).encode(),
        {"Vary": "Accept-Language, Accept-Encoding"},
    )
    if isinstance(language := getattr(answer, "locale", None), str):
        headers["Content-Language"] = language
    if packed:
        body, headers = gzip.compress(body, _LEVEL, mtime=0), {**headers, "Content-Encoding": "gzip"}
    return Response(body, headers=headers, media_type="application/json")
