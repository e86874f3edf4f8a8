"""Helpers that run the installed program."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.photos import model_dir

PROGRAM = str(Path(sys.executable).with_name("gwansang"))


def environment(**variables: str) -> dict[str, str]:
    """Return the environment of this process with the folder of the models and a test's own variables."""
    return os.environ | {"MODEL_PATH": str(model_dir()), "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1"} | variables


def gwansang(*arguments: str | Path, folder: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command until it ends."""
    return subprocess.run(
        [PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=folder,
        env=environment(**variables),
    )
