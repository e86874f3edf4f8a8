"""Writes the golden vectors of the measuring kernel, which every implementation of it has to reproduce.

    python -m tools.golden_kernel clients/kernel

The face is drawn, so it may be published: crop.png is its eye-level crop, golden.json the mesh in crop pixels, some
samples of the channels, the points that the cascade finds, and the measures.
"""

import json
import sys
from pathlib import Path

import cv2
import numpy as np

from gwansang.vision.decode import image_from_pixels
from gwansang.vision.detector import detect_short_range
from gwansang.vision.drawn_face import draw_face
from gwansang.vision.landmarks import find_blendshapes, find_landmarks
from gwansang.vision.measuring.channels import apply_matrix, crop_matrix, make_channels, sample_channels
from gwansang.vision.measuring.face_measures import crop_of_image
from gwansang.vision.measuring.model import Landmarks
from gwansang.vision.measuring.template import DETAIL_POINTS, KEYS
from gwansang.vision.measuring.weights import landmark_model
from gwansang.vision.models.runtime import Networks
from gwansang.vision.quality import face_width_px

_SAMPLES = 24


def write_golden_vectors(networks: Networks, folder: Path) -> None:
    """Write crop.png and golden.json into a folder."""
    image = image_from_pixels(draw_face(960, 1280, 450.0))
    mesh = find_landmarks(networks, image, detect_short_range(networks, image)[0].region()).points
    landmarks = Landmarks(mesh, find_blendshapes(networks, mesh), face_width_px(mesh))
    crop = crop_of_image(image, mesh)
    in_crop = apply_matrix(crop_matrix(mesh), mesh[:, :2])
    model, maps = landmark_model(), make_channels(crop)
    points = model.cascade.find(maps, in_crop)
    measured = model.measure_points(landmarks, points, with_picture=True)
    places = in_crop[:: len(in_crop) // _SAMPLES]
    golden = {
        "source": "python -m tools.golden_kernel; the face of gwansang.vision.drawn_face",
        "landmarks": mesh.round(4).tolist(),
        "blendshapes": landmarks.blendshapes.round(6).tolist(),
        "face_width_px": round(landmarks.width_px, 4),
        "places": places.round(4).tolist(),
        "channels": (sample_channels(maps, places.round(4)) * 64).round(2).tolist(),
        "detail_points": points[list(DETAIL_POINTS)].round(3).tolist(),
        "measures": dict(zip(KEYS, np.round(measured.values, 5).tolist(), strict=True)),
    }
    folder.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / "crop.png"), cv2.cvtColor(crop, cv2.COLOR_RGB2BGR))
    (folder / "golden.json").write_text(json.dumps(golden) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_golden_vectors(Networks.load(Path(".models")), Path(sys.argv[1]))
