"""A small disk that can be filled, where the machine lets us mount one."""

import subprocess
from pathlib import Path

_SIZE = "400m"
_BLOCK = b"\0" * (1 << 20)


class SmallDisk:
    """A folder on a file system of its own, else a plain one that can't be filled (`small` is False)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.small = False

    def mount(self) -> None:
        self.folder.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={_SIZE},mode=755", "tmpfs", str(self.folder)],
            check=False,
            capture_output=True,
        )
        self.small = mounted.returncode == 0

    def unmount(self) -> None:
        if self.small:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=False)

    def fill(self) -> None:
        """Write a file until nothing more fits."""
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while file.write(_BLOCK):
                    pass
                while file.write(b"\0"):
                    pass
            except OSError:
                return

    def free(self) -> None:
        """Remove that file."""
        self._ballast.unlink(missing_ok=True)

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"
