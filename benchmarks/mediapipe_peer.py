"""MediaPipe 0.10.21, the peer that the benchmarks compare with, installed into `.bench/` from pip's package index."""

import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray
from tests.support.photos import REPOSITORY

from benchmarks.photos import MODEL_DIR
from gwansang.vision.face import Points
from gwansang.vision.mesh import LANDMARK_COUNT
from gwansang.vision.models.catalog import FACE_LANDMARKER, verify_models

_ENVIRONMENT = REPOSITORY / ".bench" / "mediapipe"
_PACKAGES = ("mediapipe==0.10.21", "fastapi==0.165.0", "uvicorn[standard]==0.54.0", "python-multipart")


@dataclass(frozen=True, slots=True)
class PeerFace:
    """points: (478, 3) upright pixels; blendshapes: (52,) 0-1."""

    points: Points
    blendshapes: NDArray[np.float64]


def peer_python() -> Path:
    """Return the Python of the environment, which is created at its first use."""
    python = _ENVIRONMENT / "bin" / "python"
    if not (_ENVIRONMENT / "installed-2").exists():
        print(f"installing {_PACKAGES[0]} into {_ENVIRONMENT.relative_to(REPOSITORY)}", file=sys.stderr)
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", "3.11", str(_ENVIRONMENT)], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), *_PACKAGES], check=True)
        (_ENVIRONMENT / "installed-2").touch()
    return python


class MediaPipePeer:
    """Face Landmarker of MediaPipe Tasks with the product's own bundle, in a process of its own behind a pipe."""

    def __enter__(self) -> Self:
        verify_models(MODEL_DIR, (FACE_LANDMARKER,))
        worker, bundle = Path(__file__).with_name("mediapipe_worker.py"), MODEL_DIR / FACE_LANDMARKER.file
        self._process = subprocess.Popen(
            [str(peer_python()), str(worker), str(bundle)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(timeout=30)

    def find(self, data: bytes) -> tuple[Points, PeerFace | None]:
        """Return the seconds from bytes to landmarks in the worker (clock, processor), and the face."""
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        if pipe_in is None or pipe_out is None:
            raise RuntimeError("the worker has no pipes")
        pipe_in.write(struct.pack("<I", len(data)) + data)
        pipe_in.flush()
        header = pipe_out.read(4)
        if len(header) < 4:
            raise SystemExit("The MediaPipe worker ended; remove .bench/ and try again.")
        answer = pipe_out.read(struct.unpack("<I", header)[0])
        seconds, numbers = np.array(struct.unpack_from("<2d", answer)), np.frombuffer(answer[16:], np.float64)
        if not numbers.size:
            return seconds, None
        points, blendshapes = np.split(numbers, [3 * LANDMARK_COUNT])
        return seconds, PeerFace(points.reshape(LANDMARK_COUNT, 3), blendshapes)
