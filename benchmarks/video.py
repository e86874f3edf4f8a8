"""Clips against stills: equal readings, time and memory.

    python -m benchmarks.video [PHOTOS] [--people 24] [--seconds 10]

PHOTOS contains portraits (`*.jpg`); each becomes a clip that is scaled, shifted, leaning, lit and noisy, alternately in
H.264 and in VP9. The clip is compared with three stills: the portrait in the clip's frame, the same when its profile is
stored before the clip is read, and every tenth frame of the clip by itself.
"""

import argparse
import time
from collections import Counter
from collections.abc import Mapping
from datetime import date
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import psutil
from tests.support.clips import Rgb, encode_clip, handheld_frames, parts_of
from tests.support.photos import encoded, evaluation_photos, model_dir

from gwansang.reading.composer import compose
from gwansang.reading.measurements import Measures
from gwansang.reading.memory import read_with_memory, shape_labels
from gwansang.reading.model import Reading
from gwansang.reading.norms import default_norms
from gwansang.services.ml.face_analyzer import FaceObservation, FaceQuery, capture_of, observe_face
from gwansang.services.ml.network_vision import NetworkVision
from gwansang.services.readings.clip_people import LOOK_BACK
from gwansang.services.readings.clip_reader import ClipPart, FrameObservation, merge_parts, observe_part
from gwansang.vision.video import DecodeBudget, scan_clip

DAY = date(2026, 1, 1)
PARTS = 15


def reading_of(
    face: FaceObservation | FrameObservation, measures: Measures | None = None, shapes: Mapping[str, str] | None = None
) -> Reading:
    capture = capture_of(face)  # type: ignore[arg-type]  # a frame has the pose and the quality of an observation
    return compose(measures or face.measures, capture, DAY, "ko", None, default_norms(), shapes)


def count_same_shapes(a: Reading, b: Reading) -> int:
    shapes = {part.part: part.shape_id for part in b.parts}
    return sum(shapes[part.part] == part.shape_id for part in a.parts)


def with_margin(path: Path) -> Rgb:
    """Return the photo in an aspect that no phone records, so that no distance is derived from it: enlarging a still
    does not change the perspective."""
    photo = cv2.imread(str(path))[..., ::-1]
    room = photo.shape[1] // 4 // 2
    return np.ascontiguousarray(cv2.copyMakeBorder(photo, room, room, 0, 0, cv2.BORDER_REPLICATE))


def compare(vision: NetworkVision, path: Path, number: int) -> tuple[int, int, list[int]]:
    """Return the number of parts of a clip with the shape of the still, of the remembered still, of single frames."""
    photo = with_margin(path)
    codec, container = (("libx264", "mp4"), ("libvpx-vp9", "webm"))[number % 2]
    film = encode_clip(handheld_frames(photo, 90, 720, 900, seed=number), codec, container)
    parts = parts_of(vision, film)
    clip, still = merge_parts(parts), observe_face(vision, FaceQuery(image=encoded(photo)))
    first = read_with_memory(None, still.measures, 1, partial(reading_of, still))
    again = read_with_memory(first.profile, clip.measures, 1, partial(reading_of, clip))
    kept = PARTS - len([part for part in again.changed if part in shape_labels(first.reading) and part != "element"])
    frames = [frame for part in parts for frame in part.frames][::10]
    of_clip = reading_of(clip)
    singles = [count_same_shapes(of_clip, reading_of(frame)) for frame in frames]
    return count_same_shapes(of_clip, reading_of(still)), kept, singles


def speed(vision: NetworkVision, path: Path, seconds: int) -> None:
    """Measure a clip as phones record it: 1080p, thirty frames a second, a keyframe each second."""
    film = encode_clip(
        handheld_frames(with_margin(path), 30 * seconds, 1080, 1920), g="30", preset="veryfast", crf="20"
    )
    process = psutil.Process()
    start_bytes, began = process.memory_info().rss, time.perf_counter()
    clip = scan_clip(film, DecodeBudget(60))
    scanned = time.perf_counter()
    parts: list[ClipPart] = []
    peak = start_bytes
    for part in range(len(clip.parts)):
        before = [frame for one in parts for frame in one.frames][-LOOK_BACK:]
        parts.append(observe_part(vision, film, part, before))
        peak = max(peak, process.memory_info().rss)
    observed = time.perf_counter()
    face = merge_parts(parts)
    print(
        f"{seconds} s of 1080p, {len(film) / 1e6:.1f} MB, {clip.frame_count} frames, {len(clip.parts)} steps: "
        f"counting {1000 * (scanned - began):.0f} ms, steps {observed - scanned:.2f} s, "
        f"the end {1000 * (time.perf_counter() - observed):.0f} ms; memory {(peak - start_bytes) / 1e6:+.0f} MB "
        f"(peak {peak / 1e6:.0f}); {face.quality.frames} frames chosen"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="?", type=Path)
    parser.add_argument("--people", type=int, default=24)
    parser.add_argument("--seconds", type=int, default=10)
    options = parser.parse_args()
    photos = sorted(options.photos.glob("*.jpg")) if options.photos else evaluation_photos("london/neutral")
    vision = NetworkVision(model_dir())
    speed(vision, photos[0], options.seconds)
    stills: list[int] = []
    remembered: list[int] = []
    frames: list[int] = []
    for number, path in enumerate(photos[: options.people]):
        still, kept, singles = compare(vision, path, number)
        print(f"{path.name}: still {still}, remembered {kept}, single frames {singles}", flush=True)
        stills.append(still)
        remembered.append(kept)
        frames.extend(singles)
    for name, counts in (("still", stills), ("remembered still", remembered), ("single frames", frames)):
        spread = ", ".join(f"{count} x {same_parts}" for same_parts, count in sorted(Counter(counts).items()))
        print(f"parts of {PARTS} with the same shape, clip and {name}: mean {np.mean(counts):.2f}; {spread}")


if __name__ == "__main__":
    main()
