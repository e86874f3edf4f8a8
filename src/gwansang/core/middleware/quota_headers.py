"""The caller's remaining quotas as headers, on answers and refusals, which also count against an address's pace."""

from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gwansang.core.addresses import client_address
from gwansang.core.open_connections import OPEN_CONNECTIONS, OpenConnections
from gwansang.core.rate_limit import Quota
from gwansang.core.usage import MonthlyQuota, collect_usage

_RATE_HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy")
_USAGE_HEADERS = ("Usage-Limit", "Usage-Remaining", "Usage-Reset")
HEADERS = (*_RATE_HEADERS, *_USAGE_HEADERS)


class QuotaHeaders:
    """Adds the RateLimit headers from the `quota` in the scope's state, if the request was counted, and the Usage
    headers if it was counted against a monthly limit."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        with collect_usage() as usage:

            async def send_with_quota(message: Message) -> None:
                if message["type"] == "http.response.start":
                    headers, quota = MutableHeaders(scope=message), scope.get("state", {}).get("quota")
                    if isinstance(quota, Quota):
                        _add_rate(headers, quota)
                    if usage.quota is not None:
                        _add_usage(headers, usage.quota)
                    if message["status"] == HTTPStatus.TOO_MANY_REQUESTS:
                        _slow_down(scope)
                await send(message)

            await self.app(scope, receive, send_with_quota)


def _add_rate(headers: MutableHeaders, quota: Quota) -> None:
    values = (quota.amount, quota.remaining, quota.reset_s, f"{quota.amount};w={quota.window_s}")
    for name, value in zip(_RATE_HEADERS, values, strict=True):
        headers[name] = str(value)


def _add_usage(headers: MutableHeaders, quota: MonthlyQuota) -> None:
    for name, value in zip(_USAGE_HEADERS, (quota.limit, quota.remaining, quota.reset_s), strict=True):
        headers[name] = str(value)


def _slow_down(scope: Scope) -> None:
    """Let a client that does not heed its limits wait longer: its refusals cost nearly as much as answers."""
    connections = scope.get("state", {}).get(OPEN_CONNECTIONS)
    if isinstance(connections, OpenConnections) and scope.get("client"):
        connections.charge_refusal(client_address(scope["client"][0], (), 0))
