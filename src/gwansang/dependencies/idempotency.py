"""The Idempotency-Key of creating calls: sent again, they create nothing."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Header, Request, Response
from starlette.concurrency import run_in_threadpool

from gwansang.dependencies.services import container_of
from gwansang.services.accounts.idempotency_service import IdempotentRequest, RecordCreation

T = TypeVar("T")
RequestContent = Callable[[], Iterable[bytes]]  # the parts that make two requests the same, besides their address
REPLAYED_HEADER: Final = "Idempotency-Replayed"
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern="^[!-~]{1,255}$",
        description=(
            "Made up by the client, 1 to 255 visible ASCII characters. The same request sent again with it creates "
            "nothing and leads to what there is; another request with it is refused."
        ),
        examples=["8c1f2c5e-6f0b-4b0e-8f57-4b8f5d1c9a10"],
    ),
]


class Once:
    """The current call, which creates something at most once for each Idempotency-Key; without a key, each time."""

    def __init__(self, request: Request, response: Response, key: str | None) -> None:
        self._request = request
        self._response = response
        self._key = key
        self.headers: dict[str, str] = {}  # for an endpoint that makes its own answer

    async def run(
        self,
        user_id: int | None,
        content: RequestContent,
        create: Callable[[RecordCreation | None], Awaitable[T]],
        replay: Callable[[str], Awaitable[T]],
    ) -> T:
        """Return what `create` creates, or what `replay` returns for the id of what the same call has created.

        user_id: None for a guest, for whom nothing is kept. content: called in a thread. Raises
        IdempotencyKeyReusedError, and as `create` and `replay` do.
        """
        if self._key is None or user_id is None:
            return await create(None)
        url, operation = self._request.url, self._request.scope["route"].name
        address = (url.path.rstrip("/").encode(), url.query.encode())
        request = await run_in_threadpool(
            lambda: IdempotentRequest.of(user_id, operation, self._key or "", (*address, *content()))
        )

        async def replay_marked(created_id: str) -> T:
            self.headers[REPLAYED_HEADER] = "true"
            self._response.headers.update(self.headers)
            return await replay(created_id)

        return await container_of(self._request).idempotency.run(request, create, replay_marked)


async def _once(request: Request, response: Response, key: IdempotencyKey = None) -> Once:
    return Once(request, response, key)


OnceOnly = Annotated[Once, Depends(_once)]
