"""Cost of the metrics for each request, measured on an empty application. `python -m benchmarks.metrics`"""

import asyncio
from statistics import median
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gwansang.core.meters import Meters
from gwansang.core.middleware.metrics import Metrics

REQUESTS = 20_000
ROUNDS = 5


class Route:
    path = "/api/v1/analysis/{analysis_id:uuid}"


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    scope["route"] = Route
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def nothing(_: Message) -> None:
    return


async def never() -> Message:
    return {"type": "http.disconnect"}


async def seconds(app: ASGIApp, meters: Meters) -> float:
    started = perf_counter()
    for _ in range(REQUESTS):
        await app({"type": "http", "method": "GET", "path": "/", "state": {"meters": meters}}, never, nothing)
    return perf_counter() - started


async def main() -> None:
    meters = Meters()
    bare = median([await seconds(answer, meters) for _ in range(ROUNDS)])
    counted = median([await seconds(Metrics(answer), meters) for _ in range(ROUNDS)])
    started = perf_counter()
    size = len(meters.render())
    scrape_ms = (perf_counter() - started) * 1000
    print(f"{(counted - bare) / REQUESTS * 1e6:.1f} us a request; a scrape of {size} bytes takes {scrape_ms:.1f} ms")


if __name__ == "__main__":
    asyncio.run(main())
