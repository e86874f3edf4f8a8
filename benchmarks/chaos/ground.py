"""Where programs run: on one loopback, or in three network namespaces between which packets get lost.

The namespaces are `chaos-clients`, `chaos-service` and `chaos-stores`, each with one TUN device; `router` forwards
packets between these and drops a share of them. The kernel's own netem is not needed.
"""

import ctypes
import os
import random
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path
from select import select

ROLES = ("clients", "service", "stores")
_NETWORK = "10.199"
_TUNSETIFF, _TUN_WITHOUT_HEADER = 0x400454CA, 0x1001
_CLONE_NEWNET = 0x40000000
_MAX_PACKET = 65_536


@dataclass(frozen=True)
class Ground:
    """Addresses of clients, service and stores; `loss` is the share of packets that get lost between them."""

    loss: float = 0.0

    def host(self, role: str) -> str:
        return f"{_NETWORK}.{ROLES.index(role) + 1}.1" if self.loss else "127.0.0.1"

    def command(self, role: str, *command: str) -> list[str]:
        """Return the command that runs a program there."""
        return ["ip", "netns", "exec", _namespace(role), *command] if self.loss else list(command)

    def enter(self, role: str) -> None:
        """Move this thread, and those that it starts, there."""
        if self.loss:
            _enter(role)

    @contextmanager
    def prepared(self) -> Iterator[None]:
        """Create the namespaces and their router, and remove them at the end."""
        if not self.loss:
            yield
            return
        for role in ROLES:
            _ip("netns", "add", _namespace(role))
        router = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.chaos.ground", str(self.loss)], stdout=subprocess.PIPE
        )
        try:
            assert router.stdout is not None  # noqa: S101 - a pipe was asked for
            router.stdout.readline()
            yield
        finally:
            router.terminate()
            router.wait()
            for role in ROLES:
                _ip("netns", "del", _namespace(role))


def route(loss: float, seed: int = 1) -> None:
    """Forward packets between the namespaces for ever."""
    chance = random.Random(seed)  # noqa: S311 - weather, not secrets
    devices = {_open_device(role): number for number, role in enumerate(ROLES, 1)}
    by_number = {number: device for device, number in devices.items()}
    print("ready", flush=True)
    while True:
        for device in select(list(devices), (), ())[0]:
            packet = os.read(device, _MAX_PACKET)
            target = by_number.get(packet[18]) if packet[0] >> 4 == 4 else None  # the third byte of its IPv4 address
            if target is not None and chance.random() >= loss:
                os.write(target, packet)


def _open_device(role: str) -> int:
    """Return the TUN device of a namespace, which is its default route."""
    _enter(role)
    device = os.open("/dev/net/tun", os.O_RDWR)
    ioctl(device, _TUNSETIFF, struct.pack("16sH22x", b"chaos", _TUN_WITHOUT_HEADER))
    address = f"{_NETWORK}.{ROLES.index(role) + 1}.1/24"
    for arguments in (
        ("addr", "add", address, "dev", "chaos"),
        ("link", "set", "chaos", "up", "mtu", "1400"),
        ("link", "set", "lo", "up"),
        ("route", "add", "default", "dev", "chaos"),
    ):
        _ip(*arguments)
    return device


def _enter(role: str) -> None:
    namespace = os.open(Path("/run/netns") / _namespace(role), os.O_RDONLY)
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if library.setns(namespace, _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "can't enter the network namespace")
    finally:
        os.close(namespace)


def _namespace(role: str) -> str:
    return f"chaos-{role}"


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


if __name__ == "__main__":
    route(float(sys.argv[1]))
