"""Landmarks and blendshapes, compared with Face Landmarker of MediaPipe Tasks 0.10.21 on the same bundle.

    python -m benchmarks.parity [PHOTOS]

Installs MediaPipe into an environment of its own under .bench/. Compared are one look of the mesh network, which is all
that MediaPipe takes, and the product's mean of two looks, both on the region of the short-range detector in the whole
picture. Prints the mean landmark error in % of the distance of the eye centres (IOD): median and 95th percentile over
the photos, whether both agree on face or no face, and the mean absolute difference of the 52 blendshapes. Exits with 1
if both disagree on a face, if the median of one look is over 0.1 % or its 95th percentile over 1 %, or if its
blendshapes differ by more than 0.005.
"""

import argparse
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.mediapipe_peer import MediaPipePeer, PeerFace
from benchmarks.photos import MODEL_DIR, photo_files
from gwansang.vision.decode import decode_image
from gwansang.vision.detector import detect_short_range
from gwansang.vision.face import Points
from gwansang.vision.gates.headers import inspect_image
from gwansang.vision.landmarks import FaceMesh, find_blendshapes, find_landmarks, find_landmarks_once
from gwansang.vision.models.runtime import Networks

MAX_MEDIAN, MAX_P95, MAX_BLENDSHAPES = 0.1, 1.0, 0.005


@dataclass(frozen=True, slots=True)
class Differences:
    """errors: of the landmarks of each photo, in % IOD; blendshapes: mean absolute difference of each photo."""

    errors: list[float] = field(default_factory=list)
    blendshapes: list[float] = field(default_factory=list)

    def add(self, networks: Networks, mesh: FaceMesh, reference: PeerFace) -> None:
        """Compare one face with its reference."""
        self.errors.append(error_percent(mesh.points, reference.points))
        differences: NDArray[np.float64] = find_blendshapes(networks, mesh.points) - reference.blendshapes
        self.blendshapes.append(float(np.abs(differences).mean()))

    def report(self) -> str:
        """Return the line of medians and 95th percentiles."""
        (low, high), (blend, blend_high) = (np.percentile(each, (50, 95)) for each in (self.errors, self.blendshapes))
        return (
            f"mean landmark error in % IOD: median {low:.4f}, p95 {high:.4f}; "
            f"mean difference of blendshapes: median {blend:.5f}, p95 {blend_high:.5f}"
        )


def looks(networks: Networks, data: bytes) -> tuple[FaceMesh, FaceMesh] | None:
    """Return the mesh of one look and that of two, or None without a face: whole picture, short-range detector."""
    picture = decode_image(inspect_image(data))
    faces = detect_short_range(networks, picture)
    if not faces:
        return None
    region = faces[0].region()
    once = find_landmarks_once(networks, picture, region)
    return (once, find_landmarks(networks, picture, region)) if once.presence >= 0.5 else None


def error_percent(points: Points, reference: Points) -> float:
    iod = np.linalg.norm(reference[[33, 133], :2].mean(axis=0) - reference[[263, 362], :2].mean(axis=0))
    return float(100 * np.linalg.norm(points[:, :2] - reference[:, :2], axis=1).mean() / iod)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path)
    files = photo_files(parser.parse_args().photos)
    if not files:
        raise SystemExit("No photos: name a folder of portraits, or set GWANSANG_FACES.")
    networks, agreed = Networks.load(MODEL_DIR), 0
    differences = {"one look": Differences(), "two looks, the product": Differences()}
    with MediaPipePeer() as peer:
        for file in files:
            data = file.read_bytes()
            reference, found = peer.find(data)[1], looks(networks, data)
            agreed += (reference is None) == (found is None)
            if reference is not None and found is not None:
                for each, mesh in zip(differences.values(), found, strict=True):
                    each.add(networks, mesh, reference)
    once = differences["one look"]
    print(f"{len(files)} photos; both say face or both say no face: {agreed}; both found a face: {len(once.errors)}")
    for name, each in differences.items():
        print(f"{name}: {each.report()}")
    print(f"target for one look: median {MAX_MEDIAN} %, p95 {MAX_P95} %, blendshapes {MAX_BLENDSHAPES}; all agree")
    (median, p95), shapes = np.percentile(once.errors, (50, 95)), np.median(once.blendshapes)
    return int(agreed < len(files) or median > MAX_MEDIAN or p95 > MAX_P95 or shapes > MAX_BLENDSHAPES)


if __name__ == "__main__":
    sys.exit(main())
