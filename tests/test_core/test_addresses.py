"""The client address that a request is counted by."""

import pytest

from gwansang.core.addresses import UNKNOWN_ADDRESS, client_address


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", UNKNOWN_ADDRESS),
        (None, UNKNOWN_ADDRESS),
    ],
)
def test_an_ipv4_address_is_counted_as_a_whole_and_ipv6_by_its_64(peer: str | None, address: str) -> None:
    assert client_address(peer, (), 0) == address


@pytest.mark.parametrize(
    ("forwarded", "trusted", "address"),
    [
        (["198.51.100.1"], 0, "10.0.0.1"),
        (["198.51.100.1"], 1, "198.51.100.1"),
        (["6.6.6.6, 198.51.100.1"], 1, "198.51.100.1"),
        (["6.6.6.6", "198.51.100.1"], 1, "198.51.100.1"),
        (["6.6.6.6, 198.51.100.1, 10.0.0.2"], 2, "198.51.100.1"),
        (["198.51.100.1"], 2, "10.0.0.1"),
        (["6.6.6.6, 198.51.100.1:4711"], 1, "198.51.100.1"),
        (["[2001:db8:1:2::9]:4711"], 1, "2001:db8:1:2::/64"),
        (["2001:db8:1:2::9"], 1, "2001:db8:1:2::/64"),
        (["6.6.6.6, evil"], 1, "10.0.0.1"),
        (["6.6.6.6,"], 1, "10.0.0.1"),
        ([], 1, "10.0.0.1"),
    ],
)
def test_only_entries_of_trusted_proxies_count(forwarded: list[str], trusted: int, address: str) -> None:
    assert client_address("10.0.0.1", forwarded, trusted) == address
