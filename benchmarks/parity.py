"""Landmarks of one pass of the mesh network, compared with MediaPipe 0.10.21 FaceMesh in static mode.

    python -m benchmarks.parity [PHOTOS]

Installs MediaPipe into an environment of its own under .bench/. Prints the mean landmark error in % of the distance of
the eye centres (IOD): median and 95th percentile over the photos, and whether both agree on face or no face. Exits
with 1 if the median is over 0.1 % or the 95th percentile over 1 %.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from benchmarks.mediapipe_peer import MediaPipePeer
from benchmarks.photos import MODEL_DIR, photo_files
from gwansang.vision.decode import decode_image
from gwansang.vision.detector import detect_short_range
from gwansang.vision.face import Points
from gwansang.vision.gates.headers import inspect_image
from gwansang.vision.landmarks import run_mesh_network
from gwansang.vision.models.runtime import Networks

MAX_MEDIAN, MAX_P95 = 0.1, 1.0


def one_pass(networks: Networks, data: bytes) -> Points | None:
    """Return the landmarks as the reference computes them: whole picture, short-range detector, one pass."""
    picture = decode_image(inspect_image(data))
    faces = detect_short_range(networks, picture)
    if not faces:
        return None
    mesh = run_mesh_network(networks, picture, faces[0].region())
    return mesh.points if mesh.presence >= 0.5 else None


def error_percent(points: Points, reference: Points) -> float:
    iod = np.linalg.norm(reference[[33, 133], :2].mean(axis=0) - reference[[263, 362], :2].mean(axis=0))
    return float(100 * np.linalg.norm(points[:, :2] - reference[:, :2], axis=1).mean() / iod)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path)
    files = photo_files(parser.parse_args().photos)
    if not files:
        raise SystemExit("No photos: name a folder of portraits, or set GWANSANG_FACES.")
    networks, errors, agreed = Networks.load(MODEL_DIR), [], 0
    with MediaPipePeer() as peer:
        for file in files:
            data = file.read_bytes()
            reference, points = peer.landmarks(data)[1], one_pass(networks, data)
            agreed += (reference is None) == (points is None)
            if reference is not None and points is not None:
                errors.append(error_percent(points, reference))
    median, p95 = np.median(errors), np.percentile(errors, 95)
    print(f"{len(files)} photos; both say face or both say no face: {agreed}; both found a face: {len(errors)}")
    print(
        f"mean landmark error in % IOD: median {median:.4f} (at most {MAX_MEDIAN}), p95 {p95:.4f} (at most {MAX_P95})"
    )
    return int(median > MAX_MEDIAN or p95 > MAX_P95)


if __name__ == "__main__":
    sys.exit(main())
