"""A name that no other running process has, and that the same place has again after a crash."""

import fcntl
import os
import socket
from pathlib import Path
from typing import Final, Self
from uuid import uuid4

_MOST: Final = 256
_SUFFIX: Final = 8


class WorkerSlot:
    """The first free slot of a folder. The kernel lets go of it when the process ends, however that happens; what is
    written in the slot's file makes its name another one than those of machines with the same hostname."""

    def __init__(self, descriptor: int, name: str) -> None:
        self._descriptor = descriptor
        self.name = name

    @classmethod
    def take(cls, folder: Path) -> Self:
        """Takes a slot; raises OSError where the folder can't be written to."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in range(_MOST):
            descriptor = os.open(folder / f"worker-{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                continue
            return cls(descriptor, f"{hostname()}-{number}-{_own_suffix(descriptor)}")
        raise OSError(f"all {_MOST} slots of workers are taken")

    def release(self) -> None:
        """Lets another process have it."""
        os.close(self._descriptor)


def hostname() -> str:
    """What the names of this machine's workers begin with."""
    return socket.gethostname()[:80]


def _own_suffix(descriptor: int) -> str:
    known = os.pread(descriptor, _SUFFIX, 0).decode("ascii", "replace")
    if len(known) == _SUFFIX and known.isalnum():
        return known
    made = uuid4().hex[:_SUFFIX]
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, made.encode(), 0)
    os.fsync(descriptor)
    return made
