"""Photos of the benchmarks: a folder of portraits, or one drawn face if there is none."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tests.support.photos import faces_folder, model_dir

from gwansang.vision.drawn_face import draw_face

MODEL_DIR = model_dir()
Rgb = NDArray[np.uint8]


def photo_files(given: list[Path]) -> list[Path]:
    """Return the JPEGs among the given files and folders, or else the evaluation photos."""
    paths = given or [folder for folder in [faces_folder()] if folder]
    return sorted({file for path in paths for file in ([path] if path.is_file() else path.rglob("*.jpg"))})


def portraits(given: list[Path], count: int) -> list[Rgb]:
    """Return up to `count` portraits from evenly spaced files, or one drawn face if there are no files."""
    files = photo_files(given)
    if not files:
        return [draw_face(1_200, 1_600, 620.0)]
    chosen = [files[round(index)] for index in np.linspace(0, len(files) - 1, min(count, len(files)))]
    return [read_rgb(file) for file in chosen]


def read_rgb(file: Path) -> Rgb:
    image = cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise SystemExit(f"{file} can't be decoded")
    return image.astype(np.uint8, copy=False)


def phone_photo(portrait: Rgb, seed: int = 0, mega_bytes: float = 4.0, width: int = 3_024) -> bytes:
    """Return the portrait as a phone stores it: width x 4/3 width with grain, turned in the file with orientation 6."""
    height = width * 4 // 3
    scale = max(width / portrait.shape[1], height / portrait.shape[0])
    interpolation = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    large = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=interpolation)
    top, left = max(large.shape[0] - height, 0) // 2, max(large.shape[1] - width, 0) // 2
    upright = large[top : top + height, left : left + width].astype(np.int16)
    grain = np.random.default_rng(seed).normal(0, 7, upright.shape[:2]).astype(np.int16)
    noisy = np.clip(upright + grain[..., None], 0, 255).astype(np.uint8)
    stored = np.rot90(noisy, 1)[..., ::-1]
    for quality in range(95, 60, -3):
        jpeg = cv2.imencode(".jpg", np.ascontiguousarray(stored), (cv2.IMWRITE_JPEG_QUALITY, quality))[1].tobytes()
        if len(jpeg) <= mega_bytes * 1.1e6:
            break
    orientation = b"II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00"
    exif = b"Exif\x00\x00" + orientation
    return jpeg[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + jpeg[2:]
