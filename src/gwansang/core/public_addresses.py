"""IP addresses that a request on behalf of a stranger may go to: public ones, which do not lead into a network."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

_REFUSED: Final = tuple(
    map(
        ip_network,
        (
            "100.64.0.0/10",  # shared by the customers of a carrier (CGNAT)
            "168.63.129.16/32",  # metadata of virtual machines in Azure, a public address
            "192.0.0.0/24",  # protocol assignments, metadata in Oracle's cloud
            "192.88.99.0/24",  # relays of 6to4
            "2001::/23",  # protocol assignments, Teredo among them
            "2002::/16",  # 6to4
            "3fff::/20",  # documentation
        ),
    )
)

_UNICAST: Final = ip_network("2000::/3")  # all of IPv6 that is assigned; NAT64 and IPv4-compatible ones lie outside


def is_public_address(address: str) -> bool:
    """Return whether an address is public; none that contains another address, such as a mapped one, is."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return parsed.is_global and not _is_special(parsed)


def _is_special(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and (address not in _UNICAST or address.scope_id is not None):
        return True
    special = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
    return special or any(address.version == refused.version and address in refused for refused in _REFUSED)


def is_loopback_address(address: str) -> bool:
    """Return whether an address is one of this machine."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
