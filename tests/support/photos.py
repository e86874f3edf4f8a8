"""Photos for tests: a drawn face, and the evaluation photos if their folder is available."""

import os
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gwansang.vision.drawn_face import draw_face

REPOSITORY = Path(__file__).resolve().parents[2]


@cache
def drawn_portrait(suffix: str = ".jpg", width: int = 480, height: int = 640, face_width: float = 225.0) -> bytes:
    """Return a drawn face as a JPEG, PNG or WebP file; the real networks detect it."""
    return encoded(draw_face(width, height, face_width), suffix)


def encoded(rgb: NDArray[np.uint8], suffix: str = ".jpg", *options: int) -> bytes:
    """Return an RGB image as the bytes of a file."""
    done, data = cv2.imencode(suffix, np.ascontiguousarray(rgb[..., ::-1]), options)
    assert done
    return data.tobytes()


def faces_folder() -> Path | None:
    """Return the folder of the evaluation photos: GWANSANG_FACES, else beside the checkout; None without one."""
    folder = Path(os.environ.get("GWANSANG_FACES", REPOSITORY.parent / "shared" / "data" / "faces"))
    return folder if folder.is_dir() else None


def evaluation_photos(*groups: str) -> list[Path]:
    """Return the photos of groups such as "london", "selfie", "distance"; skips the test without the folder."""
    folder = faces_folder()
    if folder is None:
        pytest.skip("the evaluation photos are missing; set GWANSANG_FACES to their folder")
    photos = {group: list((folder / group).rglob("*.jpg")) for group in groups}
    assert all(photos.values()), f"no photos of {[group for group in groups if not photos[group]]} in {folder}"
    return sorted(photo for group in groups for photo in photos[group])


def model_dir() -> Path:
    """Return the folder of the models."""
    return Path(os.environ.get("MODEL_PATH", REPOSITORY / ".models"))
