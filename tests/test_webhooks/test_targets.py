"""URLs and addresses that a webhook must not reach, and those that it may."""

import asyncio
import ssl
from collections.abc import Sequence

import pytest

from gwansang.services.webhooks.sender import SendError, Streams, WebhookSender
from gwansang.services.webhooks.targets import InvalidTargetError, WebhookTarget, parse_target

HOSTILE_URLS = (
    "http://hooks.example.com/",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "gopher://hooks.example.com/",
    "//hooks.example.com/",
    "https:///path",
    "https://localhost/",
    "https://LOCALHOST:443/",
    "https://db.local/",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://kubernetes.default.svc.cluster.local/",
    "https://printer.lan/",
    "https://intranet/",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://017700000001/",
    "https://127.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fe80::1%25eth0]/",
    "https://[64:ff9b::7f00:1]/",
    "https://8.8.8.8/",
    "https://user@hooks.example.com/",
    "https://hooks.example.com:pass@127.0.0.1/",
    "https://hooks.example.com#@127.0.0.1/",
    "https://hooks.example.com\\@127.0.0.1/",
    "https://hooks.example.com:22/",
    "https://hooks.example.com:0/",
    "https://hooks.example.com:99999/",
    "https://hooks.example.com:6379/",
    "https://hooks.example.com./",
    "https://-hooks.example.com/",
    "https://hooks..example.com/",
    "https://hooks.example.com/a b",
    "https://hooks.example.com/\r\nHost: internal",
    "https://hooks.example.com/\x00",
    "https://hooks.example\u3002com/",
    "https://\u24d7ooks.example.com/",
    "https://hooks.example.com/" + "x" * 500,
    "",
)


@pytest.mark.parametrize("url", HOSTILE_URLS)
@pytest.mark.parametrize("local", [False, True])
def test_a_hostile_url_is_refused(url: str, *, local: bool) -> None:
    loopback = {"https://localhost/", "https://LOCALHOST:443/", "https://127.0.0.1/", "https://[::1]/"}
    if local and url in loopback:
        assert parse_target(url, local_targets=True).local
        return
    with pytest.raises(InvalidTargetError):
        parse_target(url, local_targets=local)


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://hooks.example.com", "hooks.example.com", "/"),
        ("https://HOOKS.example.com:443/a?b=%20c", "hooks.example.com", "/a?b=%20c"),
        ("https://xn--o39a.example.com:8443/?x", "xn--o39a.example.com:8443", "/?x"),
    ],
)
def test_a_public_url_is_taken_apart(url: str, authority: str, path: str) -> None:
    target = parse_target(url, local_targets=False)
    assert (target.authority, target.path, target.tls, target.local) == (authority, path, True, False)


@pytest.mark.parametrize("url", ["http://localhost:9000/x", "http://127.0.0.1:9000/x", "http://[::1]:9000/x"])
def test_this_machine_is_a_target_only_if_a_setting_allows_it(url: str) -> None:
    target = parse_target(url, local_targets=True)
    assert (target.port, target.tls, target.local) == (9000, False, True)
    assert not target.accepts(["93.184.216.34"])
    with pytest.raises(InvalidTargetError):
        parse_target(url, local_targets=False)


HOSTILE_ADDRESSES = (
    "0.0.0.0",  # noqa: S104 - refused here
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.8.8.8",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:93.184.216.34",
    "64:ff9b::7f00:1",
    "64:ff9b::5db8:d822",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "not an address",
)


async def refused_connect(address: str, *_: object) -> Streams:
    raise AssertionError(f"connected to {address}")


def post(addresses: Sequence[str], *, local_targets: bool = False, url: str = "https://hooks.example.com/") -> int:
    """Send a message to a name with these addresses, and fail if a connection is opened."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    sender = WebhookSender(resolve=resolve, connect=refused_connect)
    return asyncio.run(sender.post(parse_target(url, local_targets=local_targets), {}, b"{}"))


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES)
@pytest.mark.parametrize("public", [(), ("93.184.216.34",), ("2606:2800:220:1:248:1893:25c8:1946",)])
def test_a_name_with_a_hostile_address_is_refused_even_beside_a_public_one(
    address: str, public: tuple[str, ...]
) -> None:
    with pytest.raises(SendError) as raised:
        post([*public, address])
    assert raised.value.fault == "address_refused"


def test_with_the_setting_for_development_other_names_are_checked_as_before() -> None:
    with pytest.raises(SendError) as raised:
        post(["127.0.0.1"], local_targets=True)
    assert raised.value.fault == "address_refused"


def test_a_name_that_resolves_to_nothing_is_refused() -> None:
    with pytest.raises(SendError):
        post([])


@pytest.mark.anyio
async def test_public_addresses_are_accepted() -> None:
    target = WebhookTarget("hooks.example.com", 443, "/", tls=True, local=False)
    assert target.accepts(["93.184.216.34", "1.1.1.1", "2606:4700::1111"])


@pytest.mark.anyio
async def test_the_name_is_resolved_once_and_the_checked_address_is_connected_to() -> None:
    """A name that resolves to a public address first, and to this machine the next time."""
    answers, connected = [["93.184.216.34"], ["127.0.0.1"]], []

    async def resolve(host: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    async def connect(address: str, port: int, tls: ssl.SSLContext | None, name: str | None) -> Streams:
        connected.append((address, port, name))
        raise ConnectionRefusedError

    target = parse_target("https://hooks.example.com:8443/", local_targets=False)
    with pytest.raises(SendError, match="unreachable"):
        await WebhookSender(resolve=resolve, connect=connect).post(target, {}, b"{}")
    assert connected == [("93.184.216.34", 8443, "hooks.example.com")]
    assert answers == [["127.0.0.1"]]
