"""What one hostile client costs the others: throughput, `/health/live` and memory.

    python -m benchmarks.hostile [CASE ...] [--files FOLDER] [--pairs 12] [--backend sqlite|postgresql|both]

Starts `gwansang serve` with its default limits for each case. Honest clients, 40 users of eight addresses, read photos
and ask for their accounts, one request after the other. The case is played in windows of two seconds that alternate
with quiet ones, so that noise of the machine is in both; the ratio is the median of the pairs, with its quartiles. Then
the case is played alone, for the processor time that it costs the server, which other programs hardly change. Hostile
clients run at the lowest priority, because they would be other machines. `/health/live` is asked ten times a second.
Memory is what the process has resident beyond the most in the quiet seconds before.

Exits with 1 if a case costs three quarters of the pairs, or by processor time, more than 10 % (those of MEMORY: any),
an answer to `/health/live` within a second, or 50 MB (exports 30 MB). It runs in a network namespace of its own, if the
system allows that, to have an IPv6 network.
"""

import argparse
import dataclasses
import itertools
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from socket import IPPROTO_IPV6, create_server
from typing import IO, Any, cast

import httpx
import psutil
from tests.support.database import BACKENDS, drop_templates, scratch_database
from tests.support.photos import drawn_portrait, model_dir
from tests.support.serving import ENCRYPTION_KEYS

from benchmarks.hostile_accounts import Tokens, archive_of_four_million_lines, make_accounts
from benchmarks.hostile_clients import ATTACKS, IPV6_FREEBIND, Target
from benchmarks.server import wait_until_ready
from gwansang.core.logging import configure_logging

MAX_LOSS, MAX_GROWTH_MB, MAX_EXPORT_MB, MAX_ALIVE_S = 0.10, 50.0, 30.0, 1.0
READINGS = 20_000
MEMORY = ("hostile-images-and-files", "hostile-clips-and-files")  # a user's own share of the processor is theirs
EXPORTS = ("export-json", "export-zip")
CASES = (*ATTACKS, "csv-of-4-million-lines", *EXPORTS)
_IPV6_CASE = "idle-connections-of-a-64"
_WINDOW_S, _SETTLING_S, _ALONE_S = 2.0, 1.5, 4.0
_WARM_UP_REQUESTS = 200
_IN_NAMESPACE = "GWANSANG_HOSTILE_NETWORK"
_UPLOAD = "/api/v1/analysis/face/upload"


@dataclass
class Figures:
    """What was seen while honest clients were served; times are of the monotonic clock."""

    done_at: list[float] = field(default_factory=list)
    failed: int = 0
    alive: list[tuple[float, float]] = field(default_factory=list)  # when it was asked, and for how long
    memory: list[tuple[float, float]] = field(default_factory=list)  # when, and MB

    def rate(self, begin: float, end: float) -> float:
        return sum(begin <= at < end for at in self.done_at) / (end - begin)

    def warm_up(self) -> None:
        """Wait until the process has read photos for a while, and its memory has settled."""
        while len(self.done_at) < _WARM_UP_REQUESTS:
            time.sleep(0.1)

    def slowest_alive_s(self, begin: float, end: float) -> float:
        return max((took for at, took in self.alive if begin <= at < end), default=0.0)

    def most_mb(self, begin: float, end: float) -> float:
        return max(mb for at, mb in self.memory if begin <= at < end)


@contextmanager
def serving_process(folder: Path, database: str, host: str) -> Iterator[tuple[str, psutil.Process]]:
    """Start a server with default limits; yields its URL and its process."""
    with create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).with_name("gwansang")), "serve", "--host", host, "--port", str(port)]
    settings = {"MODEL_PATH": str(model_dir()), "DATABASE_URL": database, "ENCRYPTION_KEYS": ENCRYPTION_KEYS}
    with (folder / "server.log").open("w") as log:
        environment = {**os.environ, **settings, "LOG_FORMAT": "json", "LOG_LEVEL": "WARNING"}
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        wait_until_ready(url, process)
        yield url, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=60)


