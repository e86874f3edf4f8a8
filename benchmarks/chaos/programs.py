"""Programs that can be killed, paused and started again, each with a clock of its own."""

import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_STOP_S = 40.0


def free_port() -> int:
    """Return a loopback port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Program:
    """A program with its log; `command` and `environment` are those of every start."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    logs: Path
    user: str | None = None
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def log(self) -> Path:
        return self.logs / f"{self.name}.log"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it unless it runs."""
        if self.running:
            return
        with self.log.open("ab") as sink:
            self._process = subprocess.Popen(
                self.command,
                stdout=sink,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                env={**os.environ, **self.environment},
                user=self.user,
            )

    def kill(self) -> None:
        """Kill it with its children, as a power failure would."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def pause(self) -> None:
        """Stop it and its children in the middle of whatever they do."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop it as an operator does; kill it if it takes too long."""
        if self._process is None or not self.running:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()

    @property
    def clock(self) -> Path:
        """The file that moves its clock, if it runs under `moved_clock`."""
        return self.logs / f"{self.name}.clock"

    def set_clock(self, offset_s: int) -> None:
        """Move its clock away from the machine's; it notices within a second."""
        beside = self.clock.with_suffix(".new")
        beside.write_text(str(offset_s))
        beside.replace(self.clock)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None or not self.running:
            return
        process = psutil.Process(self._process.pid)
        for one in [process, *process.children(recursive=True)]:
            try:
                one.send_signal(number)
            except psutil.NoSuchProcess:
                continue
