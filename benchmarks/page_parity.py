"""The page's own way, from a picture to numbers, compared with the upload of the same picture.

    python -m benchmarks.page_parity [PHOTOS ...] [--count N]

Starts the service and a Chromium, in which the page's reader finds the face; its numbers go to POST /analysis/face, the
file to /analysis/face/upload. Prints the share of parts with one shape on both ways, in how many pictures both agree on
a face, the distance of the landmarks in % of the distance of the outer eye corners, the bytes of a first visit and of
a mesh, and the time of a look. Exits with 1 below 0.92 of the parts, above 8 MB down or 20 kB up, or if a request
leaves the origin.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from playwright.sync_api import Page
from tests.support.browser import chromium, read_in_page, record_traffic
from tests.support.serving import serving

from benchmarks.photos import MODEL_DIR, photo_files
from gwansang.core.exceptions import AppError
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo

MIN_ALIKE, MAX_DOWN, MAX_UP = 0.92, 8_000_000, 20_000
_OUTER_CORNERS = (33, 263)


@dataclass
class PageParity:
    """shares: of parts alike, by picture; errors: of landmarks in %; sizes: bytes of meshes; times: seconds a look."""

    shares: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    agreed: int = 0
    disagreed: list[str] = field(default_factory=list)

    def compare(self, page: Page, client: httpx.Client, networks: Networks, photo: Path) -> None:
        """Read one picture in both ways."""
        data = photo.read_bytes()
        started = time.perf_counter()
        found = read_in_page(page, data)
        self.times.append(time.perf_counter() - started)
        uploaded = client.post("/api/v1/analysis/face/upload", files={"file": ("photo.jpg", data)})
        sent = client.post("/api/v1/analysis/face", json=found["mesh"]) if found else None
        if (sent is not None and sent.is_success) != uploaded.is_success:
            self.disagreed.append(f"{photo.name}: page {sent and sent.status_code}, upload {uploaded.status_code}")
            return
        self.agreed += 1
        if not found or not sent or not sent.is_success:
            return
        self.shares.append(share_alike(sent.json(), uploaded.json()))
        self.sizes.append(len(json.dumps(found["mesh"])))
        try:
            points = read_photo(data, networks).points
        except AppError:
            return
        right, left = points[list(_OUTER_CORNERS), :2]
        shown = np.array(found["points"]).reshape(-1, 3)
        apart = np.linalg.norm(shown[:, :2] - points[:, :2], axis=1).mean() / np.linalg.norm(left - right)
        self.errors.append(100 * float(apart))

    def report(self) -> str:
        """Return the figures as lines."""
        low, high = np.percentile(self.errors, (50, 95))
        return (
            f"parts alike: {np.mean(self.shares):.4f} over {len(self.shares)} pictures, worst {min(self.shares):.2f}\n"
            f"both agree on a face, or none, in {self.agreed} of {self.agreed + len(self.disagreed)}\n"
            f"mean landmark error: median {low:.4f} %, p95 {high:.4f} % of the eye distance\n"
            f"a mesh is {max(self.sizes)} bytes at most; a look took {np.median(self.times):.2f} s (median)"
        )


def share_alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """Return the share of parts that two readings give one shape."""
    parts = one["parts_analysis"].keys()
    alike = (one["parts_analysis"][part]["shape_id"] == other["parts_analysis"][part]["shape_id"] for part in parts)
    return sum(alike) / len(parts)


def main(arguments: argparse.Namespace) -> int:
    """Print the figures and return the exit code."""
    photos = photo_files(arguments.photos)
    photos = photos[:: max(len(photos) // arguments.count, 1)] if arguments.count else photos
    networks, parity = Networks.load(MODEL_DIR), PageParity()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server, chromium() as browser:
        context = browser.new_context()
        traffic = record_traffic(context)
        page = context.new_page()
        page.goto(f"{server.url}/")
        with server.client() as client:
            for photo in photos:
                parity.compare(page, client, networks, photo)
        foreign, down = traffic.foreign(server.url), sum(traffic.received.values())
    print(parity.report())
    print(f"first visit: {down / 1e6:.2f} MB; requests to other hosts: {len(foreign)}")
    print(*parity.disagreed, sep="\n")
    is_good = float(np.mean(parity.shares)) >= MIN_ALIKE and down <= MAX_DOWN and max(parity.sizes) <= MAX_UP
    return 0 if is_good and not foreign else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path, help="JPEGs or folders of them; by default the shared faces")
    parser.add_argument("--count", type=int, default=0, help="about how many of the photos; 0 for all")
    sys.exit(main(parser.parse_args()))
