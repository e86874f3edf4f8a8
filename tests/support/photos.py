"""Pictures to read: a drawn face that is nobody's, and the evaluation photos where their folder is at hand."""

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
def drawn_portrait(suffix: str = ".jpg", width: int = 480, height: int = 640, face_width: float = 240.0) -> bytes:
    """A drawn face as a JPEG, PNG or WebP file; the real detectors and networks find it."""
    return encoded(draw_face(width, height, face_width), suffix)


def encoded(rgb: NDArray[np.uint8], suffix: str = ".jpg", *options: int) -> bytes:
    """An RGB picture as the bytes of a file."""
    done, data = cv2.imencode(suffix, np.ascontiguousarray(rgb[..., ::-1]), options)
    assert done
    return data.tobytes()


def faces_folder() -> Path | None:
    """The evaluation photos: GWANSANG_FACES, else beside the checkout; None where there are none."""
    folder = Path(os.environ.get("GWANSANG_FACES", REPOSITORY.parent / "shared" / "data" / "faces"))
    return folder if folder.is_dir() else None


def evaluation_photos(*groups: str) -> list[Path]:
    """The photos of groups such as "london", "selfie", "distance"; skips the test where the folder is absent."""
    folder = faces_folder()
    if folder is None:
        pytest.skip("the evaluation photos are not here; set GWANSANG_FACES to their folder")
    return sorted(photo for group in groups for photo in (folder / group).rglob("*.jpg"))


def model_dir() -> Path:
    """Where the fetched models lie."""
    return Path(os.environ.get("MODEL_PATH", REPOSITORY / ".models"))
