"""What Lighthouse says of the page on a phone: the four marks, the first paint, and what is sent on a first visit.

    python -m benchmarks.page_weight [--runs N]

Starts the service and lets Lighthouse visit `/` as a slow phone: a quarter of this machine's speed, 150 ms a round
trip, 1.6 Mbit/s. npx fetches Lighthouse at the first run; it is no dependency of the product. Prints medians, and
exits with 1 if a mark is below 95 or the first paint later than 1 s.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.support.browser import chromium_path
from tests.support.serving import serving

LIGHTHOUSE = "lighthouse@12.8.2"
MARKS = ("performance", "accessibility", "best-practices", "seo")
MIN_MARK, MAX_FIRST_PAINT_MS = 95, 1_000
_CHROMIUM = "--headless=new --no-sandbox --use-angle=swiftshader --enable-unsafe-swiftshader"
_SHOWN = {
    "first-contentful-paint": "first paint, ms",
    "largest-contentful-paint": "largest paint, ms",
    "total-blocking-time": "blocked, ms",
    "cumulative-layout-shift": "layout shift",
    "total-byte-weight": "bytes",
}


def visit(url: str, folder: Path) -> dict[str, Any]:
    """Return Lighthouse's report of one visit."""
    npx, report = Path(sys.executable).with_name("npx"), folder / "report.json"
    command = [str(npx), "--yes", LIGHTHOUSE, url, "--quiet", "--output=json", f"--output-path={report}"]
    command += ["--form-factor=mobile", f"--only-categories={','.join(MARKS)}", f"--chrome-flags={_CHROMIUM}"]
    beside = f"{npx.parent}{os.pathsep}{os.environ['PATH']}"  # npx starts the node beside it
    subprocess.run(command, check=True, env={**os.environ, "PATH": beside, "CHROME_PATH": chromium_path()}, timeout=300)
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return found


def figures(report: dict[str, Any]) -> dict[str, float]:
    """Return marks and measurements of a report by their names; those that Lighthouse could not take are left out."""
    marks = {name: report["categories"][name]["score"] for name in MARKS}
    shown = {label: report["audits"][audit].get("numericValue") for audit, label in _SHOWN.items()}
    return {
        **{name: 100 * mark for name, mark in marks.items() if mark is not None},
        **{label: value for label, value in shown.items() if value is not None},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as service:
        found = [figures(visit(f"{service.url}/", Path(folder))) for _ in range(runs)]
    medians = {
        name: statistics.median(run[name] for run in found if name in run) for name in (*MARKS, *_SHOWN.values())
    }
    for name, value in medians.items():
        print(f"{name:20} {value:12,.2f}" if value < 1 else f"{name:20} {value:12,.0f}")
    good = all(medians[name] >= MIN_MARK for name in MARKS) and medians["first paint, ms"] <= MAX_FIRST_PAINT_MS
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