class Watch:
    """Serves honest clients, asks whether the process lives, and looks at its memory, while it is entered."""

    def __init__(self, url: str, process: psutil.Process, tokens: tuple[str, ...]) -> None:
        self.figures = Figures()
        addresses = [f"fd00:{100 + number}::1" if "[" in url else f"127.0.1.{number}" for number in range(1, 9)]
        self._clients = [_client_from(address, url) for address in addresses]
        self._process = process
        self._tokens = tokens
        self._photo = {"file": ("x", drawn_portrait())}
        self._stop = threading.Event()
        runs = (self._be_honest, self._ask_whether_it_lives, self._look_at_memory)
        self._threads = [threading.Thread(target=run) for run in runs]

    def __enter__(self) -> Figures:
        for thread in self._threads:
            thread.start()
        return self.figures

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        for client in self._clients:
            client.close()

    def _be_honest(self) -> None:
        """Read a photo of one user after the other, and ask for the account twice before it."""
        calls = (("GET", "/api/v1/users/me"), ("GET", "/api/v1/users/me"), ("POST", _UPLOAD))
        turns = zip(itertools.cycle(self._clients), itertools.cycle(self._tokens), strict=False)
        for client, token, (method, path) in ((*turn, call) for turn in turns for call in calls):
            if self._stop.is_set():
                return
            files = self._photo if method == "POST" else None
            status = _status(client, method, path, files=files, headers={"Authorization": f"Bearer {token}"})
            if status == httpx.codes.OK:
                self.figures.done_at.append(time.monotonic())
            else:
                self.figures.failed += 1

    def _ask_whether_it_lives(self) -> None:
        while not self._stop.wait(0.1):
            begin = time.monotonic()
            lives = _status(self._clients[0], "GET", "/health/live") == httpx.codes.OK
            self.figures.alive.append((begin, time.monotonic() - begin if lives else math.inf))

    def _look_at_memory(self) -> None:
        while not self._stop.wait(0.05):
            self.figures.memory.append((time.monotonic(), self._process.memory_info().rss / 1e6))


def _client_from(address: str, url: str) -> httpx.Client:
    options = [(IPPROTO_IPV6, IPV6_FREEBIND, 1)] if ":" in address else []
    return httpx.Client(
        transport=httpx.HTTPTransport(local_address=address, socket_options=options), base_url=url, timeout=30
    )


def _status(client: httpx.Client, method: str, path: str, **request: Any) -> int | None:  # noqa: ANN401 - httpx's own
    with suppress(httpx.TransportError):
        return client.request(method, path, **request).status_code
    return None


Play = Callable[[bool], None]  # begins with True, ends with False


@contextmanager
def hostile_client(case: str, target: Target) -> Iterator[Play]:
    """Start the process of a hostile client."""
    command = [sys.executable, "-m", "benchmarks.hostile_clients", case, json.dumps(dataclasses.asdict(target))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        to_client, from_client = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)

        def play(state: bool) -> None:
            to_client.write("\n")
            to_client.flush()
            if not state:
                from_client.readline()

        yield play
        to_client.close()


def windows(play: Play, pairs: int) -> Iterator[tuple[float, float, float]]:
    """Play a case in alternating windows; yields the begin of each quiet and hostile one, and the end of both."""
    for _ in range(pairs):
        quiet = time.monotonic()
        time.sleep(_WINDOW_S)
        play(True)
        time.sleep(_SETTLING_S)
        hostile = time.monotonic()
        time.sleep(_WINDOW_S)
        end = time.monotonic()
        play(False)
        time.sleep(_SETTLING_S)
        yield quiet, hostile, end


def play_once(case: str, url: str, token: str) -> list[tuple[float, float, float]]:
    """Do what one request does, after a quiet window; returns the begin of both and the end."""
    calm = time.monotonic()
    time.sleep(_WINDOW_S)
    begin = time.monotonic()
    (export if case in EXPORTS else import_csv)(case, url, token)
    return [(calm, begin, time.monotonic())]


def processor_share(play: Play, process: psutil.Process) -> float:
    """Return the processor seconds that a case costs the server in each second, while nobody else calls."""

    def used_in(seconds: float) -> float:
        before = process.cpu_times()
        time.sleep(seconds)
        after = process.cpu_times()
        return (after.user + after.system - before.user - before.system) / seconds

    idle = used_in(_ALONE_S)
    play(True)
    time.sleep(_SETTLING_S)
    share = used_in(_ALONE_S) - idle
    play(False)
    return share


def measure(case: str, url: str, process: psutil.Process, tokens: Tokens, options: argparse.Namespace) -> bool:
    """Play a case, print its line, and return whether it is within all bounds."""
    share, watch = 0.0, Watch(url, process, tokens.honest)
    if case in ATTACKS:
        target = Target(url, tokens.hostile, str(submitted_task(url, tokens.hostile)), options.files)
        with hostile_client(case, target) as play:
            with watch as figures:
                figures.warm_up()
                played = list(windows(play, options.pairs))
            share = processor_share(play, process)
    else:
        with watch as figures:
            figures.warm_up()
            played = play_once(case, url, tokens.admin)
    return report(case, figures, played, share)


