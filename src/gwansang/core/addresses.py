"""Who asks, as far as an address tells."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_IPV6_PREFIX = 64  # what one household or one rented server is usually given
UNKNOWN = "unknown"


def client_address(peer: str | None, forwarded_for: Sequence[str], trusted_proxies: int) -> str:
    """The address whose requests are counted together: an IPv4 address, or the /64 of an IPv6 address.

    Each of the `trusted_proxies` in front of the service adds the address it was called from at the end of
    X-Forwarded-For, so the caller is that many places from the right; whatever stands before may be made up.
    """
    if trusted_proxies > 0:
        hops = [hop for line in forwarded_for for hop in line.split(",")]
        told = _parsed(hops[-trusted_proxies]) if len(hops) >= trusted_proxies else None
        if told is not None:
            return _counted(told)
    seen = _parsed(peer or "")
    return UNKNOWN if seen is None else _counted(seen)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        return ip_address(bare.partition("%")[0])
    except ValueError:
        return None


def _counted(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((address, _IPV6_PREFIX), strict=False))
