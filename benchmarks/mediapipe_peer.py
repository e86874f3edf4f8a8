"""MediaPipe 0.10.21, the peer that the benchmarks compare with, installed into `.bench/` from pip's package index."""

import struct
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from tests.support.photos import REPOSITORY

from gwansang.vision.face import Points

_ENVIRONMENT = REPOSITORY / ".bench" / "mediapipe"
_PACKAGE = "mediapipe==0.10.21"


def _python() -> Path:
    """Return the Python of the environment, which is created at its first use."""
    python = _ENVIRONMENT / "bin" / "python"
    if not (_ENVIRONMENT / "installed").exists():
        print(f"installing {_PACKAGE} into {_ENVIRONMENT.relative_to(REPOSITORY)}", file=sys.stderr)
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", "3.11", str(_ENVIRONMENT)], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), _PACKAGE], check=True)
        (_ENVIRONMENT / "installed").touch()
    return python


class MediaPipePeer:
    """FaceMesh in static mode, in a process of its own behind a pipe."""

    def __enter__(self) -> Self:
        worker = Path(__file__).with_name("mediapipe_worker.py")
        self._process = subprocess.Popen(
            [str(_python()), str(worker)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(timeout=30)

    def landmarks(self, data: bytes) -> tuple[Points, Points | None]:
        """Return the seconds from bytes to landmarks in the worker (clock, processor), and (468, 3) upright pixels."""
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        if pipe_in is None or pipe_out is None:
            raise RuntimeError("the worker has no pipes")
        pipe_in.write(struct.pack("<I", len(data)) + data)
        pipe_in.flush()
        header = pipe_out.read(4)
        if len(header) < 4:
            raise SystemExit("The MediaPipe worker ended; remove .bench/ and try again.")
        answer = pipe_out.read(struct.unpack("<I", header)[0])
        points = np.frombuffer(answer[16:], np.float64).reshape(-1, 3)[:468]
        return np.array(struct.unpack_from("<2d", answer)), points if len(points) else None
