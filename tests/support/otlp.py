"""A receiver of traces as collectors are: OTLP over HTTP, on a port of its own."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

PATIENCE_S = 60.0
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
SAMPLED = {"traceparent": f"00-{TRACE}-{CALLER}-01"}


@dataclass(frozen=True)
class ReceivedSpan:
    """A span as it arrived; ids in hexadecimal digits, `parent_id` empty for the first of a trace."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    failed: bool
    attributes: dict[str, object]


@dataclass
class OtlpReceiver:
    """What arrived until now: spans, the bodies that they came in, and the paths of anything but traces."""

    url: str
    spans: list[ReceivedSpan] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    other_paths: list[str] = field(default_factory=list)

    def accept(self, body: bytes) -> None:
        """Take a request of an exporter."""
        self.bodies.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            of_process = {each.key: _plain(each.value) for each in resource.resource.attributes}
            for span in (span for scope in resource.scope_spans for span in scope.spans):
                self.spans.append(
                    ReceivedSpan(
                        service=str(of_process["service.name"]),
                        name=span.name,
                        trace_id=span.trace_id.hex(),
                        span_id=span.span_id.hex(),
                        parent_id=span.parent_span_id.hex(),
                        failed=span.status.code == span.status.STATUS_CODE_ERROR,
                        attributes={each.key: _plain(each.value) for each in span.attributes},
                    )
                )

    def wait_for(self, name: str) -> ReceivedSpan:
        """Return the first span of a name, once it has arrived."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for span in self.spans:
                if span.name == name:
                    return span
            time.sleep(0.02)
        raise AssertionError(f"no span {name} among {[span.name for span in self.spans]}")


@contextmanager
def receiving() -> Iterator[OtlpReceiver]:
    """Yield a receiver that listens."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if self.path != "/v1/traces":
                receiver.other_paths.append(self.path)
                return
            receiver.accept(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = OtlpReceiver(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


def _plain(value: AnyValue) -> object:
    chosen = value.WhichOneof("value")
    return None if chosen is None else getattr(value, chosen)
