"""Client addresses behind trusted proxies."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_IPV6_PREFIX = 64  # the usual allocation of one household or one rented server
UNKNOWN_ADDRESS = "unknown"


def client_address(peer: str | None, forwarded_for: Sequence[str], trusted_proxies: int) -> str:
    """Return the address that a client's requests are counted by: an IPv4 address, or the /64 of an IPv6 address.

    Each of the `trusted_proxies` in front of the service appends the address of its own client to X-Forwarded-For, so
    the client is that many entries from the right; entries further left may be forged. UNKNOWN_ADDRESS if neither
    X-Forwarded-For nor `peer` has a valid address.
    """
    if trusted_proxies > 0:
        hops = [hop for line in forwarded_for for hop in line.split(",")]
        forwarded = _parse(hops[-trusted_proxies]) if len(hops) >= trusted_proxies else None
        if forwarded is not None:
            return _counting_unit(forwarded)
    address = _parse(peer or "")
    return UNKNOWN_ADDRESS if address is None else _counting_unit(address)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        return ip_address(bare.partition("%")[0])
    except ValueError:
        return None


def _counting_unit(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((address, _IPV6_PREFIX), strict=False))
