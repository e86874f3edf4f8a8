"""The kernel of `@gwansang/face` gives the numbers of the service: golden vectors and live comparisons."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gwansang.vision.browser_kernel import browser_kernel
from gwansang.vision.covers import cover_map, cover_model, find_covers, straighten
from gwansang.vision.crop import CropRegion, crop_image
from gwansang.vision.decode import DecodedImage, Pixels
from gwansang.vision.drawn_face import draw_face
from gwansang.vision.image_statistics import halve_crop, measure_image_statistics
from gwansang.vision.landmarks import _crop
from gwansang.vision.measuring.channels import apply_matrix, crop_matrix, invert_matrix, make_channels, sample_channels
from gwansang.vision.measuring.face_measures import crop_of_image
from gwansang.vision.measuring.template import DETAIL_POINTS
from gwansang.vision.measuring.weights import landmark_model
from gwansang.vision.mesh import VERTEX_COUNT
from gwansang.vision.pose import align_to_canonical, calibrated_pose
from tests.support.photos import REPOSITORY

KERNEL = REPOSITORY / "clients" / "face" / "tests" / "kernel.ts"
GOLDEN = REPOSITORY / "clients" / "kernel"
REGION = CropRegion(930.0, 1190.0, 900.0, 900.0, 0.13)


@dataclass(frozen=True)
class Comparison:
    """What TypeScript made of a picture and of the golden crop, in a folder; the picture, as the service has it."""

    folder: Path
    golden: dict[str, Any]
    image: DecodedImage
    points: NDArray[np.float64]
    result: dict[str, Any]

    def pixels(self, name: str, *shape: int) -> Pixels:
        """Return pixels that TypeScript wrote."""
        written = np.frombuffer((self.folder / name).read_bytes(), np.uint8)
        return written.reshape(*shape, 4)[..., :3]


def node() -> str:
    """Return the Node of the environment; skips without one, except in CI."""
    path = Path(sys.executable).with_name("node")
    if not path.exists():
        assert "CI" not in os.environ, "Node is missing from the environment; the development lock has it"
        pytest.skip("Node is missing from the environment: run `make lint`")
    return str(path)


def rgba(pixels: Pixels) -> bytes:
    return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)]).tobytes()


def noisy_face() -> Pixels:
    """Return a drawn face with grain and a shadow, so that no rounding passes unseen; a hand's worth of it is grey."""
    face = draw_face(1_440, 1_920, 680.0).astype(np.float64)
    face *= np.linspace(0.6, 1.1, face.shape[1])[None, :, None]
    face += np.random.default_rng(0).normal(0, 6, face.shape)
    face[1_150:1_500, 500:940] = (96, 98, 110)
    return np.clip(face, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    command, folder = node(), tmp_path_factory.mktemp("kernel")
    golden = json.loads((GOLDEN / "golden.json").read_text(encoding="utf-8"))
    crop = cv2.cvtColor(cv2.imread(str(GOLDEN / "crop.png")), cv2.COLOR_BGR2RGB)  # type: ignore[arg-type]  # is there
    pixels = noisy_face()
    halved = cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    matrix = np.array([[0.5, 0.0, -0.25], [0.0, 0.5, -0.25]])
    image = DecodedImage(halved.astype(np.uint8), matrix, pixels.shape[1], pixels.shape[0], 2)
    # the golden face's mesh, put where this larger face is drawn, and turned a little in the picture and out of it
    scale, turn, yaw = 680.0 / 450.0, 0.05, 0.15
    spin = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    spin = spin @ np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    points = (np.array(golden["landmarks"]) - (480.0, 665.0, 0.0)) @ spin.T * scale + (720.0, 998.0, 0.0)
    for name, content in (("picture.rgba", rgba(pixels)), ("crop.rgba", rgba(crop.astype(np.uint8)))):
        (folder / name).write_bytes(content)
    (folder / "kernel.bin").write_bytes(browser_kernel())
    region = {"x": REGION.x, "y": REGION.y, "side": REGION.width, "angle": REGION.angle}
    job = {"width": pixels.shape[1], "height": pixels.shape[0], "reduction": 2, "region": region}
    job |= {"picture": points.ravel().tolist(), "golden": np.ravel(golden["landmarks"]).tolist()}
    (folder / "job.json").write_text(json.dumps(job))
    subprocess.run([command, str(KERNEL), str(folder)], check=True, timeout=120)
    return Comparison(folder, golden, image, points, json.loads((folder / "result.json").read_text()))


def test_the_golden_points_are_found(comparison: Comparison) -> None:
    found = np.array(comparison.result["details"]).reshape(-1, 2)
    assert np.abs(found - comparison.golden["detail_points"]).max() < 0.05


def test_the_golden_channels_are_made(comparison: Comparison) -> None:
    golden, made = comparison.golden, np.array(comparison.result["channels"])
    mesh = np.array(golden["landmarks"])
    chosen = made[:: len(made) // (len(golden["places"]) - 1)][: len(golden["places"])]
    assert np.abs(chosen - np.array(golden["channels"])).max() <= 1.0
    crop = cv2.cvtColor(cv2.imread(str(GOLDEN / "crop.png")), cv2.COLOR_BGR2RGB).astype(np.uint8)
    everywhere = sample_channels(make_channels(crop), apply_matrix(crop_matrix(mesh), mesh[:, :2])) * 64
    assert np.abs(made - everywhere).max() <= 1.0


def test_both_crops_have_the_same_pixels(comparison: Comparison) -> None:
    eye_level = crop_of_image(comparison.image, comparison.points)
    made = comparison.pixels("eye_level.rgba", *eye_level.shape[:2]).astype(int)
    assert (made != eye_level).mean() < 0.001, "OpenCV rounds a few positions otherwise"
    region = crop_image(comparison.image.mirrored(), REGION, 256, antialias=False, border_mode=cv2.BORDER_CONSTANT)
    assert (comparison.pixels("region.rgba", 256, 256) != region).mean() < 0.001


def test_the_input_of_the_mesh_network_is_the_same(comparison: Comparison) -> None:
    wanted = _crop(comparison.image, REGION, balanced=True)
    made = np.frombuffer((comparison.folder / "balanced.f32").read_bytes(), "<f4").reshape(wanted.shape)
    assert np.abs(made - wanted).max() < 1.5 / 255
    assert (np.abs(made - wanted) > 1e-5).mean() < 0.001


def test_details_covers_light_and_pose_of_a_picture_are_the_same(comparison: Comparison) -> None:
    image, points, look = comparison.image, comparison.points, comparison.result["look"]
    crop, to_crop = crop_of_image(image, points), crop_matrix(points)
    found = landmark_model().cascade.find(make_channels(crop), apply_matrix(to_crop, points[:, :2]))
    wanted = apply_matrix(invert_matrix(to_crop), found[list(DETAIL_POINTS)])
    per_pixel = float(np.hypot(*to_crop[:, 0]))
    assert np.abs(np.array(look["details"]).reshape(-1, 2) - wanted).max() * per_pixel < 0.1
    covers = find_covers(halve_crop(crop), points)
    assert covers.regions, "the picture has to have something in front of the face"
    assert tuple(look["covered"]) == covers.regions
    cells = cover_map(cover_model().weights, straighten(halve_crop(crop), points))
    assert np.abs(np.reshape(comparison.result["covers"], cells.shape) - cells).max() < 0.02
    assert look["quality"]["coveredShare"] == pytest.approx(covers.share, abs=0.002)
    light = measure_image_statistics(halve_crop(crop), points)
    assert look["quality"]["luma"] == pytest.approx(light.brightness, abs=0.003)
    assert look["quality"]["sharpness"] == pytest.approx(light.sharpness, rel=0.02)
    pose = calibrated_pose(align_to_canonical(points[:VERTEX_COUNT]).pose)
    assert abs(pose.yaw_deg) > 5
    assert look["quality"]["yawDeg"] == pytest.approx(pose.yaw_deg, abs=0.01)
    assert look["quality"]["pitchDeg"] == pytest.approx(pose.pitch_deg, abs=0.01)
    assert look["quality"]["rollDeg"] == pytest.approx(pose.roll_deg, abs=0.01)


def test_the_mean_of_a_look_with_itself_is_that_look_in_fractions(comparison: Comparison) -> None:
    sent = comparison.result["input"]
    size = (comparison.image.width, comparison.image.height, comparison.image.width)
    assert np.abs(np.array(sent["landmarks"]) - comparison.points / size).max() < 1e-5
    details = np.array(comparison.result["look"]["details"]).reshape(-1, 2) / size[:2]
    assert np.abs(np.array(sent["detail_points"]) - details).max() < 1e-5
    assert (sent["landmark_looks"], sent["image_width"], sent["image_height"]) == (2, 1_440, 1_920)
    assert sent["covered"] == comparison.result["look"]["covered"]
    assert len(json.dumps(sent)) < 20_000
