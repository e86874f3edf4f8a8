"""A clip against the stills in it: do they get the same reading, how long does it take, how much memory?

    python -m benchmarks.video [PHOTOS] [--people 24] [--seconds 10]

PHOTOS holds portraits (`*.jpg`); each becomes a clip that is nearer and farther, shifted, leaning, brighter, darker and
noisy, every other one in H.264 and in VP9. Three stills are compared with it: the portrait in the clip's frame, the
same when it is remembered before the clip is read, and every tenth frame of the clip by itself.
"""

import argparse
import time
from collections import Counter
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import psutil
from tests.support.clips import Rgb, encode_clip, handheld_frames
from tests.support.photos import encoded, evaluation_photos, model_dir

from gwansang.reading.composer import compose
from gwansang.reading.memory import read_with_memory, shape_labels
from gwansang.reading.model import Reading
from gwansang.reading.norms import default_norms
from gwansang.services.ml.face_analyzer import FaceObservation, FaceQuery, capture_of, observe_face
from gwansang.services.ml.network_vision import NetworkVision
from gwansang.services.readings.clip_reader import FrameObservation, merge_parts, observe_part
from gwansang.vision.video import DecodeBudget, scan_clip

DAY = date(2026, 1, 1)
PARTS = 15


def told(look: FaceObservation | FrameObservation, before: dict[str, str] | None = None) -> Reading:
    return compose(look.measures, capture_of(look), DAY, "ko", None, default_norms(), before)  # type: ignore[arg-type]


def same(one: Reading, other: Reading) -> int:
    """How many parts are told alike."""
    shapes = {part.part: part.shape_id for part in other.parts}
    return sum(shapes[part.part] == part.shape_id for part in one.parts)


def framed(path: Path) -> Rgb:
    """In a shape that no phone records in: else a distance would be guessed, and a still that is shown nearer would not
    have been taken from nearer."""
    photo = cv2.imread(str(path))[..., ::-1]
    room = photo.shape[1] // 4 // 2
    return np.ascontiguousarray(cv2.copyMakeBorder(photo, room, room, 0, 0, cv2.BORDER_REPLICATE))


def compared(vision: NetworkVision, path: Path, number: int) -> tuple[int, int, list[int]]:
    """How many parts of a clip are told like the still, like the remembered still, like single frames."""
    photo = framed(path)
    codec, container = (("libx264", "mp4"), ("libvpx-vp9", "webm"))[number % 2]
    film = encode_clip(handheld_frames(photo, 90, 720, 900, seed=number), codec, container)
    parts = [observe_part(vision, film, part) for part in range(len(scan_clip(film, DecodeBudget(60)).parts))]
    look, still = merge_parts(parts), observe_face(vision, FaceQuery(image=encoded(photo)))
    first = read_with_memory(None, still.measures, 1, lambda _, before: told(still, before))
    again = read_with_memory(
        first.profile, look.measures, 1, lambda measures, before: _remembered(look, measures, before)
    )
    kept = PARTS - len([part for part in again.changed if part in shape_labels(first.reading) and part != "element"])
    frames = [glimpse for part in parts for glimpse in part.frames][::10]
    return same(told(look), told(still)), kept, [same(told(look), told(frame)) for frame in frames]


def _remembered(look: FaceObservation, measures: object, before: dict[str, str] | None) -> Reading:
    return compose(measures, capture_of(look), DAY, "ko", None, default_norms(), before)  # type: ignore[arg-type]


def speed(vision: NetworkVision, path: Path, seconds: int) -> None:
    """A clip as phones record it: 1080p, thirty frames a second, a keyframe each second."""
    film = encode_clip(handheld_frames(framed(path), 30 * seconds, 1080, 1920), g="30", preset="veryfast", crf="20")
    process = psutil.Process()
    before, began = process.memory_info().rss, time.perf_counter()
    clip = scan_clip(film, DecodeBudget(60))
    counted = time.perf_counter()
    parts, peak = [], before
    for part in range(len(clip.parts)):
        parts.append(observe_part(vision, film, part))
        peak = max(peak, process.memory_info().rss)
    seen = time.perf_counter()
    look = merge_parts(parts)
    print(
        f"{seconds} s of 1080p, {len(film) / 1e6:.1f} MB, {clip.frame_count} frames, {len(clip.parts)} steps: "
        f"counting {1000 * (counted - began):.0f} ms, steps {seen - counted:.2f} s, "
        f"the end {1000 * (time.perf_counter() - seen):.0f} ms; memory {(peak - before) / 1e6:+.0f} MB "
        f"(peak {peak / 1e6:.0f}); {look.quality.frames} frames chosen"
    )


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("photos", nargs="?", type=Path)
    asked.add_argument("--people", type=int, default=24)
    asked.add_argument("--seconds", type=int, default=10)
    options = asked.parse_args()
    photos = sorted(options.photos.glob("*.jpg")) if options.photos else evaluation_photos("london/neutral")
    vision = NetworkVision(model_dir())
    speed(vision, photos[0], options.seconds)
    stills: list[int] = []
    remembered: list[int] = []
    frames: list[int] = []
    for number, path in enumerate(photos[: options.people]):
        one, kept, singles = compared(vision, path, number)
        print(f"{path.name}: still {one}, remembered {kept}, single frames {singles}", flush=True)
        stills.append(one)
        remembered.append(kept)
        frames.extend(singles)
    for name, found in (("still", stills), ("remembered still", remembered), ("single frames", frames)):
        spread = ", ".join(f"{count} x {same_parts}" for same_parts, count in sorted(Counter(found).items()))
        print(f"parts of {PARTS} told alike, clip and {name}: mean {np.mean(found):.2f}; {spread}")


if __name__ == "__main__":
    main()
