"""The measuring kernel reproduces its golden vectors, which other implementations are tested with as well."""

import json
from typing import Any

import cv2
import numpy as np
import pytest

from gwansang.vision.measuring.channels import apply_matrix, crop_matrix, make_channels, sample_channels
from gwansang.vision.measuring.model import Landmarks
from gwansang.vision.measuring.template import DETAIL_POINTS, KEYS
from gwansang.vision.measuring.weights import landmark_model
from tests.support.photos import REPOSITORY

FOLDER = REPOSITORY / "clients" / "kernel"


@pytest.fixture(scope="module")
def golden() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / "golden.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def crop() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    image = cv2.imread(str(FOLDER / "crop.png"))
    assert image is not None
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8)


def test_the_channels_are_the_golden_ones(golden: dict[str, Any], crop: np.ndarray) -> None:
    samples = sample_channels(make_channels(crop), np.array(golden["places"])) * 64
    assert np.abs(samples - np.array(golden["channels"])).max() <= 1.0


def test_the_points_and_measures_are_the_golden_ones(golden: dict[str, Any], crop: np.ndarray) -> None:
    model, mesh = landmark_model(), np.array(golden["landmarks"])
    found = model.cascade.find(make_channels(crop), apply_matrix(crop_matrix(mesh), mesh[:, :2]))
    assert np.abs(found[list(DETAIL_POINTS)] - golden["detail_points"]).max() < 0.05
    landmarks = Landmarks(mesh, np.array(golden["blendshapes"]), golden["face_width_px"])
    values = model.measure_points(landmarks, found, with_picture=True).values
    off = (values - [golden["measures"][key] for key in KEYS]) / model.with_picture.combiner.hand_sd
    assert np.abs(off).max() < 0.01
