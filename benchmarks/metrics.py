"""Cost of metrics and traces for each request, measured on an empty application. `python -m benchmarks.metrics`"""

import asyncio
import logging
import os
from collections.abc import Iterator
from statistics import median
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gwansang.core.meters import Meters
from gwansang.core.middleware.metrics import Metrics
from gwansang.core.middleware.traces import Traces

REQUESTS = 20_000
HEADERS = tuple((b"x-header-%d" % number, b"value") for number in range(12))  # as many as browsers send
TRACEPARENT = (b"traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
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


async def seconds(app: ASGIApp, state: dict[str, object], *headers: tuple[bytes, bytes]) -> float:
    """Return the time that all requests take, of several rounds the middle one."""
    rounds = []
    for _ in range(ROUNDS):
        started = perf_counter()
        for _ in range(REQUESTS):
            scope = {"type": "http", "method": "GET", "path": "/", "headers": headers, "state": dict(state)}
            await app(scope, never, nothing)
        rounds.append(perf_counter() - started)
    return median(rounds)


async def main() -> None:
    meters = Meters()
    counting: dict[str, object] = {"meters": meters}
    bare = await seconds(answer, counting, *HEADERS)
    counted = await seconds(Metrics(answer), counting, *HEADERS)
    started = perf_counter()
    size = len(meters.render())
    scrape_ms = (perf_counter() - started) * 1000
    print(f"{(counted - bare) / REQUESTS * 1e6:.1f} us a request; a scrape of {size} bytes takes {scrape_ms:.1f} ms")
    for name, state, headers in traces():
        traced = await seconds(Traces(answer), state, *headers)
        print(f"{(traced - bare) / REQUESTS * 1e6:.1f} us a request, {name}")


def traces() -> Iterator[tuple[str, dict[str, object], tuple[tuple[bytes, bytes], ...]]]:
    """Yield names, states and headers of requests whose traces are measured; what is recorded is sent nowhere."""
    yield "traces off", {}, HEADERS
    yield "traces off, with a traceparent", {}, (*HEADERS, TRACEPARENT)
    os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:9"
    os.environ["OTEL_BSP_SCHEDULE_DELAY"] = "3600000"
    logging.disable()
    from gwansang.core.otel_tracer import OtelTracer  # noqa: PLC0415 - measured last: the extra may be missing

    yield "traces on", {"tracer": OtelTracer()}, (*HEADERS, TRACEPARENT)


if __name__ == "__main__":
    asyncio.run(main())
