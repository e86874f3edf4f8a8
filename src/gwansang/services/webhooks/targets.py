"""URLs of webhooks, and the addresses that their names may resolve to.

A URL is given by a user, and the service must not become a way into the network that it runs in: only https on a few
ports, only names, and every address that a name resolves to has to be public.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from gwansang.core.exceptions import InvalidInput
from gwansang.core.public_addresses import is_loopback_address, is_public_address

MAX_URL: Final = 500
PORTS: Final = (443, 8443)
_PRINTABLE: Final = re.compile(r"[!-~]+")
_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME: Final = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?")  # the last label is no number
_LOCAL: Final = frozenset(("localhost", "127.0.0.1", "::1"))
_NEVER_PUBLIC: Final = (
    *("localhost", "local", "localdomain", "internal", "intranet", "lan", "private", "corp", "home"),
    *("home.arpa", "onion", "test", "invalid"),
)


class InvalidTargetError(InvalidInput):
    """Carries `field` in its context."""

    code = "WEBHOOK_URL_INVALID"
    title = "This URL can't receive events"


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """Where a request goes. local: to a receiver of this machine, in development."""

    host: str
    port: int
    path: str
    tls: bool
    local: bool

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"

    def accepts(self, addresses: Sequence[str]) -> bool:
        """Return whether every address of the host may be connected to; one that may not refuses them all."""
        accepted = is_loopback_address if self.local else is_public_address
        return bool(addresses) and all(map(accepted, addresses))


def parse_target(url: str, *, local_targets: bool) -> WebhookTarget:
    """Return the parts of a URL; raises InvalidTargetError. local_targets: http to this machine is allowed too."""
    if len(url) > MAX_URL or not _PRINTABLE.fullmatch(url) or "\\" in url:
        raise _invalid(f"A URL has at most {MAX_URL} characters, all of them ASCII and none a space.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _invalid("This is no URL.") from None
    if "@" in parts.netloc or "#" in url:
        raise _invalid("The URL must have no user name, no password and no fragment.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if local_targets and parts.scheme in ("http", "https") and host in _LOCAL:
        tls = parts.scheme == "https"
        return WebhookTarget(host, port or (443 if tls else 80), path, tls, local=True)
    if parts.scheme != "https":
        raise _invalid("The URL must begin with https://.")
    if not _NAME.fullmatch(host) or any(host == name or host.endswith(f".{name}") for name in _NEVER_PUBLIC):
        raise _invalid("The host must be a public name such as hooks.example.com, not an address.")
    if (443 if port is None else port) not in PORTS:
        raise _invalid(f"The port must be one of {', '.join(map(str, PORTS))}.")
    return WebhookTarget(host, port or 443, path, tls=True, local=False)


def _invalid(message: str) -> InvalidTargetError:
    return InvalidTargetError(message, field="url")
