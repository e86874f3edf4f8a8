"""Worker names that are unique among running processes and stay the same after a crash."""

import fcntl
import os
import socket
from pathlib import Path
from typing import Final, Self
from uuid import uuid4

_MAX_SLOTS: Final = 256
_SUFFIX_LENGTH: Final = 8


class WorkerSlot:
    """A locked file in a folder; the kernel releases the lock when the process ends, in whatever way. A random suffix
    in the file keeps the names of machines with the same hostname apart."""

    def __init__(self, descriptor: int, name: str) -> None:
        self._descriptor = descriptor
        self.name = name

    @classmethod
    def acquire(cls, folder: Path) -> Self:
        """Lock the first free slot of a folder; raises OSError if the folder is not writable."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in range(_MAX_SLOTS):
            descriptor = os.open(folder / f"worker-{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                continue
            return cls(descriptor, f"{hostname()}-{number}-{_read_or_create_suffix(descriptor)}")
        raise OSError(f"all {_MAX_SLOTS} slots of workers are taken")

    def release(self) -> None:
        """Free the slot for another process."""
        os.close(self._descriptor)


def hostname() -> str:
    """Return the prefix of the names of this machine's workers."""
    return socket.gethostname()[:80]


def _read_or_create_suffix(descriptor: int) -> str:
    stored = os.pread(descriptor, _SUFFIX_LENGTH, 0).decode("ascii", "replace")
    if len(stored) == _SUFFIX_LENGTH and stored.isalnum():
        return stored
    suffix = uuid4().hex[:_SUFFIX_LENGTH]
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, suffix.encode(), 0)
    os.fsync(descriptor)
    return suffix
