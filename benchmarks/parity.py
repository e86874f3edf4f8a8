"""One pass of the mesh against its reference: MediaPipe 0.10.21 FaceMesh, static mode, on the same photos.

    python benchmarks/parity.py [PHOTOS]

Installs MediaPipe into an environment of its own under .bench/. Prints the mean landmark error in % of the distance of
the eye centres (IOD): median and 95th percentile over the photos, and whether both agree on face or no face. Exits
with 1 where the median is over 0.1 % or the 95th percentile over 1 %.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.naive import Naive
from benchmarks.photos import MODEL_DIR, photo_files
from gwansang.vision.decode import decode_image
from gwansang.vision.detector import detect_short_range
from gwansang.vision.face import Points
from gwansang.vision.gates.headers import inspect_image
from gwansang.vision.landmarks import run_mesh_network
from gwansang.vision.models.runtime import Networks

MAX_MEDIAN, MAX_P95 = 0.1, 1.0


def ours(engine: Networks, data: bytes) -> Points | None:
    """What the reference does: whole picture, short-range detector, one pass."""
    picture = decode_image(inspect_image(data))
    faces = detect_short_range(engine, picture)
    if not faces:
        return None
    mesh = run_mesh_network(engine, picture, faces[0].region())
    return mesh.points if mesh.presence >= 0.5 else None


def error_percent(one: Points, reference: Points) -> float:
    iod = np.linalg.norm(reference[[33, 133], :2].mean(axis=0) - reference[[263, 362], :2].mean(axis=0))
    return float(100 * np.linalg.norm(one[:, :2] - reference[:, :2], axis=1).mean() / iod)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path)
    files = photo_files(parser.parse_args().photos)
    if not files:
        raise SystemExit("No photos: name a folder of portraits, or set GWANSANG_FACES.")
    engine, errors, agreed = Networks.load(MODEL_DIR), [], 0
    with Naive() as naive:
        for file in files:
            data = file.read_bytes()
            reference, found = naive.landmarks(data)[1], ours(engine, data)
            agreed += (reference is None) == (found is None)
            if reference is not None and found is not None:
                errors.append(error_percent(found, reference))
    median, p95 = np.median(errors), np.percentile(errors, 95)
    print(f"{len(files)} photos; both say face or both say no face: {agreed}; both found a face: {len(errors)}")
    print(
        f"mean landmark error in % IOD: median {median:.4f} (at most {MAX_MEDIAN}), p95 {p95:.4f} (at most {MAX_P95})"
    )
    return int(median > MAX_MEDIAN or p95 > MAX_P95)


if __name__ == "__main__":
    sys.exit(main())