def report(case: str, figures: Figures, played: list[tuple[float, float, float]], share: float) -> bool:
    rates = [(figures.rate(quiet, quiet + _WINDOW_S), figures.rate(hostile, end)) for quiet, hostile, end in played]
    ratios = [hostile / quiet for quiet, hostile in rates if quiet] or [math.nan]
    low, ratio, high = statistics.quantiles(ratios * 2, n=4, method="inclusive")
    quiet_s = max(figures.slowest_alive_s(quiet, quiet + _WINDOW_S) for quiet, _, _ in played)
    alive_s = max(figures.slowest_alive_s(hostile, end) for _, hostile, end in played)
    before_mb = figures.most_mb(played[0][0], played[0][0] + _WINDOW_S)
    growth_mb = figures.most_mb(played[0][1] - _SETTLING_S, played[-1][2]) - before_mb
    ok = alive_s <= MAX_ALIVE_S and growth_mb <= (MAX_EXPORT_MB if case in EXPORTS else MAX_GROWTH_MB)
    ok &= case not in ATTACKS or case in MEMORY or (high >= 1 - MAX_LOSS and share <= MAX_LOSS)
    cells = (
        case,
        f"{ratio:.2f} ({low:.2f}-{high:.2f})",
        f"{100 * share:.1f} %" if case in ATTACKS else "",
        str(figures.failed),
        f"{1000 * alive_s:.0f} ({1000 * quiet_s:.0f})",
        f"{growth_mb:+.0f}",
        "ok" if ok else "FAILED",
    )
    print(f"| {' | '.join(cells)} |", flush=True)
    return ok


def submitted_task(url: str, token: str) -> object:
    """Submit a task of the hostile user, whose events its sockets ask for."""
    headers, path = {"Authorization": f"Bearer {token}"}, "/api/v1/analysis/batch"
    answer = httpx.post(url + path, files={"file": drawn_portrait()}, headers=headers, timeout=30)
    return answer.raise_for_status().json()["task_id"]


def export(case: str, url: str, token: str) -> None:
    url = f"{url}/api/v1/users/me/export?format={case.removeprefix('export-')}"
    with httpx.stream("GET", url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as answer:
        size = sum(len(piece) for piece in answer.iter_raw(65536))
        if answer.headers["x-readings-count"] != str(READINGS) or size < READINGS * 1000:
            raise SystemExit(f"The export is not whole: {size} bytes.")


def import_csv(_: str, url: str, token: str) -> None:
    headers, files = {"Authorization": f"Bearer {token}"}, {"file": archive_of_four_million_lines()}
    with httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=60) as client:
        answer = client.post("/celebrity/import", files=files)
        if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:  # refused before there is a task
            return
        task = answer.raise_for_status().json()["task_id"]
        while client.get(f"/analysis/tasks/{task}").raise_for_status().json()["status"] not in ("done", "failed"):
            time.sleep(0.2)


def run(backend: str, options: argparse.Namespace) -> bool:
    print(f"\n{backend}:\n\n| case | throughput | processor | errors | live, ms (quiet) | MB | |")
    print("|---|---|---|---|---|---|---|", flush=True)
    ok = True
    with scratch_database(backend) as database:
        tokens = make_accounts(database, 40, READINGS if set(EXPORTS) & set(options.cases) else 0)
        for case in options.cases:
            host = "::1" if case == _IPV6_CASE else "127.0.0.1"
            with (
                tempfile.TemporaryDirectory() as folder,
                serving_process(Path(folder), database, host) as (url, process),
            ):
                ok &= measure(case, url, process, tokens, options)
    return ok


def enter_namespace() -> None:
    """Start again in a network namespace with a routed IPv6 network, if the system has that."""
    routes = "ip link set lo up && ip -6 route add local fd00::/16 dev lo"
    tried = ("unshare", "--map-root-user", "--net", "sh", "-c", routes)
    if os.environ.get(_IN_NAMESPACE) or not shutil.which("unshare") or subprocess.run(tried, check=False).returncode:
        return
    os.environ[_IN_NAMESPACE] = "1"
    os.execvp(  # noqa: S606 - the same command again
        "unshare", [*tried[:-1], f'{routes} && exec "$@"', "sh", sys.executable, "-m", __spec__.name, *sys.argv[1:]]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", choices=[*CASES, []], metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--files", type=Path, help="a folder of files to send beside those of the tests")
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--backend", choices=[*BACKENDS, "both"], default="sqlite")
    options = parser.parse_args()
    configure_logging("WARNING", json=False)
    enter_namespace()
    options.cases = options.cases or [case for case in CASES if os.environ.get(_IN_NAMESPACE) or case != _IPV6_CASE]
    options.files = tuple(map(str, sorted(options.files.iterdir()))) if options.files else ()
    try:
        outcomes = [run(each, options) for each in (BACKENDS if options.backend == "both" else (options.backend,))]
    finally:
        drop_templates()
    return int(not all(outcomes))


if __name__ == "__main__":
    sys.exit(main())
