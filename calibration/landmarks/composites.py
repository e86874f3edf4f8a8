"""Figures of learned weights on averaged faces with marks, which learning never reads."""

from pathlib import Path

import numpy as np

from calibration.landmarks.landmarker import Landmarker
from calibration.landmarks.portraits import read_picture
from gwansang.reading.agreement import correlations, nan_median
from gwansang.reading.hand_marks import parse_marks
from gwansang.vision.measuring.model import LandmarkModel
from gwansang.vision.measuring.template import KEYS, measure_template


def measure_composites(folder: Path, landmarker: Landmarker, model: LandmarkModel) -> dict[str, object]:
    """Return r with the marks over the composites of a folder, and the median bias in SDs of the hand measures."""
    photos = sorted(folder.glob("*.jpg"))
    pictures = [read_picture(photo) for photo in photos]
    values = np.array([model.measure(picture, landmarker.find(picture)).values for picture in pictures])
    marks = [parse_marks(photo.with_suffix(".tem").read_text(encoding="utf-8")) for photo in photos]
    hand = measure_template(np.array(marks))
    r = correlations(values, hand)
    bias = np.abs((values - hand).mean(axis=0)) / model.with_picture.combiner.hand_sd
    return {
        "photos": len(photos),
        "r_median": nan_median(r),
        "r": dict(zip(KEYS, r.tolist(), strict=True)),
        "bias_median": float(np.median(bias)),
    }
